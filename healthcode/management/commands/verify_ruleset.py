"""``verify_ruleset``: check versions of the rules against their fingerprint and the province's signature (N3.1)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from healthcode.models import RuleSetVersion
from healthcode.services.rules import verify


class Command(BaseCommand):
    """Check the named versions, or all that are, were or will be in force."""

    help = "Check versions of the rules against fingerprint and signature."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take codes."""
        parser.add_argument("codes", nargs="*", metavar="CODE", help="codes of versions; none: all that bind")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say of each whether it holds; raise ``CommandError`` (status 1) when one does not, or is not there."""
        versions = RuleSetVersion.objects.binding().select_related("signed_with").order_by("valid_from")
        if options["codes"]:
            versions = versions.filter(code__in=options["codes"])
        checked = {version.code: verify(version) for version in versions}
        missing = sorted(set(options["codes"]) - set(checked))
        if missing or not checked:
            raise CommandError(f"not in force, nor ever: {', '.join(missing) or 'any'}")
        for code, found in checked.items():
            data = "text unchanged" if found.data_hold else "TEXT CHANGED"
            signature = "signature holds" if found.signature_holds else "SIGNATURE DOES NOT HOLD"
            self.stdout.write(f"{code}: {data}, {signature}")
        if not all(found.holds for found in checked.values()):
            raise CommandError("a version does not hold")
