"""``replace_paper_codes``: take back printed codes whose colour has turned; what beat does every five minutes."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.paper import replace_paper_codes


class Command(BaseCommand):
    """Take back printed codes that no longer count."""

    help = "Take back printed codes whose colour has turned or whose key was withdrawn, and tell their people."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and print how many were taken back."""
        self.stdout.write(f"{replace_paper_codes(at=timezone.now())} taken back")
