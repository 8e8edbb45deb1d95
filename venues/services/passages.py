"""What gates without a network let in and sent later: each passage once, judged as the gate judged it (N1.5)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from healthcode.domain.tokens import (
    ForeignReference,
    KeySet,
    Kind,
    Reason,
    Verified,
    VerifyingKey,
    open_reference,
    verify_token,
)
from healthcode.models import Account, Person, StatusBit
from healthcode.services.codes import PERSONAL_KINDS
from healthcode.services.keys import reference_key, verifying_keys
from venues.access import check_can_scan, check_can_scan_by_itself
from venues.domain.policy import Category, colour_in_code, rule_offline
from venues.models import RETENTION_DAYS, SHOWN_WORDS, Device, Guard, Scan
from venues.services.scans import Post, describe, keep_scan

MOST = 200
# The code of companions names nobody: without the server there is no telling who they are.
_OFFLINE_KINDS = frozenset(kind for kind in Kind if kind in PERSONAL_KINDS) - {Kind.COMPANIONS} | {Kind.RESERVE}


class PassageStatus(StrEnum):
    """What became of a passage that was sent."""

    RECORDED = "recorded"
    KNOWN = "known"
    REFUSED = "refused"


class Passage(NamedTuple):
    """One scan of a gate without a network. ``text`` is empty where nothing of ours was read; ``shown`` one word."""

    nonce: UUID
    text: str
    shown: str
    scanned_at: datetime


class PassageResult(NamedTuple):
    """What became of one passage; ``code`` says why it was refused."""

    nonce: UUID
    status: PassageStatus
    code: str = ""


def record_passages(*, by: Account, guard: Guard, passages: Sequence[Passage], at: datetime) -> list[PassageResult]:
    """Keep what a guard's phone let in without a network; one row a nonce, however often it is sent.

    Each code is checked again as of ``scanned_at``, with what the gate could know: its own colour, the tolerance of
    clocks that are apart, and the policy of today. ``guard`` comes with its venue. Refused one by one:
    ``scanned_in_future``, ``scanned_too_long_ago``, ``not_on_duty_then``, ``unknown_result``. Raises ``NotPermitted``.
    """
    check_can_scan(by, guard, at)
    post = Post(guard.venue, guard=guard)
    return [
        PassageResult(passage.nonce, PassageStatus.REFUSED, "not_on_duty_then")
        if not guard.is_on_duty(passage.scanned_at)
        else _keep(post, passage, at)
        for passage in passages
    ]


def record_device_passages(*, by: Device, passages: Sequence[Passage], at: datetime) -> list[PassageResult]:
    """Keep what a device let in without a network, as ``record_passages`` does. Raises ``NotPermitted``."""
    check_can_scan_by_itself(by, at)
    post = Post(by.venue, device=by)
    return [_keep(post, passage, at) for passage in passages]


def _keep(post: Post, passage: Passage, at: datetime) -> PassageResult:
    refusal = _refusal(passage, at)
    if refusal:
        return PassageResult(passage.nonce, PassageStatus.REFUSED, refusal)
    # The answer to the first sending may have been lost, or the scan may have come by the page a moment before.
    if post.known(passage.nonce) is not None:
        return PassageResult(passage.nonce, PassageStatus.KNOWN)
    scan = Scan(nonce=passage.nonce, scanned_at=passage.scanned_at, received_at=at, shown=passage.shown)
    _judge(scan, post, passage)
    kept = keep_scan(post=post, scan=scan, claims=None)
    return PassageResult(passage.nonce, PassageStatus.RECORDED if kept is scan else PassageStatus.KNOWN)


def _refusal(passage: Passage, at: datetime) -> str:
    if passage.shown not in SHOWN_WORDS:
        return "unknown_result"
    if passage.scanned_at > at:
        return "scanned_in_future"
    # Older scans have been destroyed, and the nonce with them: nothing would tell a repetition.
    return "scanned_too_long_ago" if passage.scanned_at < at - timedelta(days=RETENTION_DAYS) else ""


def _judge(scan: Scan, post: Post, passage: Passage) -> None:
    if not passage.text:
        scan.reason = _reason_shown(passage.shown)
        return
    found = _check(passage)
    describe(scan, found)
    person = _holder(found)
    if found.claims is None or found.result is not Reason.OK:
        return
    if person is None:
        scan.reason = Reason.NOT_GENUINE
        return
    statement = found.claims.statement
    colour = colour_in_code(statement.colour)
    scan.person, scan.colour = person, colour or ""
    ruling = rule_offline(Category(post.venue.category), statement.kind, colour)
    scan.verdict, scan.condition, scan.clause = ruling


def _reason_shown(shown: str) -> Reason:
    """Return what a gate said of a text it kept nothing of; a pass without a code cannot be looked at again."""
    known = {reason.value: reason for reason in Reason if reason is not Reason.OK}
    return known.get(shown, Reason.CANNOT_CHECK)


def _check(passage: Passage) -> Verified:
    at = passage.scanned_at
    # As of that very moment: how old the gate's own data was is for the gate to say, and it said so in `shown`.
    keys = KeySet(verifying_keys(at).keys, as_of=at)

    def revoked(key: VerifyingKey, index: int) -> bool:
        bits = StatusBit.objects.filter(status_list__list_id=key.status_list, index=index)
        return bits.filter(revoked_at__lte=at).exists()

    return verify_token(passage.text, keys=keys, at=at, online=False, kinds=_OFFLINE_KINDS, revoked=revoked)


def _holder(found: Verified) -> Person | None:
    if found.claims is None:
        return None
    try:
        reference = open_reference(reference_key(), found.claims.cti)
    except ForeignReference:
        return None
    return Person.objects.filter(pk=reference.person_ref).first() if reference.iat == found.claims.iat else None
