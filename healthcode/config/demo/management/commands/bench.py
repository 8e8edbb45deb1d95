"""``bench``: each work beside its yardstick, measured in the same run (``tests/bench``)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tests.bench.report import WORKS, measure, print_json, print_table


class Command(BaseCommand):
    """Measure and print; never fails for a figure."""

    help = "Measure the works of the targets, each beside its yardstick."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the works (all when none is named), ``--json`` and ``--quick``."""
        parser.add_argument("work", nargs="*", help=", ".join(work.name for work in WORKS))
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--quick", action="store_true", help="fewer rounds, for CI")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run; raise ``CommandError`` for an unknown work."""
        try:
            figures = measure(options["work"], quick=options["quick"])
        except KeyError as error:
            raise CommandError(f"unknown work {error}; known: {', '.join(work.name for work in WORKS)}") from error
        if options["json"]:
            print_json(figures, self.stdout.write)
        else:
            print_table(figures)
