"""Published documents: what a gate fetches while it has a network, and believes afterwards without one.

An offline root signs a publisher's certificate; the publisher's key stays on the server and signs what is published.
The root's public key ships with the gate page. Instants inside are whole seconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

from healthcode.domain.tokens import cbor
from healthcode.domain.tokens.cose import Signer
from healthcode.domain.tokens.errors import BadDocument, MalformedKey
from healthcode.domain.tokens.jose import (
    Jws,
    jwk_thumbprint,
    key_of_jwk,
    public_jwk,
    sign_compact,
    sign_flattened,
    to_text,
)
from healthcode.domain.tokens.keys import KeySet, KeyState, VerifyingKey
from healthcode.domain.tokens.publish import cose_key, jwk, key_from_jwk

PUBLISHER_TYPE = "hc-publisher+jwt"
KEYS_TYPE = "hc-keys+jwt"
KEYS_LIFE = timedelta(hours=48)
# A publisher's certificate lives a year at most: the root is taken out of its safe that often.
CERTIFICATE_LIFE = timedelta(days=365)
# A reader's clock may be behind the publisher's.
SKEW = timedelta(minutes=5)


class Certified(NamedTuple):
    """What a publisher's certificate says once the root's signature holds."""

    issuer: str
    kid: str
    public_key: ec.EllipticCurvePublicKey
    issued_at: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Publisher:
    """Who signs documents: a private key and the certificate of its public half."""

    private_key: Signer = field(repr=False)
    certificate: str
    issuer: str

    @property
    def kid(self) -> str:
        """Give the key's name: its thumbprint."""
        return jwk_thumbprint(self.private_key.public_key())


def certify(*, root: Signer, public_key: ec.EllipticCurvePublicKey, issuer: str, at: datetime, life: timedelta) -> str:
    """Give a publisher's certificate, signed by the root at `at`; raises `BadDocument` for a life past a year."""
    if not timedelta(0) < life <= CERTIFICATE_LIFE:
        raise BadDocument(f"a certificate lives up to {CERTIFICATE_LIFE.days} days")
    header = {"typ": PUBLISHER_TYPE, "kid": jwk_thumbprint(root.public_key())}
    iat = int(at.timestamp())
    kid = jwk_thumbprint(public_key)
    claims = {"iss": issuer, "iat": iat, "exp": iat + int(life.total_seconds()), "kid": kid}
    return sign_compact(root, header, {**claims, "jwk": public_jwk(public_key)})


def read_certificate(text: object, *, root: ec.EllipticCurvePublicKey | None, at: datetime) -> Certified:
    """Check a publisher's certificate against the root at `at`; raises `BadDocument`.

    Without a root the certificate is only read: whoever made it may have signed it.
    """
    jws = Jws.compact(text)
    payload = jws.unchecked() if root is None else jws.check(root, PUBLISHER_TYPE)
    try:
        public_key = key_of_jwk(payload.get("jwk"))
    except MalformedKey as error:
        raise BadDocument("the certificate holds no key") from error
    issued_at, valid_until = _times(payload, at)
    issuer, kid = payload.get("iss"), payload.get("kid")
    if not isinstance(issuer, str) or kid != jwk_thumbprint(public_key):
        raise BadDocument("the certificate does not name its issuer and its key")
    if valid_until - issued_at > CERTIFICATE_LIFE:
        raise BadDocument("the certificate lives longer than a year")
    return Certified(issuer, kid, public_key, issued_at, valid_until)


def sign_document(publisher: Publisher, typ: str, payload: Mapping[str, object]) -> str:
    """Give a document of this type as flattened JSON. The same payload gives the same text (RFC 6979)."""
    header = {"typ": typ, "kid": publisher.kid, "cert": publisher.certificate}
    return sign_flattened(publisher.private_key, header, payload)


def read_document(text: str, *, typ: str, root: ec.EllipticCurvePublicKey | None, at: datetime) -> dict[str, Any]:
    """Give the payload of a document that a publisher of this root signed and that holds at `at`.

    Raises `BadDocument`. Without a root the publisher's own certificate is believed: fit for reading, not for trust.
    """
    jws = Jws.flattened(text)
    certified = read_certificate(jws.header.get("cert"), root=root, at=at)
    if jws.header.get("kid") != certified.kid:
        raise BadDocument("the certificate is another key's")
    payload = jws.check(certified.public_key, typ)
    _times(payload, at)
    if payload.get("iss", certified.issuer) != certified.issuer:
        raise BadDocument("the publisher signs for another issuer")
    return payload


def _times(payload: Mapping[str, Any], at: datetime) -> tuple[datetime, datetime]:
    iat, exp = payload.get("iat"), payload.get("exp")
    if type(iat) is not int or type(exp) is not int or not 0 <= iat < exp < 1 << 33:
        raise BadDocument("without its instants")
    issued_at, valid_until = (datetime.fromtimestamp(second, UTC) for second in (iat, exp))
    if at < issued_at - SKEW:
        raise BadDocument("from the future")
    if at >= valid_until:
        raise BadDocument("past its life")
    return issued_at, valid_until


def keys_payload(keys: Iterable[VerifyingKey], *, issuer: str, at: datetime) -> dict[str, object]:
    """Give the payload of the key set as of `at`: staged, signing and verifying keys that have not ended."""
    there = [key for key in keys if key.state is not KeyState.WITHDRAWN and at < key.valid_until]
    there.sort(key=lambda key: (key.valid_from, key.kid))
    iat = int(at.timestamp())
    return {
        "iss": issuer,
        "iat": iat,
        "exp": iat + int(KEYS_LIFE.total_seconds()),
        "keys": [jwk(key) for key in there],
        "cose_key_set": to_text(cbor.encode([cose_key(key) for key in there])),
    }


def keys_of_payload(payload: Mapping[str, Any]) -> KeySet:
    """Read a key set's payload, as old as it says it is; raises `BadDocument`. A key of no known form is left out."""
    found, iat = payload.get("keys"), payload.get("iat")
    if not isinstance(found, list):
        raise BadDocument("no keys inside")
    as_of = datetime.fromtimestamp(iat, UTC) if type(iat) is int and 0 <= iat < 1 << 33 else None
    return KeySet(filter(None, map(_known_key, found)), as_of=as_of)


def _known_key(found: Any) -> VerifyingKey | None:
    # A later edition may add kinds, curves and algorithms; the keys we do know are not lost by it.
    try:
        return key_from_jwk(found)
    except MalformedKey:
        return None
