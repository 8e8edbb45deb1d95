"""Signing keys of codes: making them, and the sets that issuers and verifiers use."""

from datetime import datetime, timedelta
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.conf import settings
from django.db import connection, transaction

from healthcode.domain.tokens import KeySet, KeyState, Kind, ReferenceKey, SigningKey, VerifyingKey
from healthcode.domain.vault import key_from_text
from healthcode.models import Account, CodeKey, vault
from healthcode.services.audit import record_act

ISSUER = "zj"
# Keys of screens, of paper and of venues are apart, each with its scope of kinds (codes.md, "Keys").
SCOPES: tuple[frozenset[Kind], ...] = (
    frozenset({Kind.OWN_PHONE, Kind.FAMILY, Kind.COMPANIONS, Kind.RESERVE}),
    frozenset({Kind.PAPER, Kind.PERMIT}),
    frozenset({Kind.VENUE}),
    frozenset({Kind.TEST_REPORT}),
)
_LIFE = timedelta(days=365)
# A code must not outlive its key, so the next key is there before the last codes of this one are asked for.
_RENEWED_BEFORE = timedelta(days=30)
_MAKING_LOCK = 4_510_004
# How long a process may go on with the keys it has read.
_MEMORY_SECONDS = 30


class NoSigningKey(LookupError):
    """No key signs this kind now: nothing is shown rather than something unsigned."""

    code = "no_signing_key"


@transaction.atomic
def ensure_code_keys(*, by: Account | None, at: datetime) -> list[CodeKey]:
    """Make the signing key of each scope whose own ends within 30 days of ``at``, or has none; return the new ones.

    What the keys before have signed stays good to their end.
    """
    with connection.cursor() as cursor:
        # Where there is no key yet there is no row to lock: two at once would make two.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING_LOCK])
    made = []
    for scope in SCOPES:
        numbers = sorted(int(kind) for kind in scope)
        signing = CodeKey.objects.select_for_update(of=("self",)).filter(state=KeyState.SIGNING, scope=numbers)
        if signing.filter(valid_until__gt=at + _RENEWED_BEFORE).exists():
            continue
        signing.update(state=KeyState.VERIFYING)
        made.append(_make_key(numbers, at))
        record_act(by=by, at=at, action="make_code_key", kid=str(made[-1]), scope=numbers)
    return made


def _make_key(numbers: list[int], at: datetime) -> CodeKey:
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key()
    record = VerifyingKey(
        public,
        issuer=ISSUER,
        scope=frozenset(Kind(number) for number in numbers),
        valid_from=at,
        valid_until=at + _LIFE,
        state=KeyState.SIGNING,
    )
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return CodeKey.objects.create(
        kid=record.kid,
        issuer=ISSUER,
        scope=numbers,
        state=KeyState.SIGNING,
        public_der=public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        private_sealed=vault().seal(der.hex(), "codekey.private"),
        valid_from=at,
        valid_until=at + _LIFE,
        made_at=at,
    )


@lru_cache(maxsize=2)
def _keys_of(moment: int) -> tuple[tuple[SigningKey, ...], KeySet]:
    rows = list(CodeKey.objects.order_by("pk"))
    signing = tuple(row.signing() for row in rows if row.state == KeyState.SIGNING)
    return signing, KeySet(row.verifying() for row in rows)


def forget_keys() -> None:
    """Read the keys again at the next use (after making or withdrawing one, and in tests)."""
    _keys_of.cache_clear()


def signing_key(kind: Kind, at: datetime) -> SigningKey:
    """Return the key that signs ``kind`` at ``at``; raise ``NoSigningKey``. Read at most every 30 s."""
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
