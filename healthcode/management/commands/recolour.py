"""``recolour``: carry changes of areas and rules to the people they touch; what beat does every half minute."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.management.progress import counting
from healthcode.services.recolouring import BATCH, run_recolouring


class Command(BaseCommand):
    """Finish what is unfinished. Safe beside the workers, after ``kill -9`` and run twice."""

    help = "Carry changes of areas and rules to the people they touch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the size of a batch (one transaction each)."""
        parser.add_argument("--batch", type=int, default=BATCH, help=f"people a transaction (default {BATCH})")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say what each recolouring did."""
        with counting("Recolouring") as progress:
            while done := run_recolouring(at=timezone.now(), batch=options["batch"], progress=progress):
                self.stdout.write(f"{done.cause}: {done.touched} people looked at, {done.changed} decisions changed")
