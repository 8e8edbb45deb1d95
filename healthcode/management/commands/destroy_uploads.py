"""``destroy_uploads``: destroy the uploaded files that nobody confirmed; what beat does every ten minutes (N4.3)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.uploads import destroy_uploads


class Command(BaseCommand):
    """Destroy uploaded files an hour old, and what is noted of confirmed ones after a day; print how many."""

    help = "Destroy the uploaded files that nobody confirmed in an hour."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and print the count."""
        self.stdout.write(f"uploads: {destroy_uploads(by=None, at=timezone.now())}")
