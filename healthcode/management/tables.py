"""CSV files as departments send and open them: UTF-8 with or without its mark, or GB 18030."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from healthcode.domain.cases import Malformed
from healthcode.domain.evidence_table import Header, read_header
from healthcode.services.imports import Line

_ENCODINGS = ("utf-8-sig", "gb18030")
_BLOCK = 1 << 20
# What a file begins with that people take for CSV and that is none.
_NO_CSV = {
    b"PK\x03\x04": "an Excel workbook: save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save it as CSV",
    b"\xff\xfe": "UTF-16: save it as CSV UTF-8",
    b"\xfe\xff": "UTF-16: save it as CSV UTF-8",
}
# A spreadsheet takes a cell that begins so for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class CsvFile:
    """An open CSV file: its first line, then its others with the number each begins at. ``done`` is in bytes."""

    def __init__(self, text: TextIO, raw: BinaryIO) -> None:
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


@contextmanager
def opened(path: Path) -> Iterator[CsvFile]:
    """Open a CSV file in the encoding that it is in; raise ``Malformed``, ``OSError``."""
    encoding = _encoding(path)
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
        yield CsvFile(text, raw)


def _encoding(path: Path) -> str:
    """Return the first encoding that the whole file is valid in; read in blocks, so a large file costs no memory."""
    with path.open("rb") as file:
        start = file.read(4)
    for mark, what in _NO_CSV.items():
        if start.startswith(mark):
            raise Malformed("file", what)
    for encoding in _ENCODINGS:
        if _is_valid(path, encoding):
            return encoding
    raise Malformed("file", "neither UTF-8 nor GB 18030")


def _is_valid(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class SideFile:
    """The file of refused rows beside the one loaded; made when there is one, readable by its owner only."""

    def __init__(self, path: Path, heads: Sequence[str], names: Sequence[str]) -> None:
        """Take the path, the heads of the columns that say what is wrong, and the columns of the file itself."""
        self.path = path
        self._first = [*heads, *names]
        self._file: TextIO | None = None
        # A list of an earlier run would be taken for this one's.
        path.unlink(missing_ok=True)

    def write(self, cells: Sequence[str]) -> None:
        """Add a row; cells that a spreadsheet would run are made plain text."""
        if self._file is None:
            self.path.touch(mode=0o600)
            # With its mark: Excel takes Chinese for something else without it.
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            csv.writer(self._file).writerow([_harmless(cell) for cell in self._first])
        csv.writer(self._file).writerow([_harmless(cell) for cell in cells])

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
