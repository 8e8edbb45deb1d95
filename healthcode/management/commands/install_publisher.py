"""``install_publisher``: on the server, take in the certificate that the root has signed."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from healthcode.services.errors import Refused
from healthcode.services.publishing import NoRoot, install_certificate


class Command(BaseCommand):
    """Install a publisher's certificate."""

    help = "Install the certificate that sign_publisher printed; from then on its key signs what is published."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the certificate's file."""
        parser.add_argument("certificate", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and print until when it holds."""
        try:
            certificate = options["certificate"].read_text(encoding="ascii").strip()
            row = install_certificate(by=None, certificate=certificate, at=timezone.now())
        except (Refused, NoRoot, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{row.kid} publishes until {row.valid_until}")
