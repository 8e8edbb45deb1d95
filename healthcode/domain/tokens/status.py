"""Status lists (IETF Token Status List): one bit a code, set for ever once the code is revoked."""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from healthcode.domain.tokens.errors import BadDocument
from healthcode.domain.tokens.jose import from_text, to_text

LIST_TYPE = "statuslist+jwt"
DELTA_TYPE = "hc-status-delta+jwt"
MAX_LIST_BYTES = 16 * 1024 * 1024
# Lists grow in steps of so many codes and keep half a step ahead: a code printed after a gate's last visit has its
# bit already, and the length does not tell how many codes there are.
_STEP = 1 << 16


def list_bits(allocated: int) -> int:
    """Give the number of bits that a list with so many codes has when it is published."""
    return (allocated + _STEP // 2) // _STEP * _STEP + _STEP


def pack_bits(indices: Iterable[int], bits: int) -> bytes:
    """Give the bytes of a list: bit i of byte i // 8, from the lowest (§4.1). `IndexError` for one past the end."""
    packed = bytearray(bits // 8)
    for index in indices:
        packed[index >> 3] |= 1 << (index & 7)
    return bytes(packed)


def status_claim(packed: bytes) -> dict[str, object]:
    """Give the `status_list` claim."""
    return {"bits": 1, "lst": to_text(zlib.compress(packed, 9))}


def read_status_claim(payload: Mapping[str, Any]) -> bytes:
    """Give the bytes of a published list; raises `BadDocument`, for one that unpacks without end as well."""
    claim = payload.get("status_list")
    if not isinstance(claim, Mapping) or claim.get("bits") != 1:
        raise BadDocument("no status list of one bit a code")
    reader = zlib.decompressobj()
    try:
        packed = reader.decompress(from_text(claim.get("lst")), MAX_LIST_BYTES)
    except zlib.error as error:
        raise BadDocument("the list does not unpack") from error
    if not reader.eof or reader.unused_data:
        raise BadDocument("the list is cut off or too long")
    return packed


def is_set(packed: bytes, index: int) -> bool | None:
    """Tell whether a code is revoked; None for an index past the end, of which the list says nothing."""
    place = index >> 3
    return bool(packed[place] >> (index & 7) & 1) if place < len(packed) else None
