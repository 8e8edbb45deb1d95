"""What a masked name or number shows, and that it never shows too much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcode.domain.identity import DocumentType
from healthcode.domain.masking import mask_name, mask_name_short, mask_number, mask_phone, tail

DIGITS = "0123456789"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NUMBERS = st.text(DIGITS + CAPITALS, min_size=1, max_size=20)
HAN_NAMES = st.lists(st.text("张晓明迪丽热巴𠮷〇", min_size=1, max_size=8), min_size=1, max_size=3).map("·".join)
LATIN_NAMES = st.lists(st.text(CAPITALS, min_size=1, max_size=8), min_size=2, max_size=4).map(" ".join)


@pytest.mark.parametrize(
    ("name", "masked", "short"),
    [
        ("张晓明", "张*明", "张*明"),
        ("张三", "张*", "张*"),
        ("张", "*", "*"),
        ("欧阳娜娜", "欧**娜", "欧**娜"),
        ("𠮷田一郎", "𠮷**郎", "𠮷**郎"),
        ("迪丽热巴·迪力木拉提", "迪***·****提", "迪***·****提"),
        ("买·买", "买·*", "买·*"),
        ("JOHN SMITH", "J*** SMITH", "J*** S."),
        ("John Smith", "J*** SMITH", "J*** S."),
        ("TOM SMITH", "T** SMITH", "T** S."),
        ("JEAN-PIERRE MARIE D'ARC", "J********** M**** D'ARC", "J********** M**** D."),
        ("J SMITH", "* SMITH", "* S."),
        ("MADONNA", "M******", "M******"),
        ("X", "*", "*"),
        ("·", "·", "·"),
        ("", "", ""),
    ],
)
def test_names_as_in_the_design(name: str, masked: str, short: str) -> None:
    assert mask_name(name) == masked
    assert mask_name_short(name) == short


@pytest.mark.parametrize(
    ("kind", "number", "masked"),
    [
        (DocumentType.RESIDENT_ID, "330106199001011234", "3301**********1234"),
        (DocumentType.PASSPORT, "E1234567", "E****567"),
        (DocumentType.PASSPORT, "E12345678", "E*****678"),
        (DocumentType.PASSPORT, "A1234", "A***4"),
        (DocumentType.HK_MACAO_PERMIT, "H12345678", "H*****678"),
        (DocumentType.TAIWAN_PERMIT, "12345678", "1****678"),
        (DocumentType.PERMANENT_RESIDENT_CARD, "CAN110078072002", "C***********002"),
        (DocumentType.OTHER, "A123", "A**3"),
        (DocumentType.OTHER, "1", "*"),
        (DocumentType.OTHER, "12", "1*"),
        (DocumentType.OTHER, "", ""),
    ],
)
def test_numbers_as_in_the_design(kind: DocumentType, number: str, masked: str) -> None:
    assert mask_number(kind, number) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [("+8613812341234", "138****1234"), ("+447911123456", "+44*******456"), ("+290123", "+29***3")],
)
def test_phones(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("number", "end"), [("330106199001011234", "1234"), ("A1234", "34"), ("A12", "2"), ("1", ""), ("", "")]
)
def test_the_tail_is_four_characters_or_half(number: str, end: str) -> None:
    assert tail(number) == end


@given(st.sampled_from(DocumentType), NUMBERS)
def test_at_least_half_of_a_number_is_hidden_and_its_length_kept(kind: DocumentType, number: str) -> None:
    masked = mask_number(kind, number)
    assert len(masked) == len(number)
    assert masked.count("*") * 2 >= len(number)
    assert all(shown in ("*", true) for shown, true in zip(masked, number, strict=True))


@given(HAN_NAMES | LATIN_NAMES)
def test_some_of_every_name_is_hidden_and_nothing_is_changed(name: str) -> None:
    masked = mask_name(name)
    assert "*" in masked
    assert len(masked) == len(name)
    assert all(shown in ("*", true) for shown, true in zip(masked, name, strict=True))


@given(st.text(DIGITS, min_size=6, max_size=15))
def test_no_phone_is_shown_whole(digits: str) -> None:
    assert "*" * 3 in mask_phone(f"+{digits}")
