"""The key ring of codes: staged, signing, verifying, withdrawn; and the sets that issuers and verifiers use.

Which step is due when is ``domain.tokens.ring``; private halves are in the installation's custody.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from healthcode.access import check_can_withdraw_key
from healthcode.domain.tokens import CustodyDown, KeySet, KeyState, Kind, ReferenceKey, SigningKey, VerifyingKey
from healthcode.domain.tokens.ring import Step, Times, has_status_list, steps_due, valid_until, verifies_until
from healthcode.domain.vault import key_from_text
from healthcode.gateways import key_custody
from healthcode.models import Account, CodeKey, StatusList
from healthcode.services.audit import record_act
from healthcode.services.errors import Refused

logger = logging.getLogger(__name__)

ISSUER = "zj"
# Keys of screens, of paper and of venues are apart, each with its scope of kinds (codes.md, "Keys").
SCOPES: tuple[frozenset[Kind], ...] = (
    frozenset({Kind.OWN_PHONE, Kind.FAMILY, Kind.COMPANIONS, Kind.RESERVE}),
    frozenset({Kind.PAPER, Kind.PERMIT}),
    frozenset({Kind.VENUE}),
    frozenset({Kind.TEST_REPORT}),
)
CUSTODY_LABEL = "codekey.private"
_RING_LOCK = 4_510_004
# How long a process may go on with the keys it has read: a withdrawn key is gone everywhere by then.
_MEMORY_SECONDS = 5


class NoSigningKey(LookupError):
    """No key signs this kind now: nothing is shown rather than something unsigned."""

    code = "no_signing_key"


def rotate_code_keys(*, by: Account | None, at: datetime) -> list[CodeKey]:
    """Take every step that is due in the rings at ``at`` and return the keys that were made or began to sign.

    The first time a key of each scope signs at once; from then on the next one is always published ahead. What the
    keys before have signed stays good to its end. Safe with several at once, and run again it does nothing.
    """
    if not any(_steps(numbers, at, CodeKey.objects.all())[1] for numbers in map(_numbers, SCOPES)):
        return []
    with transaction.atomic():
        _lock_ring()
        touched = [key for scope in SCOPES for key in _turn_ring(_numbers(scope), by, at)]
        transaction.on_commit(forget_keys)
    return touched


@transaction.atomic
def withdraw_code_key(*, by: Account, key: CodeKey, reason: str, at: datetime) -> CodeKey:
    """Withdraw a key at once: nobody knows it any more, and the key staged next signs in its place if it signed.

    Codes it has signed are ``unknown_key`` from now on; paper codes among them are replaced by the sweep. Raises
    ``NotPermitted``; ``Refused``: ``reason_required``, ``key_withdrawn``.
    """
    check_can_withdraw_key(by)
    if not reason.strip():
        raise Refused("reason_required")
    _lock_ring()
    row = CodeKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    if row.state == KeyState.WITHDRAWN:
        raise Refused("key_withdrawn")
    if row.state == KeyState.SIGNING:
        row.signed_until = at
    row.state, row.withdrawn_at, row.withdrawn_by, row.withdrawal_reason = KeyState.WITHDRAWN, at, by, reason
    _let_go(row)
    row.save()
    record_act(by=by, at=at, action="withdraw_code_key", kid=str(row), scope=row.scope, reason=reason)
    _turn_ring(row.scope, by, at)
    transaction.on_commit(forget_keys)
    return row


def _numbers(scope: Iterable[Kind]) -> list[int]:
    return sorted(int(kind) for kind in scope)


def _lock_ring() -> None:
    with connection.cursor() as cursor:
        # Where there is no key yet there is no row to lock: two at once would make two.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_RING_LOCK])


def _steps(numbers: list[int], at: datetime, keys: QuerySet[CodeKey]) -> tuple[dict[str, CodeKey], tuple[Step, ...]]:
    """Return the scope's signing and staged keys by their state, and what is due."""
    rows = keys.filter(scope=numbers, state__in=(KeyState.SIGNING, KeyState.STAGED))
    found = {row.state: row for row in rows.order_by("pk")}
    times = {state: Times(row.made_at, row.signs_from, row.valid_until) for state, row in found.items()}
    due = steps_due(map(Kind, numbers), times.get(KeyState.SIGNING), times.get(KeyState.STAGED), at)
    return found, due


def _turn_ring(numbers: list[int], by: Account | None, at: datetime) -> list[CodeKey]:
    found, due = _steps(numbers, at, CodeKey.objects.select_for_update(of=("self",)))
    touched = []
    for step in due:
        if step is Step.TURN:
            _retire(found.get(KeyState.SIGNING), at)
            touched.append(_begin(found[KeyState.STAGED], by, at))
        else:
            state = KeyState.SIGNING if step is Step.OPEN else KeyState.STAGED
            touched.append(_make_key(numbers, state, by, at))
    return touched


def _retire(row: CodeKey | None, at: datetime) -> None:
    if row is None:
        return
    row.state, row.signed_until = KeyState.VERIFYING, at
    row.valid_until = min(row.valid_until, verifies_until(map(Kind, row.scope), at))
    _let_go(row)
    row.save(update_fields=["state", "signed_until", "valid_until", "private_sealed"])


def _begin(row: CodeKey, by: Account | None, at: datetime) -> CodeKey:
    row.state, row.signs_from = KeyState.SIGNING, at
    # A key that was staged through a long outage would otherwise be over before it has signed.
    row.valid_until = max(row.valid_until, valid_until(map(Kind, row.scope), at))
    row.save(update_fields=["state", "signs_from", "valid_until"])
    record_act(by=by, at=at, action="begin_code_key", kid=str(row), scope=row.scope)
    return row


def _let_go(row: CodeKey) -> None:
    """Forget the private half: this key never signs again. Only once it is certain that the row says so, too."""
    reference, row.private_sealed = bytes(row.private_sealed), b""
    transaction.on_commit(lambda: key_custody().destroy(reference))


def _make_key(numbers: list[int], state: KeyState, by: Account | None, at: datetime) -> CodeKey:
    scope = frozenset(map(Kind, numbers))
    kept = key_custody().make(CUSTODY_LABEL)
    record = VerifyingKey(
        kept.public_key, issuer=ISSUER, scope=scope, valid_from=at, valid_until=valid_until(scope, at), state=state
    )
    name = f"{ISSUER}-{record.kid.hex()}"
    row = CodeKey.objects.create(
        kid=record.kid,
        issuer=ISSUER,
        scope=numbers,
        state=state,
        public_der=kept.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        private_sealed=kept.reference,
        # A list a key: it ends with the key, so no list grows for ever. Four bytes of a kid may come twice.
        status_list=_open_list(name, at) if has_status_list(scope) else None,
        valid_from=at,
        valid_until=record.valid_until,
        made_at=at,
        signs_from=at if state is KeyState.SIGNING else None,
    )
    record_act(by=by, at=at, action="make_code_key", kid=str(row), scope=numbers, state=state.value)
    return row


def _open_list(name: str, at: datetime) -> StatusList:
    twins = StatusList.objects.filter(list_id__startswith=name).count()
    return StatusList.objects.create(list_id=f"{name}-{twins}" if twins else name, opened_at=at, changed_at=at)


# --- using them -------------------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def _keys_of(moment: int) -> tuple[tuple[SigningKey, ...], KeySet]:
    rows = list(CodeKey.objects.select_related("status_list").order_by("pk"))
    opened = (_opened(row) for row in rows if row.state == KeyState.SIGNING)
    return tuple(key for key in opened if key is not None), KeySet(row.verifying() for row in rows)


def _opened(row: CodeKey) -> SigningKey | None:
    """Return the key, or None while its custody cannot give it: then nothing is signed with it, and all is verified."""
    try:
        return signing_half(row)
    except CustodyDown:
        logger.exception("the signing key %s cannot be opened", row)
        return None


def signing_half(row: CodeKey) -> SigningKey:
    """Return the key with its private half; raise ``CustodyDown``."""
    return SigningKey(key_custody().open(bytes(row.private_sealed), CUSTODY_LABEL), row.verifying())


def forget_keys() -> None:
    """Read the keys again at the next use (after a change of the ring, and in tests)."""
    _keys_of.cache_clear()


def signing_key(kind: Kind, at: datetime) -> SigningKey:
    """Return the key that signs ``kind`` at ``at``; raise ``NoSigningKey``. Read at most every 5 s."""
    signing, _all = _keys_of(int(at.timestamp()) // _MEMORY_SECONDS)
    for key in signing:
        if kind in key.record.scope and key.record.valid_from <= at < key.record.valid_until:
            return key
    raise NoSigningKey(f"no key signs {kind.name} at {at}")


def verifying_keys(at: datetime) -> KeySet:
    """Return all keys that a verifier knows at ``at``."""
    return _keys_of(int(at.timestamp()) // _MEMORY_SECONDS)[1]


@lru_cache(maxsize=1)
def reference_key() -> ReferenceKey:
    """Return the key that seals who a code belongs to."""
    return ReferenceKey(key_from_text(settings.REFERENCE_KEY))
