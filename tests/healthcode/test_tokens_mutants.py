"""Nothing but the code itself is accepted, and nothing makes the check raise.

`TOKEN_MUTANTS` sets how many random mutants are tried (20,000 without it).
"""

import os
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcode.domain.tokens import Reason, TokenError, base45, envelope
from tests.healthcode.token_kit import STATEMENTS, check, token

MUTANTS = int(os.environ.get("TOKEN_MUTANTS", "20000"))
GENUINE = [token(statement, counter=counter) for statement in STATEMENTS for counter in range(3)]
SHORT, LONG = GENUINE[0], token(STATEMENTS[4])
ALPHABET = base45.ALPHABET.decode()
REFUSALS = {Reason.UNREADABLE, Reason.WRONG_KIND, Reason.UNKNOWN_KEY, Reason.NOT_GENUINE}


def bytes_of(text: str) -> bytes:
    return base45.decode(text.removeprefix("JK1:"))


def text_of(data: bytes) -> str:
    return "JK1:" + base45.encode(data)


@pytest.mark.parametrize("text", [SHORT, LONG])
def test_no_change_of_one_character_is_accepted(text: str) -> None:
    for place in range(len(text)):
        for character in (ALPHABET + "a\x00é").replace(text[place], ""):
            assert check(text[:place] + character + text[place + 1 :]).result in REFUSALS


@pytest.mark.parametrize("text", [SHORT, LONG])
def test_no_truncation_is_accepted(text: str) -> None:
    data = bytes_of(text)
    pieces = [text[:end] for end in range(len(text))] + [text[start:] for start in range(1, len(text))]
    pieces += [text_of(data[:end]) for end in range(len(data))]
    assert {check(piece).result for piece in pieces} <= {Reason.UNREADABLE, Reason.WRONG_KIND}


@pytest.mark.parametrize("text", [SHORT, LONG])
def test_no_flip_of_one_bit_is_accepted(text: str) -> None:
    data = bytes_of(text)
    for bit in range(8 * len(data)):
        flipped = int.from_bytes(data, "big") ^ 1 << bit
        assert check(text_of(flipped.to_bytes(len(data), "big"))).result in REFUSALS


def _characters(text: str, by: random.Random) -> str:
    letters = list(text)
    for _ in range(by.randint(1, 6)):
        place = by.randrange(len(letters))
        letters[place : place + by.randint(0, 2)] = by.choices(ALPHABET, k=by.randint(0, 2))
    return "".join(letters)


def _bytes(text: str, by: random.Random) -> str:
    data = bytearray(bytes_of(text))
    for _ in range(by.randint(1, 4)):
        data[by.randrange(len(data))] = by.choice((0, 0x1A, 0x58, 0x80, 0xA0, 0xD2, 0xF7, 0xFF, by.randrange(256)))
    return text_of(bytes(data))


def _splice(text: str, by: random.Random) -> str:
    one, two, cut = bytes_of(text), bytes_of(by.choice(GENUINE)), by.randrange(125)
    return text_of(one[:cut] + two[cut:])


def _resize(text: str, by: random.Random) -> str:
    data, place = bytes_of(text), by.randrange(125)
    return text_of(data[:place] + by.randbytes(by.randint(0, 9)) + data[place + by.randint(0, 9) :])


MUTATIONS: tuple[Callable[[str, random.Random], str], ...] = (_characters, _bytes, _splice, _resize)


def mutants(count: int, seed: int) -> list[str]:
    by = random.Random(seed)
    found = (by.choice(MUTATIONS)(by.choice(GENUINE), by) for _ in range(count))
    return [text for text in found if text not in GENUINE]


def test_no_random_mutant_is_accepted() -> None:
    tried = mutants(MUTANTS, 1)
    assert len(tried) > MUTANTS * 0.9
    assert {check(text).result for text in tried} == REFUSALS


def _read(read: Callable[[bytes], envelope.Envelope | None], data: bytes) -> object:
    try:
        return read(data)
    except TokenError as error:
        return error.code


def test_reading_by_places_agrees_with_decoding() -> None:
    short = 0
    for text in mutants(MUTANTS, 2) + GENUINE:
        try:
            data = bytes_of(text)
        except TokenError:
            continue
        fixed = _read(envelope.read_fixed, data)
        short += fixed is not None
        assert fixed in (None, _read(envelope.read_general, data))
    assert short > 100


def test_screen_codes_never_need_decoding() -> None:
    read = [envelope.read_fixed(bytes_of(token(statement))) for statement in STATEMENTS]
    assert [found is not None for found in read] == [s.status_index is None for s in STATEMENTS]


@given(st.text(max_size=420) | st.text(alphabet=ALPHABET, max_size=420).map("JK1:".__add__))
def test_no_text_is_accepted_or_raises(text: str) -> None:
    assert check(text).result in REFUSALS


@given(st.binary(max_size=140), st.integers(0, 125))
def test_no_bytes_are_accepted_or_raise(data: bytes, cut: int) -> None:
    assert check(text_of(bytes_of(SHORT)[:cut] + data)).result in REFUSALS or data == bytes_of(SHORT)[cut:]
