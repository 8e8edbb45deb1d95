"""Showing and verifying codes (亮码, 验码; N3.3). Neither writes: a scan is recorded by its venue."""

import secrets
from collections.abc import Container
from datetime import UTC, datetime
from typing import NamedTuple

from healthcode.domain.colours import Colour
from healthcode.domain.divisions import is_code, prefecture_of
from healthcode.domain.tokens import (
    ForeignReference,
    Kind,
    Reason,
    Reference,
    Statement,
    TokenColour,
    Verified,
    encode_token,
    open_reference,
    seal_reference,
    verify_token,
)
from healthcode.models import DecisionRecord, Person
from healthcode.services.decisions import CodeStatus, status_of
from healthcode.services.keys import reference_key, signing_key, verifying_keys
from healthcode.services.status_lists import is_revoked

PERSONAL_KINDS: Container[Kind] = frozenset({Kind.OWN_PHONE, Kind.PAPER, Kind.FAMILY, Kind.COMPANIONS, Kind.PERMIT})
_TOKEN_COLOURS = {
    Colour.GREEN: TokenColour.GREEN,
    Colour.YELLOW: TokenColour.YELLOW,
    Colour.RED: TokenColour.RED,
}
# A person without a known division is shown as of the province's capital: the region is there for the offline
# policy of other provinces only and is never the county.
_DEFAULT_REGION = 330100


class IssuedCode(NamedTuple):
    """A signed code and its life."""

    token: str
    issued_at: datetime
    expires_at: datetime


class Checked(NamedTuple):
    """What an online verification found: the reason, and for a good code whose it is and the colour now.

    The code of a group of companions is nobody's: ``group`` is the number that its maker gave it.
    """

    verified: Verified
    status: CodeStatus | None
    group: int | None = None

    @property
    def asks_document(self) -> bool:
        """Tell whether the guard is to compare the holder with their document: paper is lent as easily as shown."""
        return self.verified.asks_document


def issue_code(*, status: CodeStatus, at: datetime, kind: Kind = Kind.OWN_PHONE) -> IssuedCode:
    """Sign a screen code for what ``status`` says at ``at``: one AES block and one signature, no write.

    Raises ``NoSigningKey``.
    """
    statement = Statement(kind, _TOKEN_COLOURS[status.colour], region_of(status.person))
    return _signed(status.person.pk, statement, at)


def issue_group_code(*, group_id: int, region: int, at: datetime) -> IssuedCode:
    """Sign the code of a group of companions (N3.5): it names the group, blind, and no colour.

    ``group_id`` below 2**48 is the caller's own number, given back by ``verify_code``. Raises ``NoSigningKey``.
    """
    return _signed(group_id, Statement(Kind.COMPANIONS, TokenColour.NONE, region), at)


def _signed(number: int, statement: Statement, at: datetime) -> IssuedCode:
    """Sign a statement about whom or what ``number`` stands for, blind."""
    iat = int(at.timestamp())
    reference = Reference(number, iat, statement.kind, secrets.randbelow(1 << 16))
    token = encode_token(
        key=signing_key(statement.kind, at),
        statement=statement,
        cti=seal_reference(reference_key(), reference),
        issued_at=at,
    )
    issued_at = datetime.fromtimestamp(iat, tz=UTC)
    return IssuedCode(token, issued_at, datetime.fromtimestamp(iat + statement.life.life, tz=UTC))


def region_of(person: Person) -> int:
    """Return the prefecture that stands in a person's codes; the capital where none is known."""
    division = person.stay_code or person.residence_code
    prefecture = prefecture_of(division) if is_code(division) else None
    return int(prefecture) if prefecture else _DEFAULT_REGION


def verify_code(*, text: str, at: datetime) -> Checked:
    """Check a scanned text online: signature, freshness, and the person's colour **now**, not the code's.

    Writes nothing and never raises for anything the text holds.
    """
    verified = verify_token(text, keys=verifying_keys(at), at=at, online=True, kinds=PERSONAL_KINDS, revoked=is_revoked)
    if verified.result is not Reason.OK or verified.claims is None:
        return Checked(verified, None)
    try:
        reference = open_reference(reference_key(), verified.claims.cti)
    except ForeignReference:
        return Checked(verified._replace(result=Reason.NOT_GENUINE), None)
    if (reference.iat, reference.kind) != (verified.claims.iat, verified.claims.statement.kind):
        return Checked(verified._replace(result=Reason.NOT_GENUINE), None)
    if reference.kind is Kind.COMPANIONS:
        return Checked(verified, None, reference.person_ref)
    decisions = DecisionRecord.objects.current().with_staleness().select_related("person", "ruleset")
    decision = decisions.filter(person_id=reference.person_ref).first()
    if decision is None:
        return Checked(verified._replace(result=Reason.NOT_GENUINE), None)
    return Checked(verified, status_of(decision, at))
