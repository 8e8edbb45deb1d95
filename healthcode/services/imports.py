"""Departments' files of evidence (涉疫信息, N3.2): every good row is recorded, every other is given back with a reason.

A file goes through in chunks, each a transaction, so that memory stays flat and a killed worker loses one chunk. Test
results, of which there are millions, are recorded by COPY and statements over sets (``services/staging.py``); all
other rows go through ``record_batch``. A row that was recorded before is recognised by its number, so a file may be
loaded again, whole or after a crash.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from django.db import transaction

from healthcode.access import NotPermitted, check_can_import
from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.test_results import is_bare_test
from healthcode.models import Account, Cause, EvidenceBatch, EvidenceRecord, Feed, Source, vault
from healthcode.services.audit import record_act
from healthcode.services.decisions import lock_people, ruleset_in_force, store_decisions, store_first_decisions
from healthcode.services.errors import Refused
from healthcode.services.evidence import NewEvidence, check_batch_open, record_batch
from healthcode.services.import_rows import Line, RefusedRow, Row, RowError, RowReader, Table
from healthcode.services.staging import NewPerson, Staged, Staging, Touched

__all__ = ["CHUNK", "ImportReport", "Line", "RefusedRow", "Table", "load_evidence"]

CHUNK = 5_000
# Rows that go through ``record_batch``, and people decided one by one, in one statement each.
_PART = 1_000
# What a record names must be there before it.
_ORDER = {Kind.RELEASE: 1, Kind.RETRACTION: 2}


class ImportReport(NamedTuple):
    """How many rows were recorded, there before and refused, how many decisions changed, and the batch if any.

    ``held``: an alarm froze these rows until supervisors judge them; nothing of them was recorded.
    """

    new: int = 0
    duplicate: int = 0
    refused: int = 0
    recoloured: int = 0
    held: int = 0
    batch: EvidenceBatch | None = None


def load_evidence(
    *, by: Account | None, source: Source, table: Table, at: datetime, refuse: Callable[[RefusedRow], None]
) -> ImportReport:
    """Record the rows of ``table`` for ``source`` in chunks of 5,000, each a transaction; return the counts.

    ``refuse`` is handed each row that is not recorded, in the order of the file within a chunk. A row without a number
    of its own is numbered by its content. Whom the evidence is about is found by the document, or made.
    Raises ``NotPermitted``, ``NoRuleSet``; ``Refused``: ``batch_withdrawn`` (the batch was withdrawn meanwhile).
    """
    check_can_import(by, source)
    report = ImportReport()
    reader = RowReader(source, table, at)
    lines = iter(table.lines)
    while chunk := list(islice(lines, CHUNK)):
        work = _Chunk(by, reader, report.batch)
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

    def __init__(self, by: Account | None, reader: RowReader, batch: EvidenceBatch | None) -> None:
        self.by, self.reader, self.batch = by, reader, batch
        self.source, self.at = reader.source, reader.at
        self.sets = Staging()
        self.refused: list[RefusedRow] = []
        self.new = self.recoloured = self.held = 0
        feed = Feed.objects.filter(source=self.source).first()
        self.late_after = feed.late_after if feed else None

    def load(self, lines: Sequence[Line], before: ImportReport) -> ImportReport:
        """Record the lines and add what came of them to the counts ``before``."""
        rows = list(self._read(lines))
        people = self._people(rows)
        rows = [row for row in rows if row.key in people]
        tests = [row for row in rows if self._goes_in_sets(row.evidence)]
        if tests:
            self._record_tests(tests, people)
        if len(tests) < len(rows):
            self._record_others([row for row in rows if not self._goes_in_sets(row.evidence)], people)
        return ImportReport(
            new=before.new + self.new,
            duplicate=before.duplicate + len(lines) - self.new - self.held - len(self.refused),
            refused=before.refused + len(self.refused),
            recoloured=before.recoloured + self.recoloured,
            held=before.held + self.held,
            batch=self.batch,
        )

    def _goes_in_sets(self, said: Evidence) -> bool:
        """Tell whether a record needs nobody's look: a negative test in time. Alarms watch the positive ones."""
        late = self.late_after is not None and self.at - said.at > self.late_after
        return is_bare_test(said) and said.detail["result"] == "negative" and not late

    def _refuse(self, line: Line, field: str, code: str, what: str = "") -> None:
        self.refused.append(RefusedRow(line, field, code, what))

    def _read(self, lines: Sequence[Line]) -> Iterator[Row]:
        for line in lines:
            try:
                yield self.reader.read(line)
            except RowError as error:
                self._refuse(line, error.field, error.code, error.what)

    def _people(self, rows: Sequence[Row]) -> dict[bytes, int]:
        """Return the people's ids by index, made where evidence is the first we hear of them; two statements."""
        found = self.sets.find_people(indexes=(row.key for row in rows))
        unknown: dict[bytes, Row] = {}
        for row in rows:
            if row.key not in found and row.name:
                unknown.setdefault(row.key, row)
        if unknown:
            self.sets.make_people(people=[_person(row) for row in unknown.values()], at=self.at)
            found |= self.sets.find_people(indexes=unknown)
        for row in rows:
            if row.key not in found:
                self._refuse(row.line, "name", "name_required")
        return found

    # --- test results, in sets --------------------------------------------------------------------------------

    def _record_tests(self, rows: Sequence[Row], people: Mapping[bytes, int]) -> None:
        """Record test results by COPY and one statement, and decide for those whom they may concern."""
        with transaction.atomic():
            batch = self.batch or self._new_batch()
            check_batch_open(batch=batch)
            self.sets.lock_ids(people={people[row.key] for row in rows})
            self.sets.stage(rows=[Staged(place, people[row.key], row.evidence) for place, row in enumerate(rows)])
            touched = self.sets.record_staged(by=self.by, batch=batch, at=self.at)
            taken = self.sets.taken_places(source_id=batch.source_id) if touched.records < len(rows) else []
            recoloured = self._recolour(touched)
            if not touched.records and self.batch is None:
                # Nothing came of the file so far: a batch of nothing is not kept.
                batch.delete()
        for place in taken:
            self._refuse(rows[place].line, "id", "number_taken", rows[place].evidence.id)
        if touched.records:
            self.batch = batch
        self.new += touched.records
        self.recoloured += recoloured

    def _recolour(self, touched: Touched) -> int:
        """Decide for the touched people, but for those whose decision their new records cannot change."""
        idle = touched.idle
        rested = self.sets.settled(people=idle, ruleset_id=ruleset_in_force(self.at).pk) if idle else set()
        left = [person_id for person_id in idle if person_id not in rested]
        first = self.sets.first_heard_of(people=left, at=self.at) if left else set()
        changed = store_first_decisions(by=self.by, person_ids=sorted(first), cause=Cause.EVIDENCE, at=self.at)
        due = sorted([*touched.others, *(person_id for person_id in left if person_id not in first)])
        for start in range(0, len(due), _PART):
            locked = lock_people(due[start : start + _PART])
            changed += len(store_decisions(by=self.by, people=locked, cause=Cause.EVIDENCE, at=self.at))
        return changed

    # --- all other rows ---------------------------------------------------------------------------------------

    def _record_others(self, rows: Sequence[Row], people: Mapping[bytes, int]) -> None:
        fresh = list(self._fresh(rows, people))
        fresh.sort(key=lambda row: _ORDER.get(row.evidence.kind, 0))
        for start in range(0, len(fresh), _PART):
            self._record(fresh[start : start + _PART], people)

    def _fresh(self, rows: Sequence[Row], people: Mapping[bytes, int]) -> Iterator[Row]:
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

    def _record(self, rows: Sequence[Row], people: Mapping[bytes, int]) -> None:
        """Record the rows; where the whole is refused, its halves are tried, down to the row that is at fault."""
        evidence = [NewEvidence(people[row.key], row.evidence) for row in rows]
        try:
            with transaction.atomic():
                batch = self.batch or self._new_batch()
                done = record_batch(by=self.by, source=self.source, rows=evidence, at=self.at, batch=batch)
        except (Refused, NotPermitted) as error:
            if error.code == "batch_withdrawn":
                raise
            if len(rows) == 1:
                self._refuse(rows[0].line, _FIELDS.get(error.code, "kind"), error.code)
                return
            middle = len(rows) // 2
            self._record(rows[:middle], people)
            self._record(rows[middle:], people)
            return
        self.batch = batch
        if done.held is not None:
            self.held += len(rows) - done.duplicates
        self.new += len(done.records)
        self.recoloured += len(done.decisions)

    def _new_batch(self) -> EvidenceBatch:
        return EvidenceBatch.objects.create(
            source=self.source, name=self.reader.table.name[:160], received_at=self.at, received_by=self.by
        )


_FIELDS = {
    "unknown_retracted": "retracts",
    "unknown_released": "of",
    "reason_required": "reason",
    "event_in_future": "at",
    "not_permitted": "number",
}


def _content(said: Evidence) -> tuple[object, ...]:
    """Return what two records of one number must have in common to be the same record."""
    # Whom a release frees and what a retraction withdraws are stored under other names than the file uses.
    detail = sorted((name, str(value)) for name, value in said.detail.items() if name != "of")
    return (said.kind, said.at, said.until, said.reported_at, said.place, said.community, detail)


def _person(row: Row) -> NewPerson:
    number = vault().seal(row.document.number, "person.number")
    return NewPerson(row.document.type.value, row.nationality, row.key, number, vault().seal(row.name, "person.name"))
