"""Deterministic CBOR: what is written, and that nothing but that is read."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcode.domain.tokens import Unreadable, cbor

# From the examples of RFC 8949, appendix A.
EXAMPLES = [
    ("00", 0), ("17", 23), ("1818", 24), ("18ff", 255), ("190100", 256), ("1a000f4240", 1_000_000),
    ("1b000000e8d4a51000", 10**12), ("1bffffffffffffffff", 2**64 - 1), ("20", -1), ("3903e7", -1000),
    ("3bffffffffffffffff", -(2**64)), ("f4", False), ("f5", True), ("f6", None), ("4401020304", b"\1\2\3\4"),
    ("62c3bc", "ü"), ("83010203", [1, 2, 3]), ("a0", {}), ("a201020304", {1: 2, 3: 4}),
]  # fmt: skip

REFUSED = [
    "", "01ff", "0100", "1817", "190017", "1a0000ffff", "1b00000000ffffffff", "3817", "580101", "980101",
    "b8010203", "9fff", "5fff", "bfff", "a203040102", "a201020102", "a201020103", "f7", "e0", "f820", "f97e00",
    "fa3f800000", "f93c00", "c11a514b67b0", "c249010000000000000000", "d2830102f6", "d82360", "d81c80",
    "d81d00", "d9010080", "d8648101", "a1800100", "a1a00100", "a18000", "62c328", "61", "9bffffffffffffffff",
    "bb7fffffffffffffff", "5b7fffffffffffffff", "1c", "ff", "81" * 7 + "00", "d9d9f700", "d8184100",
]  # fmt: skip

KEYS = st.integers(-300, 300) | st.text(max_size=3)
LEAVES = st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=40) | st.text(max_size=30)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


@pytest.mark.parametrize(("data", "value"), EXAMPLES)
def test_examples_of_the_rfc(data: str, value: object) -> None:
    assert cbor.encode(value).hex() == data
    assert cbor.decode(bytes.fromhex(data)) == value


@pytest.mark.parametrize("data", REFUSED)
def test_nothing_else_is_read(data: str) -> None:
    with pytest.raises(Unreadable):
        cbor.decode(bytes.fromhex(data))


def test_keys_are_sorted_by_their_bytes_not_by_length() -> None:
    assert cbor.encode({-1: 0, 100: 0, 10: 0, "z": 0, False: 0}).hex() == "a50a0018640020006" + "17a00f400"


@pytest.mark.parametrize("value", [1.5, math.nan, (1,), {1}, object(), bytearray(b"a"), 2**64, -(2**64) - 1])
def test_other_types_are_not_written(value: object) -> None:
    with pytest.raises(Unreadable):
        cbor.encode(value)


@given(VALUES)
def test_round_trip(value: object) -> None:
    data = cbor.encode(value)
    try:
        assert cbor.decode(data) == value
    except Unreadable:
        assert _depth(value) > cbor.MAX_DEPTH


def _depth(value: object) -> int:
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return 1 + max(map(_depth, inner), default=0)


@given(st.binary(max_size=40))
def test_any_bytes_are_refused_or_are_what_we_would_write(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except Unreadable:
        return
    assert cbor.encode(value) == data
