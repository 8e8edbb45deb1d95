"""The first page: figures of the reader's division, each linked to its list, and two charts."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from healthcode.domain.colours import Colour
from healthcode.services import figures
from healthcode.services.alarms import waiting_batches
from healthcode.services.feeds import late_feeds
from healthcode.services.observation import tasks_due
from healthcode.services.transfers import alarms_of
from healthcode.words import colour_word


class Tile(NamedTuple):
    """One figure: the number, its words, the list behind it, and whether somebody has to act."""

    number: int
    words: str | Promise
    url: str
    alert: bool = False
    colour: str = ""


def tiles(account: Any, at: datetime) -> list[Tile]:
    """Return the figures that the reader's permissions allow; what needs somebody comes first."""
    found = [*_operation(account, at), *_areas(account), *_errors(account, at), *_people(account, at)]
    found += [*_quarantine(account, at), *_feeds(account, at)]
    return sorted(found, key=lambda tile: not tile.alert)


def _people(account: Any, at: datetime) -> Iterator[Tile]:
    if account.division and account.has_perm("healthcode.view_person"):
        url = reverse("admin:healthcode_person_changelist")
        counts = figures.people_by_colour(division=account.division, at=at)
        for colour in reversed(Colour):
            yield Tile(counts[colour], colour_word(colour), f"{url}?shows={colour}", colour=colour.value)
        left = figures.people_being_recoloured(at=at)
        if left:
            yield Tile(left, _("Being recoloured in the province: not in the figures by colour yet"), url, alert=True)
    if account.division and account.has_perm("healthcode.view_evidencerecord"):
        url = reverse("admin:healthcode_evidencerecord_changelist")
        count = figures.evidence_since_midnight(division=account.division, at=at)
        yield Tile(count, _("Evidence today"), f"{url}?recorded_at_since=0")


def _quarantine(account: Any, at: datetime) -> Iterator[Tile]:
    if account.division and account.has_perm("healthcode.view_isolationcase"):
        url = reverse("admin:healthcode_isolationcase_tasks")
        due = tasks_due(division=account.division, at=at)
        ill = sum(one.is_ill for one in due)
        yield Tile(ill, _("Reported ill in isolation"), url, alert=ill > 0)
        overdue = sum(one.is_overdue(at) for one in due)
        yield Tile(overdue, _("Isolation tasks overdue"), url, alert=overdue > 0)
        yield Tile(len(due), _("Isolation tasks today"), url)
    if account.division and account.has_perm("healthcode.view_transfer"):
        url = f"{reverse('admin:healthcode_transfer_changelist')}?state=open"
        alarms = len(alarms_of(division=account.division, at=at))
        yield Tile(alarms, _("Transfers that stand still"), url, alert=alarms > 0)


def _areas(account: Any) -> Iterator[Tile]:
    if account.has_perm("healthcode.view_zone"):
        count = figures.unmapped_zones()
        url = f"{reverse('admin:healthcode_zone_changelist')}?mapped=no"
        yield Tile(count, _("Zones to assign"), url, alert=count > 0)


def _errors(account: Any, at: datetime) -> Iterator[Tile]:
    if account.has_perm("healthcode.view_evidencebatch"):
        url = f"{reverse('admin:healthcode_evidencebatch_changelist')}?withdrawn=yes"
        yield Tile(figures.system_errors(at=at).batches, _("System errors, 30 days: batches withdrawn"), url)


def _operation(account: Any, at: datetime) -> Iterator[Tile]:
    if account.has_perm("healthcode.view_recolouring"):
        url = reverse("admin:healthcode_recolouring_changelist")
        overdue = figures.overdue_conversions(at=at)
        yield Tile(overdue, _("Conversions overdue"), url, alert=overdue > 0)
        yield Tile(figures.unfinished_recolourings(), _("Recolourings under way"), f"{url}?finished=no")
    if account.has_perm("healthcode.view_outbox"):
        url = f"{reverse('admin:healthcode_outbox_changelist')}?state=waiting"
        yield Tile(figures.waiting_messages(at=at), _("Messages waiting"), url)


def _feeds(account: Any, at: datetime) -> Iterator[Tile]:
    if account.has_perm("healthcode.view_feed"):
        late = late_feeds(at)
        yield Tile(late, _("Feeds that are late"), reverse("admin:healthcode_feed_changelist"), alert=late > 0)
    if account.has_perm("healthcode.view_heldbatch"):
        waiting, url = waiting_batches(), reverse("admin:healthcode_heldbatch_changelist")
        yield Tile(waiting, _("Frozen batches to judge"), url, alert=waiting > 0)


def charts(account: Any, at: datetime) -> dict[str, Any]:
    """Return what the charts of the first page are drawn from; nothing for those who see no person."""
    if not (account.division and account.has_perm("healthcode.view_decisionrecord")):
        return {}
    return {
        "days": figures.decisions_by_day(division=account.division, at=at),
        "counties": figures.not_green_by_county(division=account.division, at=at),
    }
