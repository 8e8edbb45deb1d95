"""Issuing: a statement, a key and an instant become the text of a code."""

from datetime import datetime, timedelta

from healthcode.domain.tokens.claims import (
    CTI_BYTES,
    LIVES,
    MAX_UINT32,
    MIN_UINT32,
    Claims,
    Kind,
    Statement,
    TokenColour,
    is_region,
)
from healthcode.domain.tokens.envelope import write_token
from healthcode.domain.tokens.errors import CannotIssue
from healthcode.domain.tokens.keys import KeyState, SigningKey


def encode_token(
    *, key: SigningKey, statement: Statement, cti: bytes, issued_at: datetime, life: timedelta | None = None
) -> str:
    """Give the signed text of a code (prefix `JK1:`, about 190 characters).

    `cti` is what `seal_reference` gave for this issue. `life` is the whole life of the kind unless
    shorter. Everything is whole seconds, `issued_at` rounded down. Raises `CannotIssue` when the key is
    not the signing one, not for this kind, or not valid until the code has died, and for a statement
    that no verifier would read (clauses N1.5, N3.3; a paper code carries no colour).
    """
    most = _check_statement(statement, cti)
    iat = int(issued_at.timestamp())
    seconds = most if life is None else int(life.total_seconds())
    if not 0 < seconds <= most:
        raise CannotIssue(f"a life of {seconds} s; this kind lives {most} s at most")
    claims = Claims(iat + seconds, iat, cti, statement)
    _check_key(key, claims, issued_at)
    return write_token(key.record.kid, claims, key.sign)


def _check_statement(statement: Statement, cti: bytes) -> int:
    kind, colour, region, index = statement
    life = LIVES.get((kind, index is not None))
    if life is None or not (index is None or 0 <= index <= MAX_UINT32):
        raise CannotIssue("an index where none belongs, or none where one does")
    if not is_region(region):
        raise CannotIssue("the region is the six-digit code of a prefecture")
    if kind is Kind.PAPER and colour is not TokenColour.NONE:
        raise CannotIssue("a paper code outlives colours and carries none")
    if len(cti) != CTI_BYTES:
        raise CannotIssue("a cti has 16 bytes")
    return life.life


def _check_key(key: SigningKey, claims: Claims, issued_at: datetime) -> None:
    record = key.record
    if issued_at.tzinfo is None or claims.iat < MIN_UINT32 or claims.exp > MAX_UINT32:
        raise CannotIssue("the instant has no zone or is out of range")
    if record.state is not KeyState.SIGNING:
        raise CannotIssue(f"the key is {record.state}, not signing")
    if claims.statement.kind not in record.scope:
        raise CannotIssue("the kind is outside the key's scope")
    # Verifiers judge the key at the time of the scan, so a code must not outlive it.
    if issued_at < record.valid_from or claims.exp > key.last_exp:
        raise CannotIssue("the code would live outside the key's validity")
