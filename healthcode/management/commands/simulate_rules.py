"""``simulate_rules``: try a version of the rules on everybody, touching nobody; or finish what was asked for (N3.1)."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from healthcode.management.progress import counting
from healthcode.models import RuleSetVersion, Simulation
from healthcode.services.errors import Refused
from healthcode.services.simulations import BATCH, LAST_WEEK, NOW, run_simulation, simulate


class Command(BaseCommand):
    """Simulate the named version now; without one, carry out every simulation that waits."""

    help = "Try a version of the rules on the whole population without touching it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the version, the size of a chunk and the form of the answer."""
        parser.add_argument("version", nargs="?", help="code of the version; none: those that wait")
        parser.add_argument("--batch", type=int, default=BATCH, help=f"people a chunk (default {BATCH})")
        parser.add_argument("--json", action="store_true", help="print the whole result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and print what would change; raise ``CommandError`` for an unknown or a binding version."""
        with counting("Simulating") as progress:
            if options["version"]:
                version = _version(options["version"])
                try:
                    found = [
                        simulate(by=None, version=version, at=timezone.now(), batch=options["batch"], progress=progress)
                    ]
                except Refused as error:
                    raise CommandError(str(error)) from error
            else:
                found = []
                while done := run_simulation(at=timezone.now(), batch=options["batch"], progress=progress):
                    found.append(done)
        for simulation in found:
            self._tell(simulation, whole=options["json"])

    def _tell(self, simulation: Simulation, *, whole: bool) -> None:
        if whole:
            self.stdout.write(json.dumps(simulation.result, ensure_ascii=False))
            return
        self.stdout.write(f"{simulation.version.code}: {simulation.done} people, {simulation.fingerprint[:12]}")
        for name in (NOW, LAST_WEEK):
            if totals := simulation.result.get(name):
                moves = ", ".join(f"{move} {count}" for move, count in sorted(totals["moves"].items())) or "none"
                ends = f"{totals['longer']} longer, {totals['shorter']} shorter"
                self.stdout.write(f"  {name}: {totals['changed']} of {totals['people']} change: {moves}; {ends}")


def _version(code: str) -> RuleSetVersion:
    version = RuleSetVersion.objects.filter(code=code).first()
    if version is None:
        raise CommandError(f"no version {code!r}")
    return version
