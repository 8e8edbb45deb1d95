"""Who sent a request: HTTP Message Signatures (RFC 9421) with Ed25519, over method, host, path and body (N3.2, N4.1).

The signature says when it was made and holds a nonce; using a nonce once is for whoever keeps the nonces.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    VerifyResult,
    algorithms,
)

TAG = "healthcode-evidence"
# What must be signed: nothing else of the request is used.
COVERED = ("@method", "@authority", "@path", "content-digest")
MAX_AGE = timedelta(minutes=5)
_SKEW = timedelta(seconds=30)
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")


class BadSignature(ValueError):
    """The request is not what a known system signed just now; the text says why."""

    code = "bad_signature"


class InvalidKey(ValueError):
    """The text is no public Ed25519 key."""

    code = "invalid_key"


class SignedRequest(NamedTuple):
    """A request as it came in; ``url`` is absolute."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Signer(NamedTuple):
    """What a good signature tells: the id of the key and the nonce."""

    key_id: str
    nonce: str


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, key_of: Callable[[str], bytes | None]) -> None:
        self.key_of = key_of

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        raw = self.key_of(key_id)
        return None if raw is None else Ed25519PublicKey.from_public_bytes(raw)


class _Verifier(HTTPMessageVerifier):
    """The library's verifier on a given clock; its own reads the machine's."""

    def __init__(self, key_of: Callable[[str], bytes | None], at: datetime) -> None:
        super().__init__(signature_algorithm=algorithms.ED25519, key_resolver=_Keys(key_of))
        self.at = at

    def validate_created_and_expires(self, sig_input: object, max_age: timedelta | None = None) -> None:
        parameters: Mapping[str, object] = getattr(sig_input, "params")  # noqa: B009  # untyped library object
        created, now = parameters.get("created"), self.at.timestamp()
        oldest, newest = now - (MAX_AGE + _SKEW).total_seconds(), now + _SKEW.total_seconds()
        if not isinstance(created, int) or not oldest <= created <= newest:
            raise HTTPMessageSignaturesException(f"created at {created}, now is {int(now)}")
        if "expires" in parameters:
            raise HTTPMessageSignaturesException("expires is not used: a signature holds for five minutes")


def verify_request(request: SignedRequest, key_of: Callable[[str], bytes | None], at: datetime) -> Signer:
    """Return who signed the request at ``at``; raise ``BadSignature``.

    ``key_of`` gives the 32 bytes of a public key by its id, or None. The body must be that of the signed digest.
    """
    try:
        results: list[VerifyResult] = _Verifier(key_of, at).verify(
            request, expect_tag=TAG, require_components=COVERED, body=request.body
        )
    except HTTPMessageSignaturesException as error:
        raise BadSignature(str(error)) from error
    if len(results) != 1:
        raise BadSignature("expected one signature")
    nonce = results[0].nonce or ""
    if not _NONCE.fullmatch(nonce):
        raise BadSignature("the nonce must be 16 to 64 letters, digits, - or _")
    return Signer(str(results[0].parameters["keyid"]), nonce)


def read_public_key(text: str) -> bytes:
    """Return the 32 bytes of an Ed25519 public key given as PEM or as base64; raise ``InvalidKey``."""
    try:
        if "-----BEGIN" in text:
            key = load_pem_public_key(text.strip().encode())
        else:
            key = Ed25519PublicKey.from_public_bytes(b64decode("".join(text.split()), validate=True))
    except (ValueError, NotBase64, UnsupportedAlgorithm) as error:
        raise InvalidKey("expected an Ed25519 public key as PEM or base64") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidKey("the key is of another kind than Ed25519")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
