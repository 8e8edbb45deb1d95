"""``destroy_scans``: destroy scans past their retention; what beat does every hour (N4.3)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from venues.services.scans import destroy_scans


class Command(BaseCommand):
    """Destroy old scans."""

    help = "Destroy the scans that are older than their retention."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say how many there were."""
        self.stdout.write(f"scans: {destroy_scans(by=None, at=timezone.now())}")
