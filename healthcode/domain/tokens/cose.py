"""COSE_Sign1 (RFC 9052) and ES256 signatures in COSE's form (RFC 9053 §2.1)."""

from typing import Any, NamedTuple, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from healthcode.domain.tokens import cbor
from healthcode.domain.tokens.errors import Unreadable

SIGN1_TAG = b"\xd2"  # tag 18
ES256 = -7
SIGNATURE_BYTES = 64

# RFC 6979: the same message gives the same signature, and no random number can leak the key.
_SIGN = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_CHECK = ec.ECDSA(hashes.SHA256())


class Sign1(NamedTuple):
    """A COSE_Sign1 as it came: `protected` and `payload` still encoded, nothing checked."""

    protected: bytes
    unprotected: dict[Any, Any]
    payload: bytes
    signature: bytes


def read_sign1(data: bytes) -> Sign1:
    """Take a tagged, deterministically encoded COSE_Sign1 apart; raises `Unreadable`."""
    if data[:1] != SIGN1_TAG:
        raise Unreadable("not a COSE_Sign1")
    parts = cbor.decode(data[1:])
    if type(parts) is not list or [type(part) for part in parts] != [bytes, dict, bytes, bytes]:
        raise Unreadable("not of the shape of a COSE_Sign1")
    return Sign1(*parts)


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """Give the Sig_structure (RFC 9052 §4.4) of an encoded header and payload, no external data."""
    return cbor.encode(["Signature1", protected, b"", payload])


class Signer(Protocol):
    """A private key in use: cryptography's own, or one that stays inside a device."""

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Give the public half."""
        ...

    def sign(self, data: bytes, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Give the signature over `data`, in DER."""
        ...


def sign_es256(key: Signer, message: bytes) -> bytes:
    """Give the 64 bytes r || s."""
    # DER, as the library writes it: 30 length 02 length r 02 length s, each number signed and shortest.
    der = key.sign(message, _SIGN)
    r, s = der[4 : 4 + der[3]], der[6 + der[3] :]
    return r[-32:].rjust(32, b"\x00") + s[-32:].rjust(32, b"\x00")


def holds_es256(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    """Say whether the 64 bytes r || s sign `message`.

    (r, n - s) holds as well, as the standard allows: recognise a code by its cti, never by its text.
    """
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(utils.encode_dss_signature(r, s), message, _CHECK)
    except InvalidSignature:
        return False
    return len(signature) == SIGNATURE_BYTES
