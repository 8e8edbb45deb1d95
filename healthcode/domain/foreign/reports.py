"""Home codes and test reports in our own envelope (``JK1:``), from other provinces and for them (N3.4).

A test report (kind 7) says when the sample was taken in ``iat`` and what was found in the place of the colour: green
for negative, red for positive. It lives for the days a report brought along counts, from the sampling on, and names
nobody. One report always has the same ``cti``, so that a second showing is known for what it is.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

from healthcode.domain.foreign.errors import Fault, ForeignError
from healthcode.domain.foreign.issuers import IssuerKey, Use
from healthcode.domain.tokens import (
    LIVES,
    CannotIssue,
    Claims,
    KeySet,
    KeyState,
    Kind,
    Reason,
    SigningKey,
    Statement,
    TokenColour,
    VerifyingKey,
    verify_token,
)
from healthcode.domain.tokens.envelope import KID_BYTES, write_token

PREFIX = "JK1:"
SCOPES: Mapping[Use, frozenset[Kind]] = MappingProxyType(
    {Use.HOME_CODE: frozenset({Kind.OWN_PHONE, Kind.FAMILY}), Use.TEST_REPORT: frozenset({Kind.TEST_REPORT})}
)
RESULTS: Mapping[TokenColour, str] = MappingProxyType(
    {TokenColour.GREEN: "negative", TokenColour.RED: "positive"},
)
_COLOURS = {result: colour for colour, result in RESULTS.items()}
_TAKEN = frozenset(kind for kinds in SCOPES.values() for kind in kinds)
_FAULTS = {
    Reason.UNREADABLE: Fault.UNREADABLE,
    Reason.WRONG_KIND: Fault.WRONG_KIND,
    Reason.CANNOT_CHECK: Fault.UNKNOWN_KEY,
    Reason.UNKNOWN_KEY: Fault.UNKNOWN_KEY,
    Reason.NOT_GENUINE: Fault.NOT_GENUINE,
    Reason.NOT_YET_VALID: Fault.NOT_YET_VALID,
    Reason.EXPIRED: Fault.EXPIRED,
    Reason.REVOKED: Fault.REVOKED,
}


class Trusted(NamedTuple):
    """A key with whose it is and what that issuer is trusted for."""

    issuer: str
    uses: frozenset[Use]
    key: IssuerKey


class HomeToken(NamedTuple):
    """A genuine code or report of another province."""

    issuer: str
    kind: Kind
    colour: TokenColour
    region: int
    issued_at: datetime
    cti: bytes


def read_home_token(text: str, *, keys: Iterable[Trusted], at: datetime) -> HomeToken:
    """Check a text against the keys of the trust list; raise ``ForeignError``.

    A screen code is fresh for its 90 seconds as at any gate.
    """
    usable = [row for row in map(_verifying, keys) if row is not None]
    found = verify_token(text, keys=KeySet(usable), at=at, online=True, kinds=_TAKEN, revoked=_no_list)
    if found.claims is None or found.key is None or found.result is not Reason.OK:
        raise ForeignError(_FAULTS.get(found.result, Fault.UNREADABLE))
    claims = found.claims
    kind, colour, region, _index = claims.statement
    return HomeToken(found.key.issuer, kind, colour, region, datetime.fromtimestamp(claims.iat, UTC), claims.cti)


def _verifying(row: Trusted) -> VerifyingKey | None:
    scope = frozenset(kind for use in row.uses for kind in SCOPES.get(use, ()))
    public = row.key.public_key
    if not scope or not isinstance(public, ec.EllipticCurvePublicKey) or len(row.key.kid) != KID_BYTES:
        return None
    return VerifyingKey(
        public,
        issuer=row.issuer,
        scope=scope,
        valid_from=row.key.valid_from,
        valid_until=row.key.valid_until,
        kid=row.key.kid,
    )


def _no_list(key: VerifyingKey, index: int) -> bool | None:
    return None


def write_report(*, key: SigningKey, result: str, region: int, sampled_at: datetime, cti: bytes, at: datetime) -> str:
    """Return the signed text of a test report; raise ``CannotIssue`` where the report or the key is over.

    It is signed now for a sample of the past, so it is the key's state at ``at`` that counts, not at the sampling.
    """
    iat = int(sampled_at.timestamp())
    claims = Claims(
        iat + LIVES[Kind.TEST_REPORT, False].life, iat, cti, Statement(Kind.TEST_REPORT, _COLOURS[result], region)
    )
    if not claims.iat <= at.timestamp() < claims.exp:
        raise CannotIssue("the report is over, or of the future")
    record = key.record
    if record.state is not KeyState.SIGNING or Kind.TEST_REPORT not in record.scope or claims.exp > key.last_exp:
        raise CannotIssue("the key does not sign test reports, or not for so long")
    return write_token(record.kid, claims, key.sign)
