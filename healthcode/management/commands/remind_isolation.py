"""``remind_isolation``: tell people that their isolation ends within a day; what beat does every ten minutes (N2.3)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.isolation import remind_isolation


class Command(BaseCommand):
    """Announce ends. Safe beside the workers and run twice."""

    help = "Tell people that their isolation ends within a day."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say how many were told."""
        self.stdout.write(f"{remind_isolation(at=timezone.now())} told")
