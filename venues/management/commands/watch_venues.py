"""``watch_venues``: alarms for venues whose gates are used from far away; what beat does every five minutes."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from venues.services.watch import watch_venues


class Command(BaseCommand):
    """Look out for venues used from far away."""

    help = "Raise an alarm for each venue where most of a day's codes are of people who live far away."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say how many alarms there were."""
        self.stdout.write(f"alarms: {watch_venues(at=timezone.now())}")
