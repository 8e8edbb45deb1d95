"""Reading the rows of a department's file: each is a record about somebody, or a fault with its column and reason."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from healthcode.domain.cases import Malformed, read_evidence
from healthcode.domain.divisions import known_division_codes
from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.evidence_table import (
    Header,
    Line,
    country_code,
    document_type,
    json_form,
    plain_text,
    read_cells,
)
from healthcode.domain.identity import (
    Document,
    DocumentType,
    InvalidDocument,
    InvalidName,
    normalise_name,
    parse_document,
)
from healthcode.domain.instants import to_china
from healthcode.domain.test_results import ResultReader
from healthcode.models import Source
from healthcode.services.persons import number_index

_LENGTHS = {"id": 64, "community": 200, "reason": 256, "document": 96}
_NAMES, _WORDS = 16_384, 256
# Their numbers are one within a country only; the short way leaves them to the long one.
_NEEDS_COUNTRY = (DocumentType.PASSPORT, DocumentType.OTHER)


class Table(NamedTuple):
    """A file of evidence: its name, its first line, its other lines, and the codes of countries by their names."""

    name: str
    header: Header
    lines: Iterable[Line]
    countries: Mapping[str, str]


class RefusedRow(NamedTuple):
    """A row that was not recorded: which, in what column, the reason as a code, and for people of the trade."""

    line: Line
    field: str
    code: str
    what: str = ""


class Row(NamedTuple):
    """A row that can be recorded: whom it is about, by document and blind index, and what it says."""

    line: Line
    key: bytes
    document: Document
    nationality: str
    name: str
    evidence: Evidence


class RowError(Exception):
    """A row cannot be recorded; the column, the reason as a code, and for people of the trade."""

    def __init__(self, field: str, code: str, what: str = "") -> None:
        super().__init__(code)
        self.field, self.code, self.what = field, code, what


class RowReader:
    """Reads the rows of one table for one source, as of one instant."""

    def __init__(self, source: Source, table: Table, at: datetime) -> None:
        self.source, self.table, self.at = source, table, at
        self._on = to_china(at).date()
        self._tests = ResultReader(table.header, str(source.category), at)
        self._places = table.header.places
        self._may_test = source.may_assert(Kind.NAT_RESULT)

    def read(self, line: Line) -> Row:
        """Return what a line says; raise ``RowError`` with the first fault."""
        if line.fault is not None:
            raise RowError(self.table.header.field(line.fault.place), line.fault.code)
        said = self._tests.read(line.cells)
        row = None if said is None else self._test(line, said)
        if row is not None:
            return row
        try:
            return self._row(line, read_cells(self.table.header, line.cells))
        except Malformed as error:
            raise RowError(error.where.rpartition(".")[2], error.code, error.what) from error

    def _test(self, line: Line, said: Evidence) -> Row | None:
        """Return the row of a test result; None where whom it is about takes more than a look."""
        cells, places = line.cells, self._places
        kind = _document(cells[places["document_type"]] if "document_type" in places else "")
        name = _plain_name(cells[places["name"]] if "name" in places else "")
        if kind is None or name is None or kind in _NEEDS_COUNTRY or not self._may_test:
            return None
        number = plain_text(cells[places["number"]])
        try:
            document = parse_document(kind, number, on=self._on, divisions=known_division_codes())
        except InvalidDocument:
            return None
        return Row(line, number_index(document, ""), document, "", name, said)

    def _row(self, line: Line, said: Mapping[str, str]) -> Row:
        document = self._document(said)
        nationality = self._nationality(said, document.type)
        name = _name(said)
        form = json_form(said, self.table.countries)
        for field, longest in _LENGTHS.items():
            if len(said.get(field, "")) > longest:
                raise RowError(field, "too_long", f"at most {longest} characters")
        index = number_index(document, nationality)
        if "id" not in form:
            form["id"] = _content_number(form, index)
        # What we decide can rest on it from now on, whenever the department wrote it down.
        form |= {"recorded_at": self.at.isoformat(), "source": self.source.category}
        evidence = read_evidence(form, "row")
        if not self.source.may_assert(evidence.kind):
            raise RowError("kind", "source_may_not_assert", evidence.kind.value)
        return Row(line, index, document, nationality, name, evidence)

    def _document(self, said: Mapping[str, str]) -> Document:
        if "number" not in said:
            raise Malformed("number", "missing")
        try:
            return parse_document(document_type(said), said["number"], on=self._on, divisions=known_division_codes())
        except InvalidDocument as error:
            raise RowError("number", error.code.value) from error

    def _nationality(self, said: Mapping[str, str], document: DocumentType) -> str:
        if "nationality" in said:
            return country_code(said["nationality"], "nationality", self.table.countries)
        if document in _NEEDS_COUNTRY:
            raise Malformed("nationality", "missing: a passport's number is one within its country only")
        return ""


@lru_cache(_WORDS)
def _document(cell: str) -> DocumentType | None:
    """Return the kind of document that a cell names; None for a word that names none."""
    word = plain_text(cell)
    try:
        return document_type({"document_type": word} if word else {})
    except Malformed:
        return None


@lru_cache(_NAMES)
def _plain_name(cell: str) -> str | None:
    """Return a name in normal form, nothing for an empty cell; None for what is no name."""
    try:
        return normalise_name(cell.strip()) if cell.strip() else ""
    except InvalidName:
        return None


def _name(said: Mapping[str, str]) -> str:
    try:
        return normalise_name(said["name"]) if "name" in said else ""
    except InvalidName as error:
        raise RowError("name", error.code.value) from error


def _content_number(form: Mapping[str, object], index: bytes) -> str:
    """Return a number made of what the row says, the same for the same row whatever else is in the file."""
    text = json.dumps(form, ensure_ascii=False, sort_keys=True)
    return f"row-{hashlib.sha256(index + text.encode()).hexdigest()[:48]}"
