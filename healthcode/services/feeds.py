"""Feeds: how fresh each is, what came late and what that changed (N3.2). Age alone never touches a colour."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from healthcode.access import NotPermitted
from healthcode.domain.evidence import ORDERS, Kind
from healthcode.models import Account, DecisionRecord, EvidenceRecord, Feed, LateRecord, Source, SourceCategory
from healthcode.services.audit import record_act

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# How often each kind of department sends and what delay is usual there, until the office says otherwise.
_USUAL: dict[SourceCategory, tuple[timedelta | None, timedelta]] = {
    SourceCategory.HEALTH: (HOUR, DAY),
    SourceCategory.POLICE: (DAY, 3 * DAY),
    SourceCategory.TELECOM: (6 * HOUR, 3 * DAY),
    SourceCategory.CUSTOMS: (HOUR, DAY),
    SourceCategory.BORDER: (HOUR, DAY),
    SourceCategory.TRANSPORT: (6 * HOUR, 3 * DAY),
    SourceCategory.AVIATION: (6 * HOUR, 3 * DAY),
    SourceCategory.RAIL: (6 * HOUR, 3 * DAY),
    SourceCategory.NATIONAL: (HOUR, 3 * DAY),
    SourceCategory.PROVINCE: (DAY, 3 * DAY),
    SourceCategory.HEADQUARTERS: (None, 3 * DAY),
}
# These speak of what is to come, or of the act of recording itself; neither can be late.
_NEVER_LATE = ORDERS | {Kind.RETRACTION}


class FeedAge(NamedTuple):
    """How fresh a feed is at an instant. ``age`` counts from when the feed is watched where nothing ever came."""

    source: Source
    last_received_at: datetime | None
    age: timedelta
    expected_every: timedelta | None
    is_late: bool


def feed_ages(at: datetime) -> list[FeedAge]:
    """Return the freshness of every watched feed of a source in use, by code; one query, nothing written."""
    feeds = Feed.objects.filter(source__is_active=True).with_last_received().order_by("source__code")
    return [age_of(feed, at) for feed in feeds]


def late_feeds(at: datetime) -> int:
    """Return how many of the feeds that have a rhythm are behind it."""
    return sum(age.is_late for age in feed_ages(at))


def age_of(feed: Feed, at: datetime) -> FeedAge:
    """Return the freshness of one feed, loaded ``with_last_received``."""
    last: datetime | None = feed.last_received_at  # type: ignore[attr-defined]  # annotated by the query
    age = at - (last or feed.watched_from)
    late = feed.expected_every is not None and age > feed.expected_every
    return FeedAge(feed.source, last, age, feed.expected_every, late)


@transaction.atomic
def install_feeds(*, by: Account | None, at: datetime) -> list[Feed]:
    """Watch the feeds of sources that nobody watches yet and return them; declarations of people are no feed."""
    unwatched = Source.objects.filter(feed__isnull=True).exclude(category=SourceCategory.SELF).order_by("code")
    made = Feed.objects.bulk_create(
        Feed(source=source, expected_every=every, late_after=late_after, watched_from=at)
        for source in unwatched
        for every, late_after in [_USUAL[SourceCategory(source.category)]]
    )
    if made:
        record_act(by=by, at=at, action="install_feeds", sources=[feed.source.code for feed in made])
    return made


@transaction.atomic
def save_feed(
    *, by: Account, source: Source, expected_every: timedelta | None, late_after: timedelta, at: datetime
) -> Feed:
    """Say how often a source is expected to send (None: no rhythm) and from what delay its records are late.

    Records marked before stay as they were marked. Raises ``NotPermitted``.
    """
    if not by.has_perm("healthcode.change_source"):
        raise NotPermitted(f"{by} may not change feeds")
    Source.objects.select_for_update(of=("self",)).get(pk=source.pk)
    feed, _new = Feed.objects.get_or_create(
        source=source, defaults={"expected_every": expected_every, "late_after": late_after, "watched_from": at}
    )
    before = _told(feed)
    feed.expected_every, feed.late_after = expected_every, late_after
    feed.save(update_fields=["expected_every", "late_after"])
    record_act(by=by, at=at, action="save_feed", source=source.code, before=before, after=_told(feed))
    return feed


def _told(feed: Feed) -> dict[str, str]:
    return {"expected_every": str(feed.expected_every or "–"), "late_after": str(feed.late_after)}


def mark_late(
    *,
    by: Account | None,
    source: Source,
    records: Sequence[EvidenceRecord],
    decisions: Sequence[DecisionRecord],
    at: datetime,
) -> list[LateRecord]:
    """Mark the records just made that came later than usual from their source, with the decision each led to.

    For whoever records evidence, inside the same transaction; one query where nothing is late. Returns the marks.
    """
    feed = Feed.objects.filter(source=source).first()
    if feed is None:
        return []
    led_to = {decision.person_id: decision for decision in decisions}
    made = LateRecord.objects.bulk_create(
        LateRecord(
            evidence=record,
            delay=record.recorded_at - record.at,
            allowed=feed.late_after,
            marked_at=at,
            decision=led_to.get(record.person_id),
        )
        for record in records
        if Kind(record.kind) not in _NEVER_LATE and record.recorded_at - record.at > feed.late_after
    )
    if made:
        record_act(by=by, at=at, action="mark_late", source=source.code, records=len(made))
    return made
