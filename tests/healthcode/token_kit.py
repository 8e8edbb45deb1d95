"""What the token tests share: a fixed instant, keys that never change, and a code of each sort."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from healthcode.domain.tokens import (
    KeySet,
    KeyState,
    Kind,
    Reference,
    ReferenceKey,
    SigningKey,
    Statement,
    TokenColour,
    Verified,
    VerifyingKey,
    base45,
    cbor,
    cose,
    encode_token,
    envelope,
    seal_reference,
    verify_token,
)

AT = datetime(2020, 7, 1, 8, tzinfo=UTC)
IAT = int(AT.timestamp())
HANGZHOU = 330100
ALL_KINDS = frozenset(Kind)
REFERENCE_KEY = ReferenceKey(bytes(range(32)))

STATEMENTS = [
    Statement(Kind.OWN_PHONE, TokenColour.GREEN, HANGZHOU),
    Statement(Kind.PAPER, TokenColour.NONE, HANGZHOU, 5),
    Statement(Kind.FAMILY, TokenColour.YELLOW, HANGZHOU),
    Statement(Kind.COMPANIONS, TokenColour.RED, HANGZHOU),
    Statement(Kind.PERMIT, TokenColour.RED, HANGZHOU, 70_000),
    Statement(Kind.VENUE, TokenColour.NONE, HANGZHOU),
    Statement(Kind.VENUE, TokenColour.NONE, HANGZHOU, 2**32 - 1),
    Statement(Kind.TEST_REPORT, TokenColour.NONE, HANGZHOU),
    Statement(Kind.RESERVE, TokenColour.GREEN, HANGZHOU),
]
SCREEN = STATEMENTS[0]


def private_key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(10**30 + number, ec.SECP256R1())


def record(private: ec.EllipticCurvePrivateKey, **changes: Any) -> VerifyingKey:
    values: dict[str, Any] = {
        "issuer": "CN-33",
        "scope": ALL_KINDS,
        "valid_from": AT - timedelta(days=1),
        "valid_until": AT + timedelta(days=120),
        "state": KeyState.SIGNING,
    }
    return VerifyingKey(private.public_key(), **(values | changes))


def signing_key(number: int = 1, **changes: Any) -> SigningKey:
    private = private_key(number)
    return SigningKey(private, record(private, **changes))


KEY = signing_key()


def cti(kind: Kind = Kind.OWN_PHONE, counter: int = 0) -> bytes:
    return seal_reference(REFERENCE_KEY, Reference(12_345, IAT, kind, counter))


def token(
    statement: Statement = SCREEN, *, key: SigningKey = KEY, counter: int = 0, life: timedelta | None = None
) -> str:
    sealed = cti(statement.kind, counter)
    return encode_token(key=key, statement=statement, cti=sealed, issued_at=AT, life=life)


def signed(protected: bytes, payload: bytes, *, key: SigningKey = KEY) -> str:
    """A genuine signature over any header and payload, right or wrong."""
    signature = key.sign(cose.to_be_signed(protected, payload))
    parts = cbor.encode([protected, {}, payload, signature])
    return envelope.PREFIX + base45.encode(b"\xd2" + parts)


def check(text: str, records: Iterable[VerifyingKey] = (KEY.record,), **changes: Any) -> Verified:
    values: dict[str, Any] = {
        "keys": KeySet(records, as_of=AT),
        "at": AT,
        "online": False,
        "kinds": ALL_KINDS,
        "revoked": lambda key, index: False,
    }
    return verify_token(text, **(values | changes))
