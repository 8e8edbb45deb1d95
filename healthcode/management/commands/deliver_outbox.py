"""``deliver_outbox``: send waiting messages; what beat does every ten seconds."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.outbox import deliver_outbox


class Command(BaseCommand):
    """Send waiting messages. Safe beside the workers."""

    help = "Send the messages that wait in the outbox."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say how many went out."""
        self.stdout.write(f"{deliver_outbox(at=timezone.now())} sent")
