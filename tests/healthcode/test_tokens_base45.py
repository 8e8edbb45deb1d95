"""Base45 against the examples of RFC 9285 and against the plain arithmetic of its text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcode.domain.tokens import Unreadable, base45

EXAMPLES = [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")]
ALPHABET = base45.ALPHABET.decode()


def plain(data: bytes) -> str:
    text = ""
    for start in range(0, len(data), 2):
        group = data[start : start + 2]
        number = int.from_bytes(group, "big")
        for _ in range(len(group) + 1):
            number, digit = divmod(number, 45)
            text += ALPHABET[digit]
    return text


@pytest.mark.parametrize(("data", "text"), EXAMPLES)
def test_examples_of_the_rfc(data: bytes, text: str) -> None:
    assert (base45.encode(data), base45.decode(text)) == (text, data)


def test_every_group_of_two_bytes() -> None:
    data = b"".join(number.to_bytes(2, "big") for number in range(65536))
    assert base45.encode(data) == plain(data)


def test_every_single_byte_after_a_group() -> None:
    assert [base45.encode(bytes((7, 9, last))) for last in range(256)] == [
        plain(bytes((7, 9, last))) for last in range(256)
    ]


@given(st.binary(max_size=300))
def test_round_trip(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@given(st.text(alphabet=ALPHABET, max_size=40))
def test_a_text_is_refused_or_has_one_meaning(text: str) -> None:
    try:
        data = base45.decode(text)
    except Unreadable:
        return
    assert base45.encode(data) == text


@pytest.mark.parametrize(
    "text", ["A", "BB8A", ":::", "BB8GGW", "GGWBB8", "::", "V5", "BB8V5", "bb8", "BB\x00", "BB８", "\ud800BB"]
)
def test_what_is_not_base45(text: str) -> None:
    with pytest.raises(Unreadable):
        base45.decode(text)


@pytest.mark.parametrize(("text", "data"), [("FGW", b"\xff\xff"), ("U5", b"\xff"), ("", b""), ("BB8T5", b"AB\xfe")])
def test_the_largest_groups_and_the_empty_text(text: str, data: bytes) -> None:
    assert (base45.encode(data), base45.decode(text)) == (text, data)
