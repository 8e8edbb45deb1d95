"""Lists of people as files: numbers come out, or a reason with its line."""

import io
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcode.domain.cases import Malformed
from healthcode.domain.people_lists import MAX_BYTES, Entry, read_people

NUMBER = "330106198603121228"


def workbook(*lines: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.worksheets[0].append(line)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/workbook.xml", bytes(40 << 20))
    return packed.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        f"姓名,证件号码\n王,{NUMBER}\n".encode(),
        f"\ufeff姓名,身份证号\r\n王,{NUMBER}\r\n".encode(),
        f"姓名,证件号码\n王,{NUMBER}\n".encode("gb18030"),
        workbook(["姓名", "证件号码"], ["王", NUMBER]),
    ],
)
def test_the_number_is_read_in_every_form(data: bytes) -> None:
    assert read_people(data) == [Entry(2, NUMBER)]


def test_a_file_of_one_column_needs_no_first_line() -> None:
    assert read_people(f"{NUMBER}\n\n{NUMBER}".encode()) == [Entry(1, NUMBER), Entry(3, NUMBER)]


def test_a_passport_is_named_with_its_country() -> None:
    data = workbook(["国籍", "证件号码"], ["GBR", "E1234567"], ["英国", "E1"], [None, 12345678])
    assert [one.typed for one in read_people(data)] == ["GBR E1234567", "E1", "12345678"]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "empty"),
        (bytes(MAX_BYTES + 1), "larger"),
        (b"\xff\xff", "neither"),
        ("姓名,电话\n王,1".encode(), "no column"),
        (b"PK\x03\x04 and nothing of a workbook", "no workbook"),
        (bomb(), "far more"),
        (workbook(["证件号码"], [int(NUMBER)]), "line 2: a number of more than 15 digits"),
    ],
)
def test_what_is_no_list_is_refused_with_its_reason(data: bytes, what: str) -> None:
    with pytest.raises(Malformed, match=what):
        read_people(data)


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04"]))
def test_no_file_breaks_the_reader(data: bytes, start: bytes) -> None:
    try:
        entries = read_people(start + data)
    except Malformed:
        return
    assert all(entry.line >= 1 for entry in entries)
