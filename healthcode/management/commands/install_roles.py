"""``manage.py install_roles``: make the groups of staff with exactly their permissions."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.roles import install_roles


class Command(BaseCommand):
    """Install the roles of staff; run after ``migrate``, as often as you like."""

    help = "Make the groups of staff with exactly the permissions of their roles."

    def handle(self, *args: Any, **options: Any) -> None:
        """Install and say what changed."""
        changed = install_roles(by=None, at=timezone.now())
        self.stdout.write(f"roles changed: {', '.join(changed) or 'none'}")
