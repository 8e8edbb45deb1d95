"""The sealed reference: it comes back whole, only under its key, and two of them look unrelated."""

import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcode.domain.tokens import (
    ForeignReference,
    Kind,
    MalformedKey,
    Reference,
    ReferenceKey,
    open_reference,
    seal_reference,
)
from tests.healthcode.token_kit import REFERENCE_KEY

REFERENCES = st.builds(
    Reference, st.integers(0, 2**48 - 1), st.integers(0, 2**32 - 1), st.sampled_from(Kind), st.integers(0, 65535)
)


@given(REFERENCES)
def test_round_trip(reference: Reference) -> None:
    sealed = seal_reference(REFERENCE_KEY, reference)
    assert len(sealed) == 16
    assert open_reference(REFERENCE_KEY, sealed) == reference


def test_aes_256_is_the_standard_one() -> None:
    # FIPS 197, C.3
    key = ReferenceKey(bytes(range(32)))
    image = key.encrypt(bytes.fromhex("00112233445566778899aabbccddeeff"))
    assert image.hex() == "8ea2b7ca516745bfeafc49904b496089"


def test_codes_of_one_person_share_no_byte_in_place_more_often_than_chance() -> None:
    sealed = [seal_reference(REFERENCE_KEY, Reference(7, 1_593_590_400, Kind.OWN_PHONE, n)) for n in range(400)]
    assert len(set(sealed)) == 400
    same = sum(a[place] == b[place] for a, b in pairwise(sealed) for place in range(16))
    assert same < 60  # 399 pairs of 16 bytes: 25 expected


def test_another_key_does_not_open_it() -> None:
    other = ReferenceKey(bytes(32))
    for counter in range(500):
        sealed = seal_reference(REFERENCE_KEY, Reference(7, 1_593_590_400, Kind.PAPER, counter))
        with pytest.raises(ForeignReference):
            open_reference(other, sealed)


@pytest.mark.parametrize("block", [b"", bytes(15), bytes(17)])
def test_only_16_bytes_are_a_reference(block: bytes) -> None:
    with pytest.raises(ForeignReference):
        open_reference(REFERENCE_KEY, block)


@pytest.mark.parametrize("kind", [0, 9, 255])
def test_a_block_with_no_kind_of_ours_is_foreign(kind: int) -> None:
    with pytest.raises(ForeignReference):
        open_reference(REFERENCE_KEY, REFERENCE_KEY.encrypt((kind << 16).to_bytes(16, "big")))


@pytest.mark.parametrize("fields", [(2**48, 0, 0), (-1, 0, 0), (0, 2**32, 0), (0, -1, 0), (0, 0, 65536), (0, 0, -1)])
def test_a_field_past_its_width_is_refused(fields: tuple[int, int, int]) -> None:
    person_ref, iat, counter = fields
    with pytest.raises(ValueError, match="width"):
        seal_reference(REFERENCE_KEY, Reference(person_ref, iat, Kind.PAPER, counter))


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_has_32_bytes(length: int) -> None:
    with pytest.raises(MalformedKey):
        ReferenceKey(bytes(length))


def test_one_key_serves_many_threads() -> None:
    wrong: list[int] = []

    def work(person: int) -> None:
        for counter in range(300):
            reference = Reference(person, 1, Kind.FAMILY, counter)
            if open_reference(REFERENCE_KEY, seal_reference(REFERENCE_KEY, reference)) != reference:
                wrong.append(person)

    threads = [threading.Thread(target=work, args=(person,)) for person in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
