"""``enact_rules``: write down that scheduled rules have come into force; what beat does every 5 seconds (N3.1)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.governance import enact_rules


class Command(BaseCommand):
    """Bring into force what is due. Safe beside the workers and run twice; ``recolour`` then carries it to people."""

    help = "Write down that scheduled rules have come into force."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say what is in force since when."""
        version = enact_rules(at=timezone.now())
        if version is None:
            self.stdout.write("nothing is due")
        else:
            self.stdout.write(f"{version.code} is in force since {version.valid_from}")
