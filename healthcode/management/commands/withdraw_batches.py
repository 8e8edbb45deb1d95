"""``withdraw_batches``: carry on the withdrawals of batches; what beat does every ten seconds."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.management.progress import counting
from healthcode.services.withdrawals import run_withdrawals


class Command(BaseCommand):
    """Finish what is unfinished. Safe beside the workers, after ``kill -9`` and run twice."""

    help = "Carry on the withdrawals of batches."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say how many withdrawals were finished."""
        with counting("Withdrawing") as progress:
            done = run_withdrawals(at=timezone.now(), progress=progress)
        self.stdout.write(f"finished: {done}")
