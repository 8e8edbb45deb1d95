"""``destroy_expired``: destroy what is past its retention; what beat does every hour (N4.3)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.retention import destroy_expired


class Command(BaseCommand):
    """Destroy expired data and print the counts."""

    help = "Destroy what is past its retention."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and print a line for each class of data."""
        for name, count in destroy_expired(by=None, at=timezone.now()).items():
            self.stdout.write(f"{name}: {count}")
