"""Verifying a code at a gate (验码, N2.4, N2.7): every scan is a row, failed ones too."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count

from healthcode.domain.instants import to_china
from healthcode.domain.tokens import Reason, Verdict, Verified
from healthcode.models import Account
from healthcode.services.audit import record_act
from healthcode.services.codes import Checked, verify_code
from healthcode.services.decisions import NoRuleSet
from healthcode.services.errors import Refused
from venues.access import check_can_scan
from venues.domain.policy import Category, rule_passage
from venues.models import RETENTION_DAYS, Guard, Scan, Venue


def record_scan(*, by: Account, guard: Guard, text: str, nonce: UUID, scanned_at: datetime, at: datetime) -> Scan:
    """Check a scanned text at the guard's venue and keep what came of it; writes one row, whatever the result.

    The same guard and nonce give the same row, however often and from however many connections they come: the
    first answer stands. ``scanned_at`` is when the code was read, ``at`` when the server heard of it. ``guard``
    comes with its venue. Raises ``NotPermitted``, and ``Refused``: ``scanned_in_future``.
    """
    check_can_scan(by, guard, at)
    if scanned_at > at:
        raise Refused("scanned_in_future")
    known = Scan.objects.filter(guard=guard, nonce=nonce).first()
    if known is not None:
        return known
    scan = _scan_of(_check(text, scanned_at), guard.venue)
    scan.guard, scan.nonce, scan.scanned_at, scan.received_at = guard, nonce, scanned_at, at
    try:
        with transaction.atomic():
            scan.save(force_insert=True)
            record_act(by=by, at=at, action="scan", scan=str(nonce), venue=str(guard.venue.public_id))
    except IntegrityError:
        # The same nonce came on another connection at the same moment; that one has written the answer.
        return Scan.objects.get(guard=guard, nonce=nonce)
    return scan


def _check(text: str, at: datetime) -> Checked:
    try:
        return verify_code(text=text, at=at)
    except NoRuleSet:
        return Checked(Verified(Reason.CANNOT_CHECK), None)


def _scan_of(checked: Checked, venue: Venue) -> Scan:
    """Return the unsaved row: the reason alone, or for a good code whose it is and what the policy says."""
    verified, status = checked
    scan = Scan(venue=venue, reason=verified.result, code_age=verified.age_seconds)
    if status is None:
        return scan
    ruling = rule_passage(Category(venue.category), status.colour)
    scan.person, scan.colour = status.person, status.colour
    scan.verdict, scan.condition, scan.clause = ruling
    return scan


class ScanCount(NamedTuple):
    """How many scans came out one way: ``result`` is the verdict of good codes, the reason of others."""

    result: Verdict | Reason
    number: int


def count_scans_today(*, venue: Venue, at: datetime) -> list[ScanCount]:
    """Count the venue's scans since midnight in China by result, most frequent first; one query."""
    midnight = to_china(at).replace(hour=0, minute=0, second=0, microsecond=0)
    scans = Scan.objects.at_venue_since(venue, midnight)
    rows = scans.values_list("reason", "verdict").annotate(number=Count("pk")).order_by("-number", "reason", "verdict")
    return [ScanCount(Verdict(verdict) if verdict else Reason(reason), number) for reason, verdict, number in rows]


@transaction.atomic
def destroy_scans(*, by: Account | None, at: datetime) -> int:
    """Destroy scans older than their retention and return how many (N4.3); the database refuses younger ones."""
    count, _of = Scan.objects.filter(received_at__lt=at - timedelta(days=RETENTION_DAYS)).delete()
    if count:
        record_act(by=by, at=at, action="destroy_scans", count=count)
    return count
