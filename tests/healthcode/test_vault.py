"""Sealing and finding: what is sealed opens in its own field only, and only as it was."""

import os
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcode.domain.vault import SealBroken, Vault, key_from_text, key_id

OLD, NEW, OTHER, INDEX = (bytes([number]) * 32 for number in range(1, 5))
VAULT = Vault.of((NEW, OLD), INDEX)
LABEL = "person.name"


@given(st.text(max_size=80), st.sampled_from(["person.name", "person.phone"]))
def test_what_is_sealed_opens_as_it_was(text: str, label: str) -> None:
    assert VAULT.open(VAULT.seal(text, label), label) == text


def test_a_view_of_memory_opens_too() -> None:
    assert VAULT.open(memoryview(VAULT.seal("王晓明", LABEL)), LABEL) == "王晓明"


def test_the_same_text_is_never_sealed_alike() -> None:
    assert VAULT.seal("王晓明", LABEL) != VAULT.seal("王晓明", LABEL)


def test_nothing_of_the_text_shows() -> None:
    assert "王晓明".encode() not in VAULT.seal("王晓明", LABEL)


def test_a_value_copied_into_another_field_does_not_open() -> None:
    with pytest.raises(SealBroken, match="another field"):
        VAULT.open(VAULT.seal("王晓明", LABEL), "person.phone")


@pytest.mark.parametrize("place", range(1 + 4 + 12 + 9 + 16))
def test_a_value_altered_anywhere_does_not_open(place: int) -> None:
    sealed = bytearray(VAULT.seal("王晓明", LABEL))
    sealed[place] ^= 1
    with pytest.raises(SealBroken) as refusal:
        VAULT.open(bytes(sealed), LABEL)
    assert refusal.value.code == "seal_broken"


@pytest.mark.parametrize("length", [0, 1, 5, 16, 17, 32])
def test_a_truncated_value_does_not_open(length: int) -> None:
    with pytest.raises(SealBroken):
        VAULT.open(VAULT.seal("王晓明", LABEL)[:length], LABEL)


def test_an_old_key_still_opens_what_it_sealed() -> None:
    sealed = Vault.of((OLD,), INDEX).seal("王晓明", LABEL)
    assert VAULT.open(sealed, LABEL) == "王晓明"


def test_the_newest_key_seals() -> None:
    sealed = VAULT.seal("王晓明", LABEL)
    assert Vault.of((NEW,), INDEX).open(sealed, LABEL) == "王晓明"
    with pytest.raises(SealBroken, match="a key that is not here"):
        Vault.of((OLD,), INDEX).open(sealed, LABEL)


def test_another_installations_key_opens_nothing() -> None:
    with pytest.raises(SealBroken):
        Vault.of((OTHER,), INDEX).open(VAULT.seal("王晓明", LABEL), LABEL)


def test_an_index_is_found_again_whatever_the_data_key() -> None:
    assert VAULT.index("+8613800138001", "phone") == Vault.of((OTHER,), INDEX).index("+8613800138001", "phone")


@pytest.mark.parametrize(
    ("vault", "text", "label"),
    [(VAULT, "2", "phone"), (VAULT, "1", "number"), (Vault.of((NEW,), OTHER), "1", "phone")],
)
def test_another_value_field_or_key_is_another_index(vault: Vault, text: str, label: str) -> None:
    assert vault.index(text, label) != VAULT.index("1", "phone")


def test_a_label_does_not_run_into_its_value() -> None:
    assert VAULT.index("bc", "a") != VAULT.index("c", "ab")


@pytest.mark.parametrize("size", [0, 16, 31, 33, 64])
def test_a_key_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"got {size}"):
        key_from_text(urlsafe_b64encode(bytes(size)).decode())


@pytest.mark.parametrize("padding", [True, False])
def test_a_key_is_read_with_and_without_padding(padding: bool) -> None:
    key = os.urandom(32)
    text = urlsafe_b64encode(key).decode()
    assert key_from_text(text if padding else text.rstrip("=")) == key


def test_a_key_is_named_by_four_bytes_that_tell_nothing_of_it() -> None:
    assert len(key_id(NEW)) == 4
    assert key_id(NEW) != key_id(OLD)
    assert key_id(NEW) not in NEW
