"""``destroy_groups``: destroy companions' groups three days after their day; what beat does every hour (N4.3)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from family.services.companions import destroy_groups


class Command(BaseCommand):
    """Destroy companions' groups three days after their day."""

    help = "Destroy companions' groups three days after their day."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say how many there were."""
        self.stdout.write(f"groups destroyed: {destroy_groups(at=timezone.now())}")
