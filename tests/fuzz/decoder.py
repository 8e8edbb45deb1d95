"""A fuzzer of everything that reads what strangers hold up: codes and published documents.

``python -m tests.fuzz.decoder [libFuzzer options]``, such as ``-max_total_time=600 -artifact_prefix=FOLDER/``; any
exception but ours, and any mutant that verifies, ends it with the input that did it.
"""

import sys
from datetime import timedelta

import atheris

with atheris.instrument_imports(include=["healthcode.domain.tokens", "cbor2"]):
    from healthcode.domain.tokens import BadDocument, KeySet, Kind, Reason, base45, cbor, envelope, verify_token
    from healthcode.domain.tokens.documents import KEYS_TYPE, keys_of_payload, read_document
    from healthcode.domain.tokens.errors import TokenError
    from healthcode.domain.tokens.status import read_status_claim

from tests.healthcode.token_kit import AT, KEY, STATEMENTS, private_key, token

_GENUINE = {token(statement) for statement in STATEMENTS}
_KEYS = KeySet([KEY.record], as_of=AT)
_ROOT = private_key(9).public_key()


def check_code(text: str) -> None:
    """A text gets a reason, and only a genuine one is ok."""
    for online in (True, False):
        found = verify_token(
            text,
            keys=_KEYS,
            at=AT + timedelta(seconds=1),
            online=online,
            kinds=frozenset(Kind),
            revoked=lambda key, index: False,
        )
        if found.result is Reason.OK and text not in _GENUINE and not _same_signature(text):
            raise AssertionError(f"accepted: {text!r}")


def _same_signature(text: str) -> bool:
    # (r, n - s) holds as well as (r, s), as the standard allows: the claims are those of a genuine code.
    claims = envelope.read_token(text).claims
    return any(envelope.read_token(genuine).claims == claims for genuine in _GENUINE)


def check_bytes(data: bytes) -> None:
    """The two ways of taking an envelope apart agree, and what decodes encodes to itself."""
    try:
        general = envelope.read_general(data)
    except TokenError:
        general = None
    fixed = envelope.read_fixed(data)
    if fixed is not None and fixed != general:
        raise AssertionError("the short way differs")
    if base45.decode(base45.encode(data)) != data:
        raise AssertionError("base45 differs")
    try:
        value = cbor.decode(data)
    except TokenError:
        return
    if cbor.encode(value) != data:
        raise AssertionError("CBOR differs")


def check_document(text: str) -> None:
    """A text that no root has signed is no document."""
    try:
        read_document(text, typ=KEYS_TYPE, root=_ROOT, at=AT)
    except BadDocument:
        return
    raise AssertionError(f"believed: {text!r}")


def check_payload(data: bytes) -> None:
    """What a payload says is read or refused."""
    text = data.decode("latin-1")
    for payload in ({"keys": [{"kty": "EC", "crv": "P-256", "x": text}], "iat": len(text)}, {"keys": text}):
        try:
            keys_of_payload(payload)
        except BadDocument:
            continue
    try:
        read_status_claim({"status_list": {"bits": 1, "lst": text}})
    except BadDocument:
        return


def one_input(data: bytes) -> None:
    """Give one input of the fuzzer to every reader."""
    text = data.decode("utf-8", "replace")
    check_code(text)
    check_code(envelope.PREFIX + base45.encode(data[:260]))
    check_bytes(data)
    check_document(text)
    check_payload(data)


def main() -> None:
    """Fuzz until libFuzzer's options say that it is enough."""
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
