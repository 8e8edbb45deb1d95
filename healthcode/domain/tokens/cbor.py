"""Deterministic CBOR (RFC 8949 §4.2.1) of the few types a code needs.

Reading is done by `cbor2`; whatever it accepts is written again here and must give the same bytes.
That one comparison excludes long forms, indefinite lengths, unsorted or repeated keys and trailing data.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import cbor2

from healthcode.domain.tokens.errors import Unreadable

MAX_DEPTH = 6
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP = (major << 5 for major in range(6))

# Every tag cbor2 has a meaning of its own for. A code holds none, and some of them (regular
# expressions, big decimals, shared references) make a reader work or warn on a stranger's behalf.
_KNOWN_TAGS = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)


def _refuse_tag(*_: object) -> NoReturn:
    raise Unreadable("a tag inside a code")


_REFUSED_TAGS = dict.fromkeys(_KNOWN_TAGS, _refuse_tag)


def decode(data: bytes) -> Any:
    """Give the value of deterministic CBOR without tags; raises `Unreadable` for anything else."""
    try:
        value = cbor2.loads(
            data,
            tag_hook=_refuse_tag,
            semantic_decoders=_REFUSED_TAGS,
            max_depth=MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except cbor2.CBORDecodeError as error:
        raise Unreadable("not CBOR") from error
    if encode(value) != data:
        raise Unreadable("not deterministic CBOR")
    return value


def encode(value: object) -> bytes:
    """Give the deterministic CBOR of ints, bytes, str, bool, None, lists and dicts of these.

    Types are matched exactly. Raises `Unreadable` for any other type and for integers past 64 bits.
    """
    writer = _WRITERS.get(type(value))
    if writer is None:
        raise Unreadable(f"no {type(value).__name__} in a code")
    return writer(value)


def head(major: int, length: int) -> bytes:
    """Give the shortest head of a major type (already shifted) and its argument."""
    if length < 24:
        return bytes((major | length,))
    for size, information in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if length < 1 << 8 * size:
            return bytes((major | information,)) + length.to_bytes(size, "big")
    raise Unreadable("an integer past 64 bits")


def _write_int(value: int) -> bytes:
    return head(_UNSIGNED, value) if value >= 0 else head(_NEGATIVE, -1 - value)


def _write_text(value: str) -> bytes:
    data = value.encode("utf-8")
    return head(_TEXT, len(data)) + data


def _write_map(value: dict[object, object]) -> bytes:
    pairs = sorted((encode(key), encode(item)) for key, item in value.items())
    return head(_MAP, len(pairs)) + b"".join(key + item for key, item in pairs)


_WRITERS: dict[type, Callable[[Any], bytes]] = {
    int: _write_int,
    bytes: lambda value: head(_BYTES, len(value)) + value,
    str: _write_text,
    bool: lambda value: b"\xf5" if value else b"\xf4",
    type(None): lambda value: b"\xf6",
    list: lambda value: head(_ARRAY, len(value)) + b"".join(map(encode, value)),
    dict: _write_map,
}
