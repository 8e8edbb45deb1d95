"""``destroy_consents``: destroy askings for consent after a week; what beat does every hour (N4.3)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from family.services.consents import destroy_consents


class Command(BaseCommand):
    """Destroy the askings for consent that are a week old."""

    help = "Destroy the askings for consent that are a week old."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say how many there were."""
        self.stdout.write(f"askings destroyed: {destroy_consents(at=timezone.now())}")
