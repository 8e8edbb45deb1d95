"""``seed_demo``: make the demonstration and print its sign-ins; what is there already stays."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from healthcode.config.demo import seed, supply
from healthcode.config.demo.cast import CITIZENS, PASSWORD, STAFF, VENUES
from healthcode.models import Person


class Command(BaseCommand):
    """Seed the demonstration."""

    help = "Make the demonstration's people, staff, venues and area lists."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run; raise ``CommandError`` outside the demonstration."""
        if not settings.DEMO:
            raise CommandError("seed_demo runs in the demonstration only (HC_DEMO=1)")
        at = timezone.now()
        call_command("set_up", stdout=self.stdout)
        seed.seed_places(at)
        seed.seed_staff(at)
        if Person.objects.count() < seed.PEOPLE:
            seed.seed_cast(at)
            for done in seed.seed_people(at):
                self.stdout.write(f"{done} of {seed.PEOPLE} people")
        supply.seed_supply(timezone.now)
        self._print_sign_ins()

    def _print_sign_ins(self) -> None:
        self.stdout.write("Citizens sign in by phone; the code appears in the inbox at /inbox/:")
        for citizen in CITIZENS:
            self.stdout.write(f"  {citizen.phone[3:]}  {citizen.name or '(new)'}: {citizen.what}")
        self.stdout.write(f"Staff sign in at /admin/, guards at /gate/sign-in/, all with the password {PASSWORD}:")
        for person in STAFF:
            self.stdout.write(f"  {person.username:<14}{person.display_name}")
        for venue in VENUES:
            self.stdout.write(f"  {venue.guard:<14}{venue.name}")
