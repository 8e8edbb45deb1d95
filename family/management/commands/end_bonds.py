"""``end_bonds``: write down which bonds have ended by time; what beat does every ten minutes (N3.5)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from family.services.bonds import end_bonds


class Command(BaseCommand):
    """Write down which bonds have ended by time."""

    help = "Write down which bonds have ended by time."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say how many there were."""
        self.stdout.write(f"bonds ended: {end_bonds(at=timezone.now())}")
