"""Tables as departments send them: CSV in UTF-8, with or without its mark, or GB 18030, or an Excel workbook (XLSX).

A workbook is a ZIP of XML, so it is looked at before it is opened: what it would unpack to is bounded, defusedxml reads
it, and nothing in it is evaluated. A cell that holds a formula, or a number that Excel has rounded, is a fault.
"""

import codecs
import csv
import io
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

import openpyxl
from openpyxl.styles.numbers import is_datetime
from openpyxl.utils.exceptions import InvalidFileException

from healthcode.domain.cases import Malformed
from healthcode.domain.evidence_table import Fault, Header, Line, read_header

_ENCODINGS = ("utf-8-sig", "gb18030")
_BLOCK = 1 << 20
_WORKBOOK = b"PK\x03\x04"
# What a file begins with that people take for a table and that is none we read.
_NO_TABLE = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save it as XLSX or CSV",
    b"\xff\xfe": "UTF-16: save it as CSV UTF-8",
    b"\xfe\xff": "UTF-16: save it as CSV UTF-8",
}
# A workbook of a million rows unpacks to some hundred megabytes; a bomb to far more, or from far less.
_UNPACKED = 512 << 20
_RATIO, _SMALL = 200, 16 << 20
_PARTS = 500
_ROWS, _COLUMNS = 1_048_576, 100
# Excel keeps fifteen digits of a number and makes the rest zeros: a document number in such a cell is another one.
_EXACT = 10**15
# What openpyxl and the modules below it raise over a file that is broken or made to break them.
_BROKEN = (
    *(BadZipFile, InvalidFileException, ParseError, zlib.error, EOFError, NotImplementedError, RuntimeError),
    *(ValueError, TypeError, AttributeError, LookupError, ArithmeticError),
)


class TableFile(Protocol):
    """An open table: its first line, and its others with the number each begins at. ``done`` is in bytes."""

    header: Header

    @property
    def done(self) -> int:
        """Return how many bytes of the file have been read."""

    def lines(self) -> Iterator[Line]:
        """Yield the lines that are not empty; raise ``Malformed`` where the file is no table."""


class CsvFile:
    """A CSV file."""

    def __init__(self, text: io.TextIOWrapper, raw: BinaryIO) -> None:
        self._reader = csv.reader(text)
        self._raw = raw
        self.header: Header = read_header(self._cells() or [])

    @property
    def done(self) -> int:
        """Return how many bytes of the file have been read."""
        return self._raw.tell()

    def lines(self) -> Iterator[Line]:
        """Yield the lines that are not empty; raise ``Malformed`` where the file is no CSV."""
        while True:
            number = self._reader.line_num + 1
            cells = self._cells()
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield Line(number, cells)

    def _cells(self) -> list[str] | None:
        try:
            return next(self._reader, None)
        except csv.Error as error:
            raise Malformed(f"line {self._reader.line_num}", f"no CSV: {error}") from error


class XlsxFile:
    """The first sheet of a workbook. What Excel shows as a date comes as a date, and a formula as a fault."""

    def __init__(self, sheet: Any, raw: BinaryIO) -> None:
        # What a sheet says of its own size is not believed.
        sheet.reset_dimensions()
        self._raw = raw
        self._rows = enumerate(sheet.iter_rows(max_col=_COLUMNS), 1)
        self.header: Header = read_header(_without_empty_end(list(self._line().cells)))

    @property
    def done(self) -> int:
        """Return how many bytes of the file have been read, as far as the archive goes through it in order."""
        return self._raw.tell()

    def lines(self) -> Iterator[Line]:
        """Yield the lines that are not empty; raise ``Malformed`` where the workbook is broken."""
        while (line := self._line()).number:
            if any(cell.strip() for cell in line.cells):
                yield line

    def _line(self) -> Line:
        """Return the next line; one of number 0 when there is none."""
        try:
            number, row = next(self._rows, (0, ()))
        except _BROKEN as error:
            raise Malformed("file", "a workbook that cannot be read") from error
        if number > _ROWS:
            raise Malformed("file", "a sheet of more rows than a sheet has")
        cells = _without_empty_end([_text_of(cell) for cell in row])
        header: Header | None = getattr(self, "header", None)
        width = len(header.names) if header else 0
        cells += [""] * (width - len(cells))
        faults = (Fault(place, _fault_of(cell)) for place, cell in enumerate(row) if _fault_of(cell))
        return Line(number, cells, next((one for one in faults if header and header.field(one.place)), None))


@contextmanager
def opened(path: Path) -> Iterator[TableFile]:
    """Open a table of a file; raise ``Malformed``, ``OSError``."""
    with path.open("rb") as raw, opened_stream(raw) as table:
        yield table


@contextmanager
def opened_stream(raw: BinaryIO) -> Iterator[TableFile]:
    """Open a table of what ``raw`` holds, in the form that it has; raise ``Malformed``."""
    start = raw.read(4)
    raw.seek(0)
    for mark, what in _NO_TABLE.items():
        if start.startswith(mark):
            raise Malformed("file", what)
    if start == _WORKBOOK:
        _check_size(raw)
        with closing(_workbook(raw)) as book:
            if not book.worksheets:
                raise Malformed("file", "a workbook without a sheet")
            yield XlsxFile(book.worksheets[0], raw)
        return
    encoding = _encoding(raw)
    raw.seek(0)
    # Detached at the end: closing the text would close what the caller opened.
    text = io.TextIOWrapper(raw, encoding=encoding, newline="")
    try:
        yield CsvFile(text, raw)
    finally:
        text.detach()


# --- CSV --------------------------------------------------------------------------------------------------


def _encoding(raw: BinaryIO) -> str:
    """Return the first encoding that the whole file is valid in; read in blocks, so a large file costs no memory."""
    for encoding in _ENCODINGS:
        raw.seek(0)
        if _is_valid(raw, encoding):
            return encoding
    raise Malformed("file", "neither UTF-8 nor GB 18030")


def _is_valid(raw: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while block := raw.read(_BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


# --- XLSX -------------------------------------------------------------------------------------------------


def _check_size(raw: BinaryIO) -> None:
    """Raise ``Malformed`` for an archive that would unpack to more than a workbook does.

    The sizes are those the archive states; a part that holds more than it states is not read beyond that.
    """
    try:
        with ZipFile(raw) as archive:
            parts = archive.infolist()
    except _BROKEN as error:
        raise Malformed("file", "no Excel workbook, though it begins as one") from error
    packed, unpacked = sum(part.compress_size for part in parts), sum(part.file_size for part in parts)
    if len(parts) > _PARTS or unpacked > _UNPACKED or (unpacked > _SMALL and unpacked > _RATIO * packed):
        raise Malformed("file", "an archive that unpacks to more than a workbook holds")
    raw.seek(0)


def _workbook(raw: BinaryIO) -> Any:
    try:
        return openpyxl.load_workbook(raw, read_only=True, data_only=False, keep_links=False)
    except _BROKEN as error:
        raise Malformed("file", "a workbook that cannot be read") from error


def _fault_of(cell: Any) -> str:
    """Return what is wrong with a cell before it is read, as a code."""
    if cell.data_type == "f":
        return "formula"
    if isinstance(cell.value, int | float) and abs(cell.value) >= _EXACT:
        return "rounded"
    return ""


def _text_of(cell: Any) -> str:
    """Return a cell as text, as the columns of a CSV file would hold it."""
    value = cell.value
    if value is None or cell.data_type == "f":
        return "" if value is None else "="
    if isinstance(value, datetime):
        return value.date().isoformat() if _shows_date_only(cell, value) else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _shows_date_only(cell: Any, value: datetime) -> bool:
    return is_datetime(cell.number_format) == "date" and value.time() == time()


def _without_empty_end(cells: list[str]) -> list[str]:
    """Return the cells without the empty ones at the end: a sheet has as many columns as one likes."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]
