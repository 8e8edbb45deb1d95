"""JSON Web Signatures (RFC 7515) with ES256: the compact form for certificates, the flattened one for documents.

The algorithm is fixed here; a header that names another is refused, never followed.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from healthcode.domain.tokens import cose
from healthcode.domain.tokens.cose import Signer
from healthcode.domain.tokens.errors import BadDocument, MalformedKey
from healthcode.domain.tokens.keys import coordinates

ALG = "ES256"
MAX_BYTES = 64 * 1024 * 1024


def to_text(data: bytes) -> str:
    """Give base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_text(text: object) -> bytes:
    """Read base64url without padding; raises `BadDocument`."""
    if not isinstance(text, str) or "=" in text or not text.isascii():
        raise BadDocument("not base64url")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except binascii.Error as error:
        raise BadDocument("not base64url") from error
    if to_text(data) != text:
        raise BadDocument("base64url with bits left over")
    return data


def public_jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Give the required members of a P-256 key's JWK (RFC 7517)."""
    x, y = coordinates(key)
    return {"crv": "P-256", "kty": "EC", "x": to_text(x), "y": to_text(y)}


def key_of_jwk(found: object) -> ec.EllipticCurvePublicKey:
    """Read a P-256 public key; raises `MalformedKey`."""
    try:
        if not isinstance(found, Mapping) or (found["kty"], found["crv"]) != ("EC", "P-256"):
            raise MalformedKey("not a P-256 key")
        x, y = (int.from_bytes(from_text(found[name]), "big") for name in ("x", "y"))
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (KeyError, ValueError) as error:
        raise MalformedKey(f"not a public key: {error}") from error


def jwk_thumbprint(key: ec.EllipticCurvePublicKey) -> str:
    """Give the key's JWK thumbprint (RFC 7638, SHA-256): the kid of a publisher and of a root."""
    return to_text(hashlib.sha256(to_json(public_jwk(key))).digest())


def to_json(value: object) -> bytes:
    """Give the one JSON text of a value: sorted, without spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def sign_compact(key: Signer, header: Mapping[str, object], payload: Mapping[str, object]) -> str:
    """Give `header.payload.signature`; `alg` is added."""
    return ".".join(_signed(key, header, payload))


def sign_flattened(key: Signer, header: Mapping[str, object], payload: Mapping[str, object]) -> str:
    """Give the flattened JSON serialisation (RFC 7515 §7.2.2); `alg` is added."""
    protected, body, signature = _signed(key, header, payload)
    return to_json({"payload": body, "protected": protected, "signature": signature}).decode("ascii")


def _signed(key: Signer, header: Mapping[str, object], payload: Mapping[str, object]) -> tuple[str, str, str]:
    protected, body = to_text(to_json({"alg": ALG, **header})), to_text(to_json(payload))
    return protected, body, to_text(cose.sign_es256(key, f"{protected}.{body}".encode("ascii")))


class Jws:
    """A signed text taken apart; nothing is believed before `check`.

    Raises `BadDocument` for anything that is not a JWS with ES256.
    """

    def __init__(self, protected: object, payload: object, signature: object) -> None:
        self._signed = f"{protected}.{payload}".encode()
        self._signature = from_text(signature)
        self.header = _object(from_text(protected))
        self._payload = from_text(payload)
        if self.header.get("alg") != ALG or "crit" in self.header:
            raise BadDocument("another algorithm, or an extension nobody knows")

    @classmethod
    def compact(cls, text: object) -> "Jws":
        """Take the compact form apart."""
        parts = text.split(".") if isinstance(text, str) and len(text) <= MAX_BYTES else []
        if len(parts) != 3:
            raise BadDocument("not a compact JWS")
        return cls(*parts)

    @classmethod
    def flattened(cls, text: str) -> "Jws":
        """Take the flattened JSON form apart."""
        if len(text) > MAX_BYTES:
            raise BadDocument("too long")
        found = _object(text.encode("utf-8", "replace"))
        if set(found) != {"payload", "protected", "signature"}:
            raise BadDocument("not a flattened JWS")
        return cls(found["protected"], found["payload"], found["signature"])

    def check(self, key: ec.EllipticCurvePublicKey, typ: str) -> dict[str, Any]:
        """Give the payload of a text of this type that this key signed; raises `BadDocument` otherwise."""
        if self.header.get("typ") != typ:
            raise BadDocument(f"of type {self.header.get('typ')}, not {typ}")
        if not cose.holds_es256(key, self._signature, self._signed):
            raise BadDocument("the signature does not hold")
        return _object(self._payload)

    def unchecked(self) -> dict[str, Any]:
        """Give the payload without having checked anything."""
        return _object(self._payload)


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadDocument("not JSON") from error
    if not isinstance(found, dict):
        raise BadDocument("not a JSON object")
    return found
