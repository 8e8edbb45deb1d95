"""EU Digital COVID Certificates (``HC1:``), read step by step: base45, zlib, COSE_Sign1, CWT, the certificate (N3.4).

Each step is a function, so that the EU's test data can be held against each; ``read_dcc`` takes them in order and
uses nothing of the content before the signature holds. On any text, nothing but ``ForeignError`` is raised.
"""

import math
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from healthcode.domain.foreign import lenient_cbor
from healthcode.domain.foreign.errors import Fault, ForeignError
from healthcode.domain.foreign.issuers import CertificateKind, IssuerKey
from healthcode.domain.foreign.shape import check_certificate
from healthcode.domain.tokens import Unreadable, base45, cbor

PREFIX = "HC1:"
# What a QR in alphanumeric mode holds at most.
MAX_CHARACTERS = 4296
MAX_BYTES = 64 * 1024
SKEW = timedelta(seconds=5)
_ALG, _KID = 1, 4
_ISS, _EXP, _IAT, _HCERT, _DGC = 1, 4, 6, -260, 1
_CWT_TAG, _SIGN1_TAG = b"\xd8\x3d", b"\xd2"


class Sign1(NamedTuple):
    """A COSE_Sign1 as it came. ``kid`` and ``alg`` are of the protected header, else of the other."""

    protected: bytes
    kid: bytes
    alg: object
    payload: bytes
    signature: bytes


class Cwt(NamedTuple):
    """The claims: who issued it (as the country says), when, until when, and the certificate."""

    issuer: str
    issued_at: datetime
    expires_at: datetime
    certificate: Mapping[str, Any]


class Dcc(NamedTuple):
    """A certificate whose signature holds: its sort, the holder as it names them, its one entry, and the key."""

    kind: CertificateKind
    names: Mapping[str, str]
    birth: str
    entry: Mapping[str, Any]
    cwt: Cwt
    key: IssuerKey


def read_dcc(text: str, *, keys: Iterable[IssuerKey], at: datetime) -> Dcc:
    """Read a certificate at an instant; raise ``ForeignError`` with the first fault."""
    sign1 = read_cose(inflate(decode_base45(unprefix(text))))
    key = find_key(sign1, keys, at)
    cwt = read_cwt(sign1.payload)
    check_time(cwt, at)
    kind = check_certificate(cwt.certificate)
    check_use(key, kind)
    found = cwt.certificate
    return Dcc(kind, found["nam"], found["dob"], found[kind.value][0], cwt, key)


def unprefix(text: str) -> str:
    """Return what stands behind ``HC1:``."""
    if len(text) > MAX_CHARACTERS:
        raise ForeignError(Fault.TOO_LONG)
    if not text.startswith(PREFIX):
        raise ForeignError(Fault.WRONG_PREFIX)
    return text[len(PREFIX) :]


def decode_base45(text: str) -> bytes:
    """Return the bytes of a base45 text."""
    try:
        return base45.decode(text)
    except Unreadable as error:
        raise ForeignError(Fault.NOT_BASE45) from error


def inflate(data: bytes) -> bytes:
    """Return what is compressed, up to ``MAX_BYTES``: a few bytes can promise gigabytes."""
    reader = zlib.decompressobj()
    try:
        found = reader.decompress(data, MAX_BYTES)
    except zlib.error as error:
        raise ForeignError(Fault.NOT_COMPRESSED) from error
    if not reader.eof or reader.unused_data:
        raise ForeignError(Fault.NOT_COMPRESSED, "cut off, too much, or something behind it")
    return found


def read_cose(data: bytes) -> Sign1:
    """Take a COSE_Sign1 apart, tagged as such, as a CWT of that kind too, or not at all."""
    data = data.removeprefix(_CWT_TAG).removeprefix(_SIGN1_TAG)
    parts = _decoded(data, Fault.NOT_COSE)
    if not isinstance(parts, list | tuple) or len(parts) != 4:
        raise ForeignError(Fault.NOT_COSE)
    protected, unprotected, payload, signature = parts
    sound = isinstance(unprotected, Mapping) and all(type(part) is bytes for part in (protected, payload, signature))
    headers = _decoded(protected, Fault.NOT_COSE) if sound and protected else {}
    if not sound or not isinstance(headers, Mapping):
        raise ForeignError(Fault.NOT_COSE)
    kid, alg = (headers.get(name, unprotected.get(name)) for name in (_KID, _ALG))
    return Sign1(protected, kid if type(kid) is bytes else b"", alg, payload, signature)


def find_key(sign1: Sign1, keys: Iterable[IssuerKey], at: datetime) -> IssuerKey:
    """Return the key that signed; the header only names it, how it signs is its own business."""
    named = [key for key in keys if key.kid == sign1.kid and key.accepts(at)]
    if not named:
        raise ForeignError(Fault.UNKNOWN_KEY)
    message = cbor.encode(["Signature1", sign1.protected, b"", sign1.payload])
    for key in named:
        if sign1.alg == key.algorithm.cose and key.holds(sign1.signature, message):
            return key
    raise ForeignError(Fault.NOT_GENUINE)


def read_cwt(payload: bytes) -> Cwt:
    """Read the claims."""
    claims = _decoded(payload, Fault.NOT_CWT)
    health = claims.get(_HCERT) if isinstance(claims, Mapping) else None
    if not isinstance(claims, Mapping) or not isinstance(health, Mapping):
        raise ForeignError(Fault.NOT_CWT)
    certificate, issuer = health.get(_DGC), claims.get(_ISS, "")
    if not isinstance(certificate, Mapping) or not isinstance(issuer, str):
        raise ForeignError(Fault.NOT_CWT)
    return Cwt(issuer, _instant(claims.get(_IAT)), _instant(claims.get(_EXP)), certificate)


def check_time(cwt: Cwt, at: datetime) -> None:
    """Raise unless the certificate is valid at the instant."""
    if at < cwt.issued_at - SKEW:
        raise ForeignError(Fault.NOT_YET_VALID)
    if at >= cwt.expires_at:
        raise ForeignError(Fault.EXPIRED)


def check_use(key: IssuerKey, kind: CertificateKind) -> None:
    """Raise unless the key is for this sort of certificate."""
    if not key.may_sign(kind):
        raise ForeignError(Fault.WRONG_KEY_USE)


def _decoded(data: bytes, fault: Fault) -> Any:
    try:
        return lenient_cbor.decode(data)
    except lenient_cbor.NotCbor as error:
        raise ForeignError(fault) from error


def _instant(seconds: object) -> datetime:
    if type(seconds) not in (int, float) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        raise ForeignError(Fault.NOT_CWT, "no instant")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ForeignError(Fault.NOT_CWT, "no instant") from error
