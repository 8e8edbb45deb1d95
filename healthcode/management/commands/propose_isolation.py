"""``propose_isolation``: follow the red grounds with cases of isolation; what beat does every minute (N2.1)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.isolation import propose_isolation


class Command(BaseCommand):
    """Propose, follow and end cases. Safe beside the workers and run twice."""

    help = "Propose cases of isolation for red grounds, follow their ends, and end those that are over."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say how many people were looked at."""
        self.stdout.write(f"{propose_isolation(at=timezone.now())} looked at")
