"""Verifying a code at a gate (验码, N2.4, N2.7): every scan is a row, failed ones too."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Count

from healthcode.domain.instants import to_china
from healthcode.domain.tokens import Claims, Reason, Verdict, Verified
from healthcode.models import Account, vault
from healthcode.services.audit import Act, record_act, record_acts
from healthcode.services.codes import Checked, verify_code
from healthcode.services.decisions import NoRuleSet
from healthcode.services.errors import Refused
from venues.access import check_can_scan, check_can_scan_by_itself
from venues.domain.policy import Category, rule_passage
from venues.models import RETENTION_DAYS, Device, Guard, Scan, Venue

USED_HERE = "used_here"
_DIGEST_BYTES = 16


class Post(NamedTuple):
    """Who verifies, and where: a guard or a device."""

    venue: Venue
    guard: Guard | None = None
    device: Device | None = None

    def known(self, nonce: UUID) -> Scan | None:
        """Return the scan that this post made under the nonce."""
        return Scan.objects.filter(guard=self.guard, device=self.device, nonce=nonce).first()


def record_scan(*, by: Account, guard: Guard, text: str, nonce: UUID, scanned_at: datetime, at: datetime) -> Scan:
    """Check a scanned text at the guard's venue and keep what came of it; writes one row, whatever the result.

    The same guard and nonce give the same row, however often and from however many connections they come: the
    first answer stands. ``scanned_at`` is when the code was read, ``at`` when the server heard of it. ``guard``
    comes with its venue. Raises ``NotPermitted``, and ``Refused``: ``scanned_in_future``.
    """
    check_can_scan(by, guard, at)
    if scanned_at > at:
        raise Refused("scanned_in_future")
    return _judge_once(Post(guard.venue, guard=guard), text, Scan(nonce=nonce, scanned_at=scanned_at, received_at=at))


def record_device_scan(*, by: Device, text: str, nonce: UUID, at: datetime) -> Scan:
    """Check a text that a device has just read and keep what came of it, as ``record_scan`` does for a guard.

    ``by`` comes with its venue. Raises ``NotPermitted``.
    """
    check_can_scan_by_itself(by, at)
    return _judge_once(Post(by.venue, device=by), text, Scan(nonce=nonce, scanned_at=at, received_at=at))


def _judge_once(post: Post, text: str, scan: Scan) -> Scan:
    known = post.known(scan.nonce)
    if known is not None:
        return known
    checked = _check(text, scan.scanned_at)
    _judge(scan, post.venue, checked)
    claims = checked.verified.claims if scan.reason == Reason.OK else None
    return keep_scan(post=post, scan=scan, claims=claims)


def keep_scan(*, post: Post, scan: Scan, claims: Claims | None) -> Scan:
    """Write the row of ``post`` and its audit entry; ``claims`` are those of a good code to look for elsewhere.

    The same nonce on another connection at the same moment: that one has written the answer, and it is returned.
    """
    scan.venue, scan.guard, scan.device = post
    try:
        with transaction.atomic():
            if claims is not None:
                _mark_replay(scan, claims)
            scan.save(force_insert=True)
            detail = {"scan": str(scan.nonce), "venue": str(post.venue.public_id)}
            account, label = (post.guard.account, "") if post.guard else (None, f"device {post.device}"[:64])
            record_acts(by=account, at=scan.received_at, acts=[Act("scan", None, detail)], label=label)
    except IntegrityError:
        known = post.known(scan.nonce)
        if known is None:
            raise
        return known
    return scan


def _check(text: str, at: datetime) -> Checked:
    try:
        return verify_code(text=text, at=at)
    except NoRuleSet:
        return Checked(Verified(Reason.CANNOT_CHECK), None)


def _judge(scan: Scan, venue: Venue, checked: Checked) -> None:
    """Fill in the reason, and for a good code whose it is, its colour now and what the policy says."""
    status = checked.status
    describe(scan, checked.verified)
    if checked.group is not None:
        # Companions each have a colour of their own: one verdict for all of them would be somebody's wrong one.
        scan.reason = Reason.WRONG_KIND
    if status is None:
        return
    scan.person, scan.colour = status.person, status.colour
    scan.verdict, scan.condition, scan.clause = rule_passage(Category(venue.category), status.colour)


def describe(scan: Scan, verified: Verified) -> None:
    """Fill in what a check found of the code itself: the reason, its age, its kind, the digest of its cti."""
    scan.reason, scan.code_age = verified.result, verified.age_seconds
    if verified.claims is not None:
        scan.kind = verified.claims.statement.kind.name.lower()
        scan.cti_digest = digest_of(verified.claims.cti)


def digest_of(cti: bytes) -> bytes:
    """Return the 16 bytes by which one code is known again; keyed, so that nobody else can make them."""
    return vault().index(cti.hex(), "scan.cti")[:_DIGEST_BYTES]


def _mark_replay(scan: Scan, claims: Claims) -> None:
    """Turn the scan into ``replayed`` when this very code let somebody in elsewhere, or here where it may only once.

    Only codes that are fresh every minute: a paper code is shown all day long.
    """
    life, digest = claims.statement.life, digest_of(claims.cti)
    if life.refresh is None:
        return
    with connection.cursor() as cursor:
        # Two gates read one code at one moment: the second waits here, then sees the row of the first.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], "big", signed=True)])
    since = datetime.fromtimestamp(claims.iat - life.skew_offline, UTC)
    seen = Scan.objects.of_code(digest, since)
    if not scan.venue.takes_once:
        seen = seen.exclude(venue=scan.venue)
    places = set(seen.values_list("venue", flat=True))
    if places:
        scan.reason, scan.person = Reason.REPLAYED, None
        scan.colour = scan.verdict = scan.clause = ""
        scan.condition = USED_HERE if places == {scan.venue_id} else ""


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
