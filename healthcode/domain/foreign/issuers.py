"""Keys of other issuers: read from a JWK, an X.509 certificate or a COSE_Key; kept and printed in one form (N3.4)."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from healthcode.domain.foreign import lenient_cbor
from healthcode.domain.foreign.errors import Fault, ForeignError
from healthcode.domain.tokens import cose
from healthcode.domain.tokens.keys import thumbprint

MAX_KEYS = 200
_LEAST_RSA_BITS = 2048
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)


class Algorithm(StrEnum):
    """How an issuer signs. It comes from the key on the trust list, never from what is shown."""

    ES256 = "ES256"
    PS256 = "PS256"

    @property
    def cose(self) -> int:
        """Return the number in COSE."""
        return -7 if self is Algorithm.ES256 else -37


class Use(StrEnum):
    """What an issuer is trusted for."""

    HOME_CODE = "home_code"
    TEST_REPORT = "test_report"
    EU_CERTIFICATE = "eu_certificate"


class CertificateKind(StrEnum):
    """The three sorts of EU certificates, by the name of their part."""

    VACCINATION = "v"
    TEST = "t"
    RECOVERY = "r"


# Extended key usages of the EU's certificates; the second root is a slip in the first edition that stayed in use.
_ROOTS = ("1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1.")
_ENDINGS = {"1": CertificateKind.TEST, "2": CertificateKind.VACCINATION, "3": CertificateKind.RECOVERY}
EU_PURPOSES = {root + ending: kind for root in _ROOTS for ending, kind in _ENDINGS.items()}
# An extended key usage without a purpose. X.509 forbids it, yet some certificates have it: it names none.
_NO_PURPOSE = bytes.fromhex("0603551d25"), bytes.fromhex("04023000")

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@dataclass(frozen=True, slots=True, eq=False)
class IssuerKey:
    """One key: ``kid`` as in the header of what it signs, when it counts, and for which EU certificates (empty: all).

    Raises ``ForeignError`` (``malformed_key``) for another curve, a short RSA key or an empty validity.
    """

    kid: bytes
    public_key: PublicKey = field(repr=False)
    valid_from: datetime
    valid_until: datetime
    purposes: frozenset[CertificateKind] = frozenset()

    def __post_init__(self) -> None:
        if isinstance(self.public_key, ec.EllipticCurvePublicKey):
            sound = isinstance(self.public_key.curve, ec.SECP256R1)
        else:
            sound = isinstance(self.public_key, rsa.RSAPublicKey) and self.public_key.key_size >= _LEAST_RSA_BITS
        if not sound:
            raise ForeignError(Fault.MALFORMED_KEY, "neither P-256 nor RSA of 2048 bits")
        if not self.kid or self.valid_from >= self.valid_until:
            raise ForeignError(Fault.MALFORMED_KEY, "no kid, or no validity")

    @property
    def algorithm(self) -> Algorithm:
        """Return how it signs."""
        return Algorithm.ES256 if isinstance(self.public_key, ec.EllipticCurvePublicKey) else Algorithm.PS256

    @property
    def spki(self) -> bytes:
        """Return the public key as DER."""
        return self.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the public key, as people compare it."""
        return hashlib.sha256(self.spki).hexdigest()

    def accepts(self, at: datetime) -> bool:
        """Tell whether the key counts at this instant."""
        return self.valid_from <= at < self.valid_until

    def may_sign(self, kind: CertificateKind) -> bool:
        """Tell whether the key is for this sort of EU certificate."""
        return not self.purposes or kind in self.purposes

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Tell whether ``signature`` is this key's over ``message``."""
        if isinstance(self.public_key, ec.EllipticCurvePublicKey):
            return len(signature) == cose.SIGNATURE_BYTES and cose.holds_es256(self.public_key, signature, message)
        try:
            self.public_key.verify(signature, message, _PSS, hashes.SHA256())
        except InvalidSignature:
            return False
        return True


# --- reading what officers paste --------------------------------------------------------------------------


def read_keys(text: str, *, valid_from: datetime, valid_until: datetime) -> list[IssuerKey]:
    """Read a JWK or JWKS, PEM certificates, or one base64 text a line (a certificate's DER or a COSE_Key).

    A key without a validity of its own gets the one given; one with its own counts while both hold. Raises
    ``ForeignError`` (``malformed_key``) for anything else, and for more than ``MAX_KEYS``.
    """
    text = text.strip()
    span = (valid_from, valid_until)
    try:
        if text.startswith("{"):
            keys = _from_json(json.loads(text), span)
        elif "-----BEGIN CERTIFICATE-----" in text:
            keys = [_from_certificate(found, span) for found in x509.load_pem_x509_certificates(text.encode("ascii"))]
        else:
            keys = [_from_bytes(base64.b64decode(line, validate=True), span) for line in text.split()]
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError, UnsupportedAlgorithm) as error:
        if isinstance(error, ForeignError):
            raise
        raise ForeignError(Fault.MALFORMED_KEY, type(error).__name__) from error
    if not keys or len(keys) > MAX_KEYS:
        raise ForeignError(Fault.MALFORMED_KEY, "no key, or too many")
    return keys


def _from_json(found: Any, span: tuple[datetime, datetime]) -> list[IssuerKey]:
    rows = found.get("keys", [found])
    return [_from_jwk(row, span) for row in rows]


def _from_jwk(row: Mapping[str, Any], span: tuple[datetime, datetime]) -> IssuerKey:
    if row.get("alg", "") not in ("", *Algorithm):
        raise ForeignError(Fault.MALFORMED_KEY, "another algorithm")
    if row["kty"] == "EC":
        if row["crv"] != "P-256":
            raise ForeignError(Fault.MALFORMED_KEY, "another curve")
        public: PublicKey = _point(_bytes(row["x"]), _bytes(row["y"]))
    else:
        n, e = (int.from_bytes(_bytes(row[name]), "big") for name in ("n", "e"))
        public = rsa.RSAPublicNumbers(e, n).public_key()
    begins = datetime.fromtimestamp(row["nbf"], UTC) if "nbf" in row else span[0]
    ends = datetime.fromtimestamp(row["exp"], UTC) if "exp" in row else span[1]
    return _key(_bytes(row["kid"]) if row.get("kid") else b"", public, (max(begins, span[0]), min(ends, span[1])))


def _from_bytes(data: bytes, span: tuple[datetime, datetime]) -> IssuerKey:
    # A certificate is a long DER sequence; a COSE_Key is a map.
    if data[:1] == b"\x30":
        return _from_certificate(x509.load_der_x509_certificate(data), span)
    row = lenient_cbor.decode(data)
    if not isinstance(row, Mapping) or (row.get(1), row.get(-1)) != (2, 1) or row.get(3, -7) != -7:
        raise ForeignError(Fault.MALFORMED_KEY, "no COSE_Key on P-256")
    return _key(bytes(row.get(2, b"")), _point(row[-2], row[-3]), span)


def _from_certificate(found: x509.Certificate, span: tuple[datetime, datetime]) -> IssuerKey:
    der = found.public_bytes(Encoding.DER)
    begins, ends = max(found.not_valid_before_utc, span[0]), min(found.not_valid_after_utc, span[1])
    public = cast(PublicKey, found.public_key())
    return IssuerKey(hashlib.sha256(der).digest()[:8], public, begins, ends, _purposes(found))


def _purposes(found: x509.Certificate) -> frozenset[CertificateKind]:
    try:
        usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return frozenset()
    except ValueError:
        name, empty = _NO_PURPOSE
        if name + empty in found.tbs_certificate_bytes or name + b"\x01\x01\xff" + empty in found.tbs_certificate_bytes:
            return frozenset()
        raise
    return frozenset(EU_PURPOSES[one.dotted_string] for one in usage if one.dotted_string in EU_PURPOSES)


def _key(kid: bytes, public: PublicKey, span: tuple[datetime, datetime]) -> IssuerKey:
    if not kid and isinstance(public, ec.EllipticCurvePublicKey):
        kid = thumbprint(public)[:4]
    return IssuerKey(kid, public, *span)


def _point(x: bytes, y: bytes) -> ec.EllipticCurvePublicKey:
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1())
    return numbers.public_key()


# --- the one form they are kept and published in ----------------------------------------------------------


def keys_as_data(keys: Iterable[IssuerKey]) -> list[dict[str, object]]:
    """Return keys as JSON: public key as base64 of its DER, validity in seconds."""
    return [
        {
            "kid": base64.urlsafe_b64encode(key.kid).rstrip(b"=").decode(),
            "alg": key.algorithm.value,
            "spki": base64.b64encode(key.spki).decode(),
            "nbf": int(key.valid_from.timestamp()),
            "exp": int(key.valid_until.timestamp()),
            "purposes": sorted(purpose.value for purpose in key.purposes),
        }
        for key in keys
    ]


def keys_from_data(rows: Iterable[Mapping[str, Any]]) -> list[IssuerKey]:
    """Read back what ``keys_as_data`` gave: our own, so a fault here is ours."""
    return [
        IssuerKey(
            _bytes(row["kid"]),
            cast(PublicKey, load_der_public_key(base64.b64decode(row["spki"]))),
            datetime.fromtimestamp(row["nbf"], UTC),
            datetime.fromtimestamp(row["exp"], UTC),
            frozenset(map(CertificateKind, row["purposes"])),
        )
        for row in rows
    ]


def _bytes(text: object) -> bytes:
    if not isinstance(text, str):
        raise ForeignError(Fault.MALFORMED_KEY, "not a text")
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
    except binascii.Error as error:
        raise ForeignError(Fault.MALFORMED_KEY, "not base64url") from error
