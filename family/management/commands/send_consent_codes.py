"""``send_consent_codes``: send the codes of those asked for consent; what beat does every five seconds (N3.5)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from family.services.consents import send_consent_codes


class Command(BaseCommand):
    """Send the codes of those who are asked for consent."""

    help = "Send the codes of those who are asked for consent."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say how many there were."""
        self.stdout.write(f"codes sent: {send_consent_codes(at=timezone.now())}")
