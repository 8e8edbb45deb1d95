"""``rotate_code_keys``: take every step that is due in the key rings; what beat does every ten minutes."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.services.keys import rotate_code_keys


class Command(BaseCommand):
    """Publish, use and retire signing keys as they are due."""

    help = "Take every step that is due in the key rings: publish the next keys, let them sign, retire the old ones."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and print a line for each key that was made or began to sign."""
        touched = rotate_code_keys(by=None, at=timezone.now())
        for key in touched:
            kinds = ",".join(map(str, key.scope))
            self.stdout.write(f"{key} for kinds {kinds}: {key.state}, valid until {key.valid_until:%Y-%m-%d}")
        if not touched:
            self.stdout.write("nothing was due")
