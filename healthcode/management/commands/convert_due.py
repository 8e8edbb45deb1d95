"""``convert_due``: convert the codes whose period has ended; what beat does every minute (N2.3)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.conversions import BATCH, convert_due


class Command(BaseCommand):
    """Convert due codes. Safe beside the workers and run twice."""

    help = "Convert the codes whose period has ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the size of a batch (one transaction each)."""
        parser.add_argument("--batch", type=int, default=BATCH, help=f"people a transaction (default {BATCH})")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say how many were converted."""
        self.stdout.write(f"{convert_due(at=timezone.now(), batch=options['batch'])} converted")
