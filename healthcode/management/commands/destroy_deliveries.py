"""``destroy_deliveries``: destroy what is noted of old deliveries; what beat does every day (N4.3)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.systems import destroy_deliveries


class Command(BaseCommand):
    """Destroy what is noted of deliveries older than 90 days and print how many there were."""

    help = "Destroy what is noted of deliveries older than 90 days."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and print the count."""
        self.stdout.write(f"deliveries: {destroy_deliveries(by=None, at=timezone.now())}")
