"""Figures of the back office: counted in sets, kept a minute, never about one person."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db.models import CharField, Count, F, Q, Sum
from django.db.models.expressions import Value
from django.db.models.functions import Coalesce, NullIf, Substr, TruncDate

from healthcode.domain.colours import Colour
from healthcode.domain.instants import CHINA, to_china
from healthcode.models import (
    BatchWithdrawal,
    DecisionRecord,
    Division,
    EvidenceRecord,
    Outbox,
    Person,
    Recolouring,
    WithdrawalStep,
    Zone,
)

CHART_DAYS = 14
ERROR_DAYS = 30
_KEPT_SECONDS = 60
# The sweep comes every minute: what is later than two rounds is overdue.
_SWEEP_GRACE = timedelta(minutes=2)


class DayCount(NamedTuple):
    """Decisions of one day by the colour decided."""

    day: date
    by_colour: Mapping[Colour, int]


class PlaceCount(NamedTuple):
    """A county and how many."""

    name: str
    number: int


def showing(colour: Colour, at: datetime) -> Q:
    """Return the condition on current decisions whose code shows ``colour`` at ``at``, swept or not."""
    unchanged = Q(changes_at__isnull=True) | Q(changes_at__gt=at)
    return (Q(colour=colour.value) & unchanged) | Q(becomes=colour.value, changes_at__lte=at)


def people_by_colour(*, division: str, at: datetime) -> Mapping[Colour, int]:
    """Return how many codes of the division show each colour at ``at``; up to a minute old."""

    def count() -> dict[str, int]:
        decisions = _current_in(division)
        counts: dict[str, int] = decisions.aggregate(**{c.value: Count("pk", filter=showing(c, at)) for c in Colour})
        return counts

    kept = _kept(f"colours:{division}", count)
    return {colour: kept[colour.value] for colour in Colour}


def decisions_by_day(*, division: str, at: datetime) -> list[DayCount]:
    """Return the decisions of the last ``CHART_DAYS`` days, oldest day first; up to a minute old."""
    today = to_china(at).date()
    days = [today - timedelta(days=back) for back in reversed(range(CHART_DAYS))]

    def count() -> dict[tuple[date, str], int]:
        decisions = DecisionRecord.objects.filter(
            person__in=Person.objects.for_division(division), decided_at__gte=_midnight(days[0])
        )
        rows = decisions.values(day=TruncDate("decided_at", tzinfo=CHINA), colour_=F("colour")).annotate(n=Count("pk"))
        return {(row["day"], row["colour_"]): row["n"] for row in rows.order_by()}

    kept = _kept(f"days:{division}:{today}", count)
    return [DayCount(day, {colour: kept.get((day, colour.value), 0) for colour in Colour}) for day in days]


def not_green_by_county(*, division: str, at: datetime, limit: int = 8) -> list[PlaceCount]:
    """Return the counties of the division with the most red and yellow codes, most first; up to a minute old."""

    def count() -> list[tuple[str, int]]:
        place = Coalesce(NullIf("person__stay_code", Value("")), "person__residence_code", output_field=CharField())
        decisions = _current_in(division).exclude(showing(Colour.GREEN, at))
        rows = decisions.values(county=Substr(place, 1, 6)).annotate(n=Count("pk")).order_by("-n", "county")
        return [(row["county"], row["n"]) for row in rows[:limit]]

    rows = _kept(f"counties:{division}:{limit}", count)
    divisions = Division.objects.current().filter(code__in=[code for code, _n in rows])
    names = dict(divisions.values_list("code", "name"))
    return [PlaceCount(names.get(code, code), n) for code, n in rows]


def evidence_since_midnight(*, division: str, at: datetime) -> int:
    """Return how many records about people of the division were made today (China time)."""
    since = _midnight(to_china(at).date())
    records = EvidenceRecord.objects.filter(person__in=Person.objects.for_division(division), recorded_at__gte=since)
    return records.count()


class SystemErrors(NamedTuple):
    """Batches that were withdrawn as wrong, and what they had done: records, people touched, decisions put right."""

    batches: int
    records: int
    people: int
    decisions: int


def system_errors(*, at: datetime, days: int = ERROR_DAYS) -> SystemErrors:
    """Return the errors of the last ``days`` days: a withdrawn batch is one, by the day it was withdrawn."""
    withdrawals = BatchWithdrawal.objects.since(at - timedelta(days=days))
    steps = WithdrawalStep.objects.filter(withdrawal__in=withdrawals)
    done = steps.aggregate(records=Sum("records"), people=Sum("people"), decisions=Sum("changed"))
    return SystemErrors(withdrawals.count(), done["records"] or 0, done["people"] or 0, done["decisions"] or 0)


def unmapped_zones() -> int:
    """Return how many places of published lists nobody has assigned to a county yet."""
    return Zone.objects.filter(code="").count()


def overdue_conversions(*, at: datetime) -> int:
    """Return how many codes should have been converted two sweeps ago. What they show is right all the same."""
    return DecisionRecord.objects.due(at - _SWEEP_GRACE).count()


def waiting_messages(*, at: datetime) -> int:
    """Return how many messages are due and not sent."""
    return Outbox.objects.filter(sent_at__isnull=True, failed_at__isnull=True, due_at__lte=at).count()


def people_being_recoloured(*, at: datetime) -> int:
    """Return how many people a change in effect has still to reach; figures by colour do not count it for them yet."""
    unfinished = Recolouring.objects.enacted().filter(finished_at__isnull=True, effective_at__lte=at)
    return int(unfinished.aggregate(left=Sum(F("people") - F("touched")))["left"] or 0)


def unfinished_recolourings() -> int:
    """Return how many changes of areas or rules have not reached everyone yet."""
    return Recolouring.objects.enacted().filter(finished_at__isnull=True).count()


def _current_in(division: str) -> Any:
    return DecisionRecord.objects.current().filter(person__in=Person.objects.for_division(division))


def _kept(key: str, count: Any) -> Any:
    return cache.get_or_set(f"figures:{key}", count, _KEPT_SECONDS)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=CHINA)
