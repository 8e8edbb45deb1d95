"""``set_up``: what an installation needs beside its tables. Idempotent; run it after each ``migrate``."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.feeds import install_feeds
from healthcode.services.installation import install_schedule, install_sources
from healthcode.services.keys import rotate_code_keys
from healthcode.services.publishing import ensure_publisher
from healthcode.services.rules import install_baseline


class Command(BaseCommand):
    """Install the baseline rule set, the sources, the periodic tasks and the signing keys that are missing."""

    help = "Install rule set, sources, periodic tasks and signing keys where they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say what is there now."""
        at = timezone.now()
        ruleset = install_baseline(by=None, at=at)
        sources = install_sources(by=None, at=at)
        install_feeds(by=None, at=at)
        tasks = install_schedule(by=None, at=at)
        keys = rotate_code_keys(by=None, at=at)
        ensure_publisher(by=None, at=at)
        self.stdout.write(
            f"rule set {ruleset.code}; new: {len(sources)} sources, {len(tasks)} periodic tasks, {len(keys)} keys"
        )
