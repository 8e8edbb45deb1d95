"""Verifying: a scanned text becomes one reason and, when genuine, its claims.

Cheap checks first; the first that fails names the result. Before the signature holds, the kind is
compared with what the key and the place accept (to refuse, never to allow); nothing else is used.
"""

from collections.abc import Callable, Container
from datetime import datetime, timedelta
from typing import NamedTuple

from healthcode.domain.tokens.claims import Claims, Kind
from healthcode.domain.tokens.envelope import Envelope, read_token
from healthcode.domain.tokens.errors import Reason, TokenError
from healthcode.domain.tokens.keys import KeySet, VerifyingKey

DATA_LIFE = timedelta(hours=24)

Revoked = Callable[[VerifyingKey, int], bool | None]


class Verified(NamedTuple):
    """What a check found.

    `claims` and `key` are there once the signature holds. `age_seconds` is since issue (below zero
    when the clocks are apart), `data_age_seconds` since the keys and lists left the server.
    """

    result: Reason
    claims: Claims | None = None
    key: VerifyingKey | None = None
    age_seconds: int | None = None
    data_age_seconds: int | None = None

    @property
    def asks_document(self) -> bool:
        """Tell whether the document is to be checked beside a code of this kind (paper, reserve)."""
        return self.claims is not None and self.claims.statement.life.document_check


def verify_token(
    text: str, *, keys: KeySet, at: datetime, online: bool, kinds: Container[Kind], revoked: Revoked
) -> Verified:
    """Check a scanned text at an instant. Never raises for anything the text holds.

    `kinds` are those this place accepts. `revoked` answers for an index of the key's status list; None
    means that there is no list to ask and gives `cannot_check`. Offline, keys older than 24 hours (or
    of unknown age) give `cannot_check`. `replayed` and the policy of the place are the caller's.
    Raises `ValueError` when `at` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("`at` needs a time zone")
    data_age = None if keys.as_of is None else at - keys.as_of
    data_age_seconds = None if data_age is None else int(data_age.total_seconds())
    try:
        envelope = read_token(text)
    except TokenError as error:
        return Verified(Reason(error.code), data_age_seconds=data_age_seconds)
    found = _find_key(envelope, keys, at, online, kinds)
    if isinstance(found, Reason):
        return Verified(found, data_age_seconds=data_age_seconds)
    claims, now = envelope.claims, at.timestamp()
    result = _check_time(claims, now, online)
    if result is Reason.OK:
        result = _check_status(claims, found, revoked)
    return Verified(result, claims, found, int(now - claims.iat), data_age_seconds)


def _find_key(
    envelope: Envelope, keys: KeySet, at: datetime, online: bool, kinds: Container[Kind]
) -> VerifyingKey | Reason:
    statement = envelope.claims.statement
    sharing = keys.sharing(envelope.kid)
    in_scope = [key for key in sharing if statement.kind in key.scope]
    refused = statement.kind not in kinds or (online and statement.life.offline_only)
    if refused or (sharing and not in_scope):
        return Reason.WRONG_KIND
    if not online and (keys.as_of is None or at - keys.as_of > DATA_LIFE):
        return Reason.CANNOT_CHECK
    usable = [key for key in in_scope if key.accepts(at)]
    if not usable:
        return Reason.UNKNOWN_KEY if keys.any_valid(at) else Reason.CANNOT_CHECK
    for key in usable:
        if key.holds(envelope.signature, envelope.signed):
            return key
    return Reason.NOT_GENUINE


def _check_time(claims: Claims, now: float, online: bool) -> Reason:
    life = claims.statement.life
    skew = life.skew_online if online else life.skew_offline
    if now < claims.iat - skew:
        return Reason.NOT_YET_VALID
    # A life past its kind's is believed up to that; one of nothing or less is over.
    expires = min(claims.exp, claims.iat + life.life)
    if expires <= claims.iat or now >= expires + skew:
        return Reason.EXPIRED
    return Reason.OK


def _check_status(claims: Claims, key: VerifyingKey, revoked: Revoked) -> Reason:
    if claims.statement.status_index is None:
        return Reason.OK
    answer = revoked(key, claims.statement.status_index)
    if answer is None:
        return Reason.CANNOT_CHECK
    return Reason.REVOKED if answer else Reason.OK
