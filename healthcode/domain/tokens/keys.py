"""Key records and the set a verifier looks keys up in."""

import hashlib
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec

from healthcode.domain.tokens import cbor, cose
from healthcode.domain.tokens.claims import Kind
from healthcode.domain.tokens.cose import Signer
from healthcode.domain.tokens.envelope import KID_BYTES
from healthcode.domain.tokens.errors import MalformedKey


class Algorithm(StrEnum):
    """The signature algorithm, named by the key's record and never by a code."""

    ES256 = "ES256"


class KeyState(StrEnum):
    """Where a key stands: published ahead, the one that signs, kept for its last codes, taken back."""

    STAGED = "staged"
    SIGNING = "signing"
    VERIFYING = "verifying"
    WITHDRAWN = "withdrawn"


def coordinates(key: ec.EllipticCurvePublicKey) -> tuple[bytes, bytes]:
    """Give x and y of a P-256 point, 32 bytes each."""
    numbers = key.public_numbers()
    return numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")


def thumbprint(key: ec.EllipticCurvePublicKey) -> bytes:
    """Give the SHA-256 of the COSE_Key's required members (RFC 9679): the key's canonical form."""
    x, y = coordinates(key)
    return hashlib.sha256(cbor.encode({1: 2, -1: 1, -2: x, -3: y})).digest()


@dataclass(frozen=True, slots=True, eq=False)
class VerifyingKey:
    """The public half of an issuer's key, with what it may be used for and when.

    `status_list` names the list of its codes with an index; empty: they have none.
    `kid` is the first 4 bytes of `thumbprint` unless the issuer names it otherwise. It is valid from
    `valid_from`, before `valid_until`. Raises `MalformedKey` for a key on another curve, no scope, an
    instant without zone, or an empty validity. cryptography itself refuses points off the curve.
    """

    public_key: ec.EllipticCurvePublicKey = field(repr=False)
    _: KW_ONLY
    issuer: str
    scope: frozenset[Kind]
    valid_from: datetime
    valid_until: datetime
    state: KeyState = KeyState.VERIFYING
    alg: Algorithm = Algorithm.ES256
    kid: bytes = b""
    status_list: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.public_key, ec.EllipticCurvePublicKey):
            raise MalformedKey("not an elliptic curve key")
        if not isinstance(self.public_key.curve, ec.SECP256R1):
            raise MalformedKey("ES256 needs a key on P-256")
        if not self.scope:
            raise MalformedKey("a key with no kind in its scope")
        if self.valid_from.tzinfo is None or self.valid_until.tzinfo is None:
            raise MalformedKey("validity without a time zone")
        if self.valid_from >= self.valid_until:
            raise MalformedKey("validity that ends before it starts")
        if not self.kid:
            object.__setattr__(self, "kid", thumbprint(self.public_key)[:KID_BYTES])

    def accepts(self, at: datetime) -> bool:
        """Say whether codes of this key count at this instant.

        A staged key does, inside its validity: a gate that was offline when the key began to sign
        still holds the record of the week before.
        """
        return self.state is not KeyState.WITHDRAWN and self.valid_from <= at < self.valid_until

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Say whether `signature` is this key's over `message`."""
        return cose.holds_es256(self.public_key, signature, message)


@dataclass(frozen=True, slots=True, eq=False)
class SigningKey:
    """A private key with the record of its public half; raises `MalformedKey` if they don't belong together.

    `last_exp` is the latest expiry, in seconds, a code of this key may have.
    """

    private_key: Signer = field(repr=False)
    record: VerifyingKey
    last_exp: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.private_key.public_key() != self.record.public_key:
            raise MalformedKey("the record is of another key")
        if len(self.record.kid) != KID_BYTES:
            raise MalformedKey("the kid of a code has 4 bytes")
        object.__setattr__(self, "last_exp", self.record.valid_until.timestamp())

    def sign(self, message: bytes) -> bytes:
        """Give the 64 bytes of the signature."""
        return cose.sign_es256(self.private_key, message)


class KeySet:
    """The keys a verifier knows, by kid. Immutable.

    `as_of` is when its data (keys and status lists) left the server; None when that isn't known, which
    is enough online only.
    """

    def __init__(self, keys: Iterable[VerifyingKey], *, as_of: datetime | None = None) -> None:
        self.keys = tuple(keys)
        self.as_of = as_of
        by_kid: dict[bytes, tuple[VerifyingKey, ...]] = {}
        for key in self.keys:
            by_kid[key.kid] = (*by_kid.get(key.kid, ()), key)
        self._by_kid = by_kid

    def sharing(self, kid: bytes) -> tuple[VerifyingKey, ...]:
        """Give all keys with this kid; 4 bytes can collide, so each is tried."""
        return self._by_kid.get(kid, ())

    def any_valid(self, at: datetime) -> bool:
        """Say whether any key counts at this instant."""
        return any(key.accepts(at) for key in self.keys)
