"""``carry_out_orders``: carry out the approved control orders whose delay is over; what beat does every minute."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.orders import carry_out_orders


class Command(BaseCommand):
    """Carry out what is due. Safe beside the workers, after ``kill -9`` and run twice."""

    help = "Carry out the approved control orders whose delay is over."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say how many."""
        self.stdout.write(f"{carry_out_orders(at=timezone.now())} orders carried out")
