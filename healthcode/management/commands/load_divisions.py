"""``load_divisions``: provinces to counties with their history, townships from a file (属地)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from healthcode.domain.cases import Malformed
from healthcode.services.divisions import load_divisions


class Command(BaseCommand):
    """Load divisions; run as often as you like."""

    help = "Load administrative divisions and say what changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file of townships."""
        parser.add_argument("--streets", type=Path, help="CSV: code,name,areaCode,provinceCode,cityCode")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and print the counts; raise ``CommandError`` for a file that cannot be read."""
        streets: Path | None = options["streets"]
        try:
            report = load_divisions(by=None, streets=streets, at=timezone.now())
        except Malformed as error:
            raise CommandError(f"{streets}: {error}") from error
        except OSError as error:
            raise CommandError(f"{streets}: {error.strerror}") from error
        self.stdout.write(
            f"divisions: {report.added} added, {report.renamed} renamed, {report.ended} ended, "
            f"{report.unchanged} unchanged"
        )
