"""Where a code's page leads."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from healthcode.access import may_act_for
from healthcode.domain.colours import Colour
from healthcode.models import Account, Person

# Pages of apps that this one does not know are linked by their names, where they are installed.
_OWN: tuple[tuple[str, Promise], ...] = (
    ("declare", _("Declare health and trips")),
    ("family", _("My family")),
    ("paper", _("My code on paper")),
    ("other_code", _("From another province or country")),
    ("code_history", _("My colours over time")),
    ("looked_up", _("Who looked me up")),
)
_RED: tuple[tuple[str, Promise], ...] = (("observation", _("My observation and daily report")),)


def links_of_own(colour: Colour) -> list[dict[str, str]]:
    """Return where the page of one's own code leads; who is red goes to their observation first."""
    return _installed([*_RED, *_OWN] if colour is Colour.RED else _OWN)


def links_for_another(account: Account, person: Person, at: datetime) -> list[dict[str, str]]:
    """Return where the page of a family member's code leads: to what the account may do for them."""
    if not may_act_for(account, [person], "declare", at):
        return []
    url = reverse("declare_of", args=[person.public_id])
    return [{"url": url, "text": str(_("Declare health and trips"))}]


def _installed(pages: Iterable[tuple[str, Promise]]) -> list[dict[str, str]]:
    found = []
    for name, text in pages:
        try:
            found.append({"url": reverse(name), "text": str(text)})
        except NoReverseMatch:
            continue
    return found
