"""Departments' files of evidence (涉疫信息, N3.2): every good row is recorded, every other is given back with a reason.

Rows pass ``cases.read_evidence`` like every feed and are recorded in chunks through ``record_batch``; a row that was
recorded before is recognised by its number, so a file may be loaded again, whole or after a crash.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from django.db import transaction

from healthcode.access import NotPermitted
from healthcode.domain.cases import Malformed, read_evidence
from healthcode.domain.divisions import known_division_codes
from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.evidence_table import Header, country_code, document_type, json_form, read_cells
from healthcode.domain.identity import (
    Document,
    DocumentType,
    InvalidDocument,
    InvalidName,
    normalise_name,
    parse_document,
)
from healthcode.domain.instants import to_china
from healthcode.models import Account, EvidenceBatch, EvidenceRecord, Person, Source, vault
from healthcode.services.audit import record_act
from healthcode.services.errors import Refused
from healthcode.services.evidence import NewEvidence, record_batch
from healthcode.services.persons import number_index

CHUNK = 1_000
# What a record names must be there before it.
_ORDER = {Kind.RELEASE: 1, Kind.RETRACTION: 2}
_LENGTHS = {"id": 64, "community": 200, "reason": 256, "document": 96}


class Line(NamedTuple):
    """One line of the file: the number it begins at, and its cells."""

    number: int
    cells: Sequence[str]


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


class ImportReport(NamedTuple):
    """How many rows were recorded, there before and refused, how many decisions changed, and the batch if any."""

    new: int = 0
    duplicate: int = 0
    refused: int = 0
    recoloured: int = 0
    batch: EvidenceBatch | None = None


class _Row(NamedTuple):
    line: Line
    key: bytes
    document: Document
    nationality: str
    name: str
    evidence: Evidence


class _RowError(Exception):
    def __init__(self, field: str, code: str, what: str = "") -> None:
        super().__init__(code)
        self.field, self.code, self.what = field, code, what


def load_evidence(
    *, by: Account | None, source: Source, table: Table, at: datetime, refuse: Callable[[RefusedRow], None]
) -> ImportReport:
    """Record the rows of ``table`` for ``source`` in chunks of 1,000, each a transaction; return the counts.

    ``refuse`` is handed each row that is not recorded, in the order of the file within a chunk. A row without a number
    of its own is numbered by its content. Whom the evidence is about is found by the document, or made.
    """
    report = ImportReport()
    lines = iter(table.lines)
    while chunk := list(islice(lines, CHUNK)):
        work = _Chunk(by, source, table, at, report.batch)
        report = work.load(chunk, report)
        for row in sorted(work.refused, key=lambda row: row.line.number):
            refuse(row)
    if report.batch is not None:
        record_act(
            by=by,
            at=at,
            action="load_evidence",
            source=source.code,
            batch=str(report.batch.public_id),
            new=report.new,
            refused=report.refused,
        )
    return report


class _Chunk:
    """The work on one chunk; holds what every step needs and the rows refused so far."""

    def __init__(
        self, by: Account | None, source: Source, table: Table, at: datetime, batch: EvidenceBatch | None
    ) -> None:
        self.by, self.source, self.table, self.at, self.batch = by, source, table, at, batch
        self.refused: list[RefusedRow] = []
        self.new = self.recoloured = 0

    def load(self, lines: Sequence[Line], before: ImportReport) -> ImportReport:
        """Record the lines and add what came of them to the counts ``before``."""
        rows = [row for row in map(self._read, lines) if row is not None]
        people = self._people(rows)
        fresh = list(self._fresh([row for row in rows if row.key in people], people))
        fresh.sort(key=lambda row: _ORDER.get(row.evidence.kind, 0))
        if fresh:
            self._record(fresh, people)
        return ImportReport(
            new=before.new + self.new,
            duplicate=before.duplicate + len(lines) - self.new - len(self.refused),
            refused=before.refused + len(self.refused),
            recoloured=before.recoloured + self.recoloured,
            batch=self.batch,
        )

    def _refuse(self, line: Line, field: str, code: str, what: str = "") -> None:
        self.refused.append(RefusedRow(line, field, code, what))

    # --- reading ------------------------------------------------------------------------------------------

    def _read(self, line: Line) -> _Row | None:
        try:
            said = read_cells(self.table.header, line.cells)
            return self._row(line, said)
        except Malformed as error:
            self._refuse(line, error.where.rpartition(".")[2], error.code, error.what)
        except _RowError as error:
            self._refuse(line, error.field, error.code, error.what)
        return None

    def _row(self, line: Line, said: Mapping[str, str]) -> _Row:
        document = self._document(said)
        nationality = self._nationality(said, document.type)
        name = _name(said)
        form = json_form(said, self.table.countries)
        for field, longest in _LENGTHS.items():
            if len(said.get(field, "")) > longest:
                raise _RowError(field, "too_long", f"at most {longest} characters")
        index = number_index(document, nationality)
        if "id" not in form:
            form["id"] = _content_number(form, index)
        # What we decide can rest on it from now on, whenever the department wrote it down.
        form |= {"recorded_at": self.at.isoformat(), "source": self.source.category}
        evidence = read_evidence(form, "row")
        if not self.source.may_assert(evidence.kind):
            raise _RowError("kind", "source_may_not_assert", evidence.kind.value)
        return _Row(line, index, document, nationality, name, evidence)

    def _document(self, said: Mapping[str, str]) -> Document:
        if "number" not in said:
            raise Malformed("number", "missing")
        try:
            on = to_china(self.at).date()
            return parse_document(document_type(said), said["number"], on=on, divisions=known_division_codes())
        except InvalidDocument as error:
            raise _RowError("number", error.code.value) from error

    def _nationality(self, said: Mapping[str, str], document: DocumentType) -> str:
        if "nationality" in said:
            return country_code(said["nationality"], "nationality", self.table.countries)
        if document in (DocumentType.PASSPORT, DocumentType.OTHER):
            raise Malformed("nationality", "missing: a passport's number is one within its country only")
        return ""

    # --- recording ----------------------------------------------------------------------------------------

    def _people(self, rows: Sequence[_Row]) -> dict[bytes, int]:
        """Return the people's ids by index, made where evidence is the first we hear of them; two statements."""
        found = _ids(row.key for row in rows)
        unknown: dict[bytes, _Row] = {}
        for row in rows:
            if row.key not in found and row.name:
                unknown.setdefault(row.key, row)
        if unknown:
            # In one order, so that two files with the same new people do not wait for each other in a ring.
            made = [_person(unknown[index], self.at) for index in sorted(unknown)]
            Person.objects.bulk_create(made, ignore_conflicts=True)
            found |= _ids(unknown)
        for row in rows:
            if row.key not in found:
                self._refuse(row.line, "name", "name_required")
        return found

    def _fresh(self, rows: Sequence[_Row], people: Mapping[bytes, int]) -> Iterator[_Row]:
        """Yield the rows that are not on record. A number that is used for something else is a fault of the file."""
        numbers = [row.evidence.id for row in rows]
        known = {
            record.source_ref: (record.person_id, _content(record.as_domain()))
            for record in EvidenceRecord.objects.filter(source=self.source, source_ref__in=numbers)
            .select_related("source", "retracts")
            .order_by("pk")
        }
        for row in rows:
            said = (people[row.key], _content(row.evidence))
            if row.evidence.id not in known:
                known[row.evidence.id] = said
                yield row
            elif known[row.evidence.id] != said:
                self._refuse(row.line, "id", "number_taken", row.evidence.id)

    def _record(self, rows: Sequence[_Row], people: Mapping[bytes, int]) -> None:
        """Record the rows; where the whole is refused, its halves are tried, down to the row that is at fault."""
        evidence = [NewEvidence(people[row.key], row.evidence) for row in rows]
        try:
            with transaction.atomic():
                batch = self.batch or self._new_batch()
                done = record_batch(by=self.by, source=self.source, rows=evidence, at=self.at, batch=batch)
        except (Refused, NotPermitted) as error:
            if len(rows) == 1:
                self._refuse(rows[0].line, _FIELDS.get(error.code, "kind"), error.code)
                return
            middle = len(rows) // 2
            self._record(rows[:middle], people)
            self._record(rows[middle:], people)
            return
        self.batch = batch
        self.new += len(done.records)
        self.recoloured += len(done.decisions)

    def _new_batch(self) -> EvidenceBatch:
        return EvidenceBatch.objects.create(
            source=self.source, name=self.table.name[:160], received_at=self.at, received_by=self.by
        )


_FIELDS = {
    "unknown_retracted": "retracts",
    "unknown_released": "of",
    "reason_required": "reason",
    "event_in_future": "at",
    "not_permitted": "number",
}


def _name(said: Mapping[str, str]) -> str:
    try:
        return normalise_name(said["name"]) if "name" in said else ""
    except InvalidName as error:
        raise _RowError("name", error.code.value) from error


def _content_number(form: Mapping[str, object], index: bytes) -> str:
    """Return a number made of what the row says, the same for the same row whatever else is in the file."""
    text = json.dumps(form, ensure_ascii=False, sort_keys=True)
    return f"row-{hashlib.sha256(index + text.encode()).hexdigest()[:48]}"


def _content(said: Evidence) -> tuple[object, ...]:
    """Return what two records of one number must have in common to be the same record."""
    # Whom a release frees and what a retraction withdraws are stored under other names than the file uses.
    detail = sorted((name, str(value)) for name, value in said.detail.items() if name != "of")
    return (said.kind, said.at, said.until, said.reported_at, said.place, said.community, detail)


def _ids(indexes: Iterable[bytes]) -> dict[bytes, int]:
    people = Person.objects.filter(number_index__in=list(indexes)).values_list("number_index", "pk")
    return {bytes(index): pk for index, pk in people.order_by("pk")}


def _person(row: _Row, at: datetime) -> Person:
    return Person(
        document_type=row.document.type,
        nationality=row.nationality,
        number_index=row.key,
        number_sealed=vault().seal(row.document.number, "person.number"),
        name_sealed=vault().seal(row.name, "person.name"),
        created_at=at,
    )
