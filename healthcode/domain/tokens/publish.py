"""Public keys as others read them: COSE_Key (RFC 9052 §7) and JWK (RFC 7517), and a JWK read back."""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from healthcode.domain.tokens import cose
from healthcode.domain.tokens.claims import Kind
from healthcode.domain.tokens.errors import MalformedKey
from healthcode.domain.tokens.keys import Algorithm, KeyState, VerifyingKey, coordinates

_VERIFY = 2  # key_ops of a COSE_Key


def cose_key(key: VerifyingKey) -> dict[int, object]:
    """Give the COSE_Key of a public key, ready for `cbor.encode`."""
    x, y = coordinates(key.public_key)
    return {1: 2, 2: key.kid, 3: cose.ES256, 4: [_VERIFY], -1: 1, -2: x, -3: y}


def jwk(key: VerifyingKey) -> dict[str, object]:
    """Give the JWK of a public key, ready for JSON.

    Beside the standard members: `iss`, `scope` (numbers of kinds), `nbf` and `exp` (seconds), `state`, and
    `status_list`, the id of the list that the index of its codes counts in, where there is one.
    """
    x, y = coordinates(key.public_key)
    listed = {"status_list": key.status_list} if key.status_list else {}
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": _to_text(x),
        "y": _to_text(y),
        "kid": _to_text(key.kid),
        "alg": str(key.alg),
        "use": "sig",
        "iss": key.issuer,
        "scope": sorted(int(kind) for kind in key.scope),
        "nbf": int(key.valid_from.timestamp()),
        "exp": int(key.valid_until.timestamp()),
        "state": str(key.state),
        **listed,
    }


def key_from_jwk(found: Mapping[str, Any]) -> VerifyingKey:
    """Read what `jwk` gives; raises `MalformedKey` for anything missing, foreign or off the curve."""
    try:
        if (found["kty"], found["crv"]) != ("EC", "P-256"):
            raise MalformedKey("not a P-256 key")
        x, y = (int.from_bytes(_from_text(found[name], 32), "big") for name in ("x", "y"))
        return VerifyingKey(
            ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key(),
            issuer=str(found["iss"]),
            scope=frozenset(map(Kind, found["scope"])),
            valid_from=datetime.fromtimestamp(found["nbf"], UTC),
            valid_until=datetime.fromtimestamp(found["exp"], UTC),
            state=KeyState(found["state"]),
            alg=Algorithm(found["alg"]),
            kid=_from_text(found["kid"], 4),
            status_list=str(found.get("status_list", "")),
        )
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise MalformedKey(f"not a key of ours: {error}") from error


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _from_text(text: object, length: int) -> bytes:
    if not isinstance(text, str):
        raise TypeError("not a text")
    data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
    if len(data) != length:
        raise binascii.Error(f"{len(data)} bytes where {length} belong")
    return data
