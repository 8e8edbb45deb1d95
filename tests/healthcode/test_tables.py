"""Tables as departments send them: what a workbook says is read as text, and one made to do harm is not opened."""

import io
from datetime import date, datetime, time
from pathlib import Path

import pytest

from healthcode.domain.cases import Malformed
from healthcode.domain.evidence_table import Line
from healthcode.gateways import tables
from healthcode.gateways.tables import opened, opened_stream
from tests.healthcode.file_kit import HEADER, csv_bytes, repacked, row, xlsx_bytes


def shown_at(hour: int, minute: int = 0) -> datetime:
    """Return an instant of 7 July as a workbook holds it: without a zone."""
    return datetime.combine(date(2020, 7, 7), time(hour, minute))


SHEET = "xl/worksheets/sheet1.xml"


def lines_of(data: bytes) -> list[Line]:
    with opened_stream(io.BytesIO(data)) as table:
        return list(table.lines())


def sheet_of(rows: str) -> bytes:
    """Return a workbook whose sheet is written by hand."""
    names = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in HEADER)
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    whole = f'<worksheet xmlns="{space}"><sheetData><row r="1">{names}</row>{rows}</sheetData></worksheet>'
    return repacked(xlsx_bytes(), SHEET, whole.encode())


@pytest.mark.parametrize("data", [csv_bytes(row("1")), csv_bytes(row("1"), encoding="gb18030"), xlsx_bytes(row("1"))])
def test_the_same_rows_come_out_of_every_form(data: bytes) -> None:
    assert lines_of(data) == [Line(2, row("1"))]


def test_a_file_on_disk_is_opened_alike(tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    path.write_bytes(xlsx_bytes(row("1"), row("2")))
    with opened(path) as table:
        assert [line.number for line in table.lines()] == [2, 3]
        assert 0 < table.done <= path.stat().st_size


@pytest.mark.parametrize(
    ("shown", "value", "text"),
    [
        ("yyyy-mm-dd", shown_at(0), "2020-07-07"),
        ("yyyy-mm-dd hh:mm", shown_at(9, 5), "2020-07-07 09:05:00"),
        ("yyyy-mm-dd hh:mm", shown_at(0), "2020-07-07 00:00:00"),
        ("General", 12, "12"),
        ("0.0", 12.0, "12"),
    ],
)
def test_a_cell_is_what_it_shows(shown: str, value: object, text: str) -> None:
    data = xlsx_bytes([*row("1")[:5], value, "阴性"], formats={"F2": shown})
    assert lines_of(data)[0].cells[5] == text


@pytest.mark.parametrize(
    ("cell", "code"), [("=1+1", "formula"), ('=HYPERLINK("http://x")', "formula"), (330106199001011234, "rounded")]
)
def test_a_cell_that_is_not_what_was_written_is_a_fault(cell: object, code: str) -> None:
    (line,) = lines_of(xlsx_bytes([*row("1")[:3], cell, *row("1")[4:]]))
    assert line.fault == (3, code)


def test_a_formula_in_a_column_nobody_reads_does_no_harm() -> None:
    (line,) = lines_of(xlsx_bytes([*row("1"), "=1+1"], header=(*HEADER, "备注")))
    assert line.fault is None


def test_rows_are_numbered_as_the_sheet_numbers_them() -> None:
    assert [line.number for line in lines_of(xlsx_bytes(row("1"), [], row("2")))] == [2, 4]


BOMBS = {
    "more than a workbook holds": lambda: repacked(xlsx_bytes(), "xl/bomb.xml", b"0" * (64 << 20)),
    "more rows than a sheet has": lambda: sheet_of('<row r="999999999"><c t="n"><v>1</v></c></row>'),
}


@pytest.mark.parametrize("said", BOMBS)
def test_a_workbook_made_to_fill_the_memory_is_not_read(said: str) -> None:
    with pytest.raises(Malformed, match=said):
        lines_of(BOMBS[said]())


def test_entities_are_not_resolved() -> None:
    lol = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
    with pytest.raises(Malformed, match="cannot be read"):
        lines_of(repacked(xlsx_bytes(row("1")), SHEET, lol.encode()))


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04rest",
        repacked(xlsx_bytes(row("1")), "xl/workbook.xml", b"<no"),
        repacked(xlsx_bytes(row("1")), SHEET, b"<worksheet><sheetData><row r='x'/></sheetData></worksheet>"),
        repacked(xlsx_bytes(row("1")), SHEET, b"\x00\x01"),
        xlsx_bytes(row("1"))[:-30],
    ],
    ids=["no archive", "no book", "no row", "no XML", "cut off"],
)
def test_a_broken_workbook_is_told(data: bytes) -> None:
    with pytest.raises(Malformed):
        lines_of(data)


def test_what_a_sheet_says_of_its_size_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_COLUMNS", 9)
    far = '<row r="2"><c r="A2" t="inlineStr"><is><t>1</t></is></c><c r="XFD2"><v>1</v></c></row>'
    (line,) = lines_of(sheet_of(far))
    assert len(line.cells) == len(HEADER)
