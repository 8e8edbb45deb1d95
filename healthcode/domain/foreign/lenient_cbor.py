"""CBOR as others write it: any length form and order, but bounded, of plain values, and nothing behind it."""

import io
from typing import Any, NoReturn

import cbor2

MAX_DEPTH = 12
# Every tag cbor2 has a meaning of its own for: a stranger's bytes shall make nobody work or warn. Tag 0 is a date
# written as text, which some authorities use where the schema asks for the text alone.
_KNOWN_TAGS = (1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)


class NotCbor(ValueError):
    """No CBOR, or more than we read."""


def _refuse(*_: object) -> NoReturn:
    raise NotCbor("a tag")


def _as_text(value: object, immutable: bool = False) -> str:
    if not isinstance(value, str):
        raise NotCbor("a date that is no text")
    return value


_TAGS: dict[int, Any] = {**dict.fromkeys(_KNOWN_TAGS, _refuse), 0: _as_text}


def decode(data: bytes) -> Any:
    """Return the value of ``data``; raise ``NotCbor``. Maps may come as frozen ones."""
    stream = io.BytesIO(data)
    try:
        value = cbor2.CBORDecoder(
            stream, tag_hook=_refuse, semantic_decoders=_TAGS, max_depth=MAX_DEPTH, allow_duplicate_keys=False
        ).decode()
    except cbor2.CBORDecodeError as error:
        raise NotCbor("not CBOR") from error
    if stream.tell() != len(data):
        raise NotCbor("something behind it")
    return value
