"""Lists of people that come as a file (名单): CSV or XLSX in, the numbers of the documents out, nothing else.

Whatever else a list says of its people is left where it is: a control order needs to know who they are, no more.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from healthcode.domain.cases import Malformed
from healthcode.domain.evidence_table import COLUMNS, plain_text

MAX_BYTES = 1 << 20
# A workbook is a ZIP: a small one may hold far more than memory.
_UNPACKED = 32 << 20
_ENCODINGS = ("utf-8-sig", "gb18030")
# A spreadsheet keeps fifteen digits of a number; a longer one it has spoilt already.
_EXACT = 10**15


class Entry(NamedTuple):
    """One line of a list: its number in the file and whom it names, as one would type them."""

    line: int
    typed: str


def read_people(data: bytes) -> list[Entry]:
    """Return whom the file names, in its order; raise ``Malformed``.

    The first line names the columns, as in a file of evidence; a column for the number is needed, one for the
    nationality is read for passports. A file of one column needs no first line.
    """
    if len(data) > MAX_BYTES:
        raise Malformed("file", f"larger than {MAX_BYTES >> 20} MB")
    rows = _workbook(data) if data.startswith(b"PK\x03\x04") else _csv(data)
    lines = [(line, cells) for line, cells in enumerate(rows, 1) if any(cells)]
    if not lines:
        raise Malformed("file", "empty")
    first = [_column(cell) for cell in lines[0][1]]
    if "number" not in first:
        if max(len(_trimmed(cells)) for _line, cells in lines) > 1:
            raise Malformed("line 1", f"there is no column {' or '.join(COLUMNS['number'])}")
        return [Entry(line, cells[0]) for line, cells in lines]
    number = first.index("number")
    country = first.index("nationality") if "nationality" in first else None
    return [Entry(line, _typed(cells, number, country)) for line, cells in lines[1:]]


def _column(cell: str) -> str:
    name = "_".join(cell.lower().split())
    return next((field for field in ("number", "nationality") if name in COLUMNS[field]), "")


def _typed(cells: Sequence[str], number: int, country: int | None) -> str:
    said = cells[number] if number < len(cells) else ""
    nation = cells[country] if country is not None and country < len(cells) else ""
    return f"{nation} {said}" if len(nation) == 3 and nation.isascii() and nation.isalpha() else said


def _trimmed(cells: Sequence[str]) -> Sequence[str]:
    last = max((place for place, cell in enumerate(cells) if cell), default=-1)
    return cells[: last + 1]


def _csv(data: bytes) -> Iterator[list[str]]:
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            yield from ([plain_text(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline="")))
        except csv.Error as error:
            raise Malformed("file", f"no CSV: {error}") from error
        return
    raise Malformed("file", "neither a workbook nor CSV in UTF-8 or GB 18030")


def _workbook(data: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > _UNPACKED:
                raise Malformed("file", "holds far more than a list")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # What a file says of its own size may be wrong.
        sheet.reset_dimensions()
        rows: Iterable[Sequence[object]] = sheet.iter_rows(values_only=True)
        for line, cells in enumerate(rows, 1):
            yield [_text(cell, line) for cell in cells]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError, SyntaxError) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed("file", "no workbook") from error


def _text(cell: object, line: int) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, int) and abs(cell) >= _EXACT:
        raise Malformed(f"line {line}", "a number of more than 15 digits must be text: the last digits are lost")
    return plain_text(str(cell))
