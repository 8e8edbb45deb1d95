"""The envelope of a code: text to parts and back.

Nearly every code is a screen code, whose bytes differ in nothing but the values: `read_fixed` takes
those by their places. Everything else goes through `read_general`, which decides; the two agree on
every input (tested on mutants), so the short way may only ever answer "this, or look again".
"""

import re
import struct
from collections.abc import Callable
from typing import NamedTuple

from healthcode.domain.tokens import base45, cbor, claims, cose
from healthcode.domain.tokens.errors import Unreadable, WrongKind

PREFIX = "JK1:"
MAX_CHARACTERS = 400
KID_BYTES = 4

_ANY_PREFIX = re.compile(r"[A-Z0-9]{1,8}:")
_PROTECTED_HEAD = b"\xa2\x01\x26\x04\x44"  # {1: -7, 4: kid}, up to the kid
_HEAD = b"\xd2\x84\x49" + _PROTECTED_HEAD
_SIGNED_HEAD = b"\x84\x6aSignature1\x49" + _PROTECTED_HEAD
_SIGNATURE_HEAD = b"\x58\x40"

# What stands between the values of a screen code: head kid [exp [iat [cti [kind colour region [r s.
_PAYLOAD_HEAD = b"\x58\x2c\xa4\x04\x1a"
_BEFORE_EXP = b"\xa0" + _PAYLOAD_HEAD
_BEFORE_IAT = b"\x06\x1a"
_BEFORE_CTI = b"\x07\x50"
_BEFORE_KIND = b"\x3a\x00\x01\x00\x00\x83"
_BEFORE_REGION = 0x1A
_FIXED = struct.Struct(">8s4s6sI2sI2s16s6sBBBI2s64s")
_PAYLOAD = struct.Struct(">5sI2sI2s16s6sBBBI")
_KINDS = {int(kind): kind for kind, indexed in claims.LIVES if not indexed}


class Envelope(NamedTuple):
    """A code taken apart; of right shape, nothing verified. `signed` is what the signature covers."""

    kid: bytes
    claims: claims.Claims
    signed: bytes
    signature: bytes


def read_token(text: str) -> Envelope:
    """Take a code apart.

    Raises `Unreadable`, and `WrongKind` for base45 under another prefix or a kind of a later edition.
    """
    if len(text) > MAX_CHARACTERS:
        raise Unreadable("too long")
    if not text.startswith(PREFIX):
        raise _not_ours(text)
    data = base45.decode(text[len(PREFIX) :])
    return read_fixed(data) or read_general(data)


def _not_ours(text: str) -> Unreadable | WrongKind:
    prefix = _ANY_PREFIX.match(text)
    if prefix is None:
        return Unreadable("no prefix")
    base45.decode(text[prefix.end() :])
    return WrongKind(f"prefix {prefix[0]}")


def read_fixed(data: bytes) -> Envelope | None:
    """Take a screen code apart by places; None for all that is not exactly one."""
    if len(data) != _FIXED.size:
        return None
    head, kid, a, exp, b, iat, c, cti, d, kind, colour, e, region, f, signature = _FIXED.unpack(data)
    constant = (head, a, b, c, d, e, f) == _CONSTANT
    if not constant or exp < claims.MIN_UINT32 or iat < claims.MIN_UINT32:
        return None
    if kind not in _KINDS or colour not in claims.COLOURS or not claims.is_region(region):
        return None
    statement = claims.Statement(_KINDS[kind], claims.COLOURS[colour], region)
    signed = _SIGNED_HEAD + kid + b"\x40" + data[13:59]
    return Envelope(kid, claims.Claims(exp, iat, cti, statement), signed, signature)


_CONSTANT = (_HEAD, _BEFORE_EXP, _BEFORE_IAT, _BEFORE_CTI, _BEFORE_KIND, _BEFORE_REGION, _SIGNATURE_HEAD)


def read_general(data: bytes) -> Envelope:
    """Take any code apart by decoding it and comparing with what encoding it again gives."""
    sign1 = cose.read_sign1(data)
    kid = sign1.protected[-KID_BYTES:]
    if sign1.protected != protected_header(kid) or sign1.unprotected:
        raise Unreadable("not our header")
    if len(sign1.signature) != cose.SIGNATURE_BYTES:
        raise Unreadable("not a signature of 64 bytes")
    found = claims.read_claims(sign1.payload)
    return Envelope(kid, found, cose.to_be_signed(sign1.protected, sign1.payload), sign1.signature)


def protected_header(kid: bytes) -> bytes:
    """Give the encoded protected header of a kid of 4 bytes."""
    return _PROTECTED_HEAD + kid


def write_token(kid: bytes, found: claims.Claims, sign: Callable[[bytes], bytes]) -> str:
    """Give the text of a code; `sign` gives the 64 bytes over what it is handed.

    The claims are written by template, with an index the general way; both give the same bytes.
    """
    exp, iat, cti, (kind, colour, region, index) = found
    if index is None:
        # fmt: off
        payload = _PAYLOAD.pack(
            _PAYLOAD_HEAD, exp, _BEFORE_IAT, iat, _BEFORE_CTI, cti,
            _BEFORE_KIND, kind, colour, _BEFORE_REGION, region,
        )
        # fmt: on
    else:
        payload = cbor.encode(found.encode())
    signature = sign(_SIGNED_HEAD + kid + b"\x40" + payload)
    return PREFIX + base45.encode(_HEAD + kid + b"\xa0" + payload + _SIGNATURE_HEAD + signature)
