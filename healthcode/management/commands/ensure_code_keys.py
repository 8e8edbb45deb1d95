"""``ensure_code_keys``: make the signing keys that are missing or near their end; what beat does every hour."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.keys import ensure_code_keys


class Command(BaseCommand):
    """Make signing keys."""

    help = "Make the signing keys that are missing or near their end."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and print the new keys' ids."""
        made = ensure_code_keys(by=None, at=timezone.now())
        self.stdout.write(", ".join(str(key) for key in made) or "no key was needed")
