"""Departments' files of evidence (涉疫信息, N3.2): every good row is recorded, every other is given back with a reason.

A file goes through in chunks, each a transaction, so that memory stays flat and a killed worker loses one chunk.
Negative tests, of which there are millions, are recorded by COPY and statements over sets (``services/staging.py``);
whoever has another row in the chunk goes through ``record_batch`` with all of theirs, where alarms look at them and
one decision is made of the whole. A row that was recorded before is recognised by its number, so a file may be loaded
again, whole or after a crash.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from itertools import groupby, islice
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction

from healthcode.access import NotPermitted, check_can_import
from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.evidence_table import Line
from healthcode.domain.test_results import is_plain_negative
from healthcode.models import Account, Cause, EvidenceBatch, EvidenceRecord, Feed, HeldRecord, Source, vault
from healthcode.services.audit import record_act
from healthcode.services.decisions import lock_people, ruleset_in_force, store_decisions, store_first_decisions
from healthcode.services.errors import Refused
from healthcode.services.evidence import NewEvidence, check_batch_open, record_batch
from healthcode.services.import_rows import RefusedRow, Row, RowError, RowReader, Table
from healthcode.services.staging import NewPerson, Staged, Staging, Touched

__all__ = ["CHUNK", "ImportReport", "Line", "RefusedRow", "Table", "load_evidence"]

CHUNK = 5_000
# Rows that go through ``record_batch``, and people decided one by one, in one statement each.
_PART = 1_000
# What a record names must be there before it.
_ORDER = {Kind.RELEASE: 1, Kind.RETRACTION: 2}
# Two files may use one number at the same moment: who comes second reads it again.
_TRIES = 3


class ImportReport(NamedTuple):
    """How many rows were recorded, there before and refused, how many decisions changed, and the batch if any.

    ``held``: rows that an alarm froze, now or when they came before; they count when supervisors release them.
    """

    new: int = 0
    duplicate: int = 0
    refused: int = 0
    recoloured: int = 0
    held: int = 0
    batch: EvidenceBatch | None = None


class _Read(NamedTuple):
    """The next lines of a file: how many there were, the rows they say, and those that say none."""

    lines: int
    rows: list[Row]
    refused: list[RefusedRow]


def load_evidence(
    *, by: Account | None, source: Source, table: Table, at: datetime, refuse: Callable[[RefusedRow], None]
) -> ImportReport:
    """Record the rows of ``table`` for ``source`` in chunks of 5,000, each a transaction; return the counts.

    ``refuse`` is handed each row that is not recorded, in the order of the file within a chunk. A row without a number
    of its own is numbered by its content. Whom the evidence is about is found by the document, or made.
    On return everything is on disk: chunks do not wait for it, the audit entry that follows them does. After a crash
    before that, the file is loaded again. Raises ``NotPermitted``, ``NoRuleSet``; ``Refused``: ``batch_withdrawn`` (the
    batch was withdrawn meanwhile).
    """
    check_can_import(by, source)
    report = ImportReport()
    reader = RowReader(source, table, at)
    with closing(_read_ahead(reader, iter(table.lines))) as chunks:
        for chunk in chunks:
            report, refused = _record_chunk(by, reader, chunk, report)
            for row in sorted(refused, key=lambda row: row.line.number):
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
            held=report.held,
        )
    return report


# --- reading ----------------------------------------------------------------------------------------------


def _read_ahead(reader: RowReader, lines: Iterator[Line]) -> Generator[_Read]:
    """Yield the chunks; while the database works on one, a thread reads the next. It asks the database nothing."""
    chunk = _read(reader, lines)
    if chunk.lines < CHUNK:
        yield chunk
        return
    with ThreadPoolExecutor(1, "rows") as pool:
        while chunk.lines:
            ahead = pool.submit(_read, reader, lines)
            yield chunk
            chunk = ahead.result()


def _read(reader: RowReader, lines: Iterator[Line]) -> _Read:
    rows: list[Row] = []
    refused: list[RefusedRow] = []
    number = 0
    for line in islice(lines, CHUNK):
        number += 1
        try:
            rows.append(reader.read(line))
        except RowError as error:
            refused.append(RefusedRow(line, error.field, error.code, error.what))
    return _Read(number, rows, refused)


# --- recording --------------------------------------------------------------------------------------------


def _record_chunk(
    by: Account | None, reader: RowReader, read: _Read, before: ImportReport, tries: int = _TRIES
) -> tuple[ImportReport, list[RefusedRow]]:
    """Record a chunk in one transaction; return the counts so far and the rows that were not recorded."""
    work = _Chunk(by, reader, before.batch)
    # Inside a transaction of the caller's, how that one ends is the caller's matter.
    is_outermost = not connection.in_atomic_block
    try:
        with transaction.atomic():
            if is_outermost:
                work.sets.commit_without_waiting()
            report = work.record(read, before)
    except IntegrityError:
        if tries == 1:
            raise
        return _record_chunk(by, reader, read, before, tries - 1)
    return report, work.refused


class _Chunk:
    """The work on one chunk; holds what every step needs and the rows refused so far."""

    def __init__(self, by: Account | None, reader: RowReader, batch: EvidenceBatch | None) -> None:
        self.by, self.reader = by, reader
        self.source, self.at = reader.source, reader.at
        self.sets = Staging()
        self.refused: list[RefusedRow] = []
        self.again: list[Row] = []
        self.new = self.recoloured = self.held = 0
        self.batch, self.is_new_batch = batch, batch is None

    def record(self, read: _Read, before: ImportReport) -> ImportReport:
        """Record the rows and add what came of them to the counts ``before``."""
        self.refused += read.refused
        people = self._people(read.rows)
        known = [row for row in read.rows if row.key in people]
        rows = list(self._not_waiting(list(self._once(known)), people))
        if rows:
            self._record(rows, people, self._open_batch())
        for row in self._fresh(self.again, people):
            self._refuse_number(row)
        return ImportReport(
            new=before.new + self.new,
            duplicate=before.duplicate + read.lines - self.new - self.held - len(self.refused),
            refused=before.refused + len(self.refused),
            recoloured=before.recoloured + self.recoloured,
            held=before.held + self.held,
            batch=self.batch,
        )

    def _record(self, rows: Sequence[Row], people: Mapping[bytes, int], batch: EvidenceBatch) -> None:
        # Everybody at once, in the order of ids: two files at a time then never wait for each other in a ring.
        self.sets.lock_ids(people={people[row.key] for row in rows})
        # Alarms look at everything but a negative test.
        alone = {row.key for row in rows if not is_plain_negative(row.evidence)}
        tests = [row for row in rows if row.key not in alone]
        waiting = self.held
        if tests:
            self._record_tests(tests, people, batch)
        if alone:
            self._record_others([row for row in rows if row.key in alone], people, batch)
        if self.is_new_batch and not self.new and self.held == waiting:
            # Nothing came of the file so far: a batch of nothing is not kept.
            batch.delete()
            self.batch = None

    def _open_batch(self) -> EvidenceBatch:
        if self.batch is None:
            name = self.reader.table.name[:160]
            self.batch = EvidenceBatch.objects.create(
                source=self.source, name=name, received_at=self.at, received_by=self.by
            )
        else:
            check_batch_open(batch=self.batch)
        return self.batch

    def _refuse(self, line: Line, field: str, code: str, what: str = "") -> None:
        self.refused.append(RefusedRow(line, field, code, what))

    def _refuse_number(self, row: Row) -> None:
        self._refuse(row.line, "id", "number_taken", row.evidence.id)

    def _once(self, rows: Sequence[Row]) -> Iterator[Row]:
        """Yield the first row of each number; put those aside that say something else under it."""
        first: dict[str, Row] = {}
        for row in rows:
            there = first.setdefault(row.evidence.id, row)
            if there is row:
                yield row
            elif (there.key, _content(there.evidence)) != (row.key, _content(row.evidence)):
                self.again.append(row)

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

    def _not_waiting(self, rows: Sequence[Row], people: Mapping[bytes, int]) -> Iterator[Row]:
        """Yield the rows whose number is not in quarantine; count those that wait there."""
        held = HeldRecord.objects.filter(held__source=self.source, held__confirmed_at__isnull=True)
        waiting: dict[str, HeldRecord] = {}
        if held.exists():
            numbers = [row.evidence.id for row in rows]
            waiting = {one.source_ref: one for one in held.filter(source_ref__in=numbers).order_by("pk")}
        for row in rows:
            one = waiting.get(row.evidence.id)
            if one is None:
                yield row
            elif (one.person_id, _content(one.as_domain())) == (people[row.key], _content(row.evidence)):
                self.held += 1
            else:
                self._refuse_number(row)

    # --- test results, in sets --------------------------------------------------------------------------------

    def _record_tests(self, rows: Sequence[Row], people: Mapping[bytes, int], batch: EvidenceBatch) -> None:
        """Record test results by COPY and one statement, and decide for those whom they may concern."""
        self.sets.stage(rows=(Staged(place, people[row.key], row.evidence) for place, row in enumerate(rows)))
        touched = self.sets.record_staged(by=self.by, batch=batch, at=self.at)
        taken = self.sets.taken_places(source_id=batch.source_id) if touched.records < len(rows) else []
        for place in taken:
            self._refuse_number(rows[place])
        turned = self._recolour(touched)
        self._mark_late(rows, batch, turned)
        self.new += touched.records
        self.recoloured += len(turned)

    def _recolour(self, touched: Touched) -> list[int]:
        """Decide for the touched people, but for those whose decision their new tests cannot change; return whom."""
        rested = self.sets.settled(people=touched.people, ruleset_id=ruleset_in_force(self.at).pk)
        left = [person_id for person_id in touched.people if person_id not in rested]
        first = self.sets.first_heard_of(people=left, at=self.at) if left else set()
        store_first_decisions(by=self.by, person_ids=sorted(first), cause=Cause.EVIDENCE, at=self.at)
        turned = list(first)
        due = sorted(person_id for person_id in left if person_id not in first)
        for start in range(0, len(due), _PART):
            locked = lock_people(due[start : start + _PART])
            changed = store_decisions(by=self.by, people=locked, cause=Cause.EVIDENCE, at=self.at)
            turned += [decision.person_id for decision in changed]
        return turned

    def _mark_late(self, rows: Sequence[Row], batch: EvidenceBatch, turned: list[int]) -> None:
        """Mark the tests that came later than usual, with the decision each led to, as ``feeds.mark_late`` does."""
        feed = Feed.objects.filter(source=self.source).first()
        if feed is None or all(self.at - row.evidence.at <= feed.late_after for row in rows):
            return
        marked = self.sets.mark_late_staged(batch=batch, allowed=feed.late_after, turned=turned, at=self.at)
        if marked:
            record_act(by=self.by, at=self.at, action="mark_late", source=self.source.code, records=marked)

    # --- all other rows ---------------------------------------------------------------------------------------

    def _record_others(self, rows: Sequence[Row], people: Mapping[bytes, int], batch: EvidenceBatch) -> None:
        fresh = list(self._fresh(rows, people))
        fresh.sort(key=lambda row: (people[row.key], _ORDER.get(row.evidence.kind, 0)))
        for part in _parts(fresh):
            self._record_part(part, people, batch)

    def _fresh(self, rows: Sequence[Row], people: Mapping[bytes, int]) -> Iterator[Row]:
        """Yield the rows that are not on record. A number that is used for something else is a fault of the file."""
        numbers = [row.evidence.id for row in rows]
        if not numbers:
            return
        records = EvidenceRecord.objects.filter(source=self.source, source_ref__in=numbers)
        known = {
            record.source_ref: (record.person_id, _content(record.as_domain()))
            for record in records.select_related("source", "retracts").order_by("pk")
        }
        for row in rows:
            if row.evidence.id not in known:
                yield row
            elif known[row.evidence.id] != (people[row.key], _content(row.evidence)):
                self._refuse_number(row)

    def _record_part(self, rows: Sequence[Row], people: Mapping[bytes, int], batch: EvidenceBatch) -> None:
        """Record the rows; where the whole is refused, its halves are tried, down to the row that is at fault."""
        evidence = [NewEvidence(people[row.key], row.evidence) for row in rows]
        try:
            done = record_batch(by=self.by, source=self.source, rows=evidence, at=self.at, batch=batch)
        except (Refused, NotPermitted) as error:
            if len(rows) == 1:
                self._refuse(rows[0].line, _FIELDS.get(error.code, "kind"), error.code)
                return
            middle = len(rows) // 2
            self._record_part(rows[:middle], people, batch)
            self._record_part(rows[middle:], people, batch)
            return
        if done.held is not None:
            self.held += len(rows) - done.duplicates
        self.new += len(done.records)
        self.recoloured += len(done.decisions)


_FIELDS = {
    "unknown_retracted": "retracts",
    "unknown_released": "of",
    "reason_required": "reason",
    "event_in_future": "at",
    "not_permitted": "number",
}


def _parts(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield the rows about a thousand at a time, a person's together, so that one decision is made of them."""
    part: list[Row] = []
    for _key, own in groupby(rows, key=lambda row: row.key):
        part += own
        if len(part) >= _PART:
            yield part
            part = []
    if part:
        yield part


def _content(said: Evidence) -> tuple[object, ...]:
    """Return what two records of one number must have in common to be the same record."""
    # Whom a release frees and what a retraction withdraws are stored under other names than the file uses.
    detail = sorted((name, str(value)) for name, value in said.detail.items() if name != "of")
    return (said.kind, said.at, said.until, said.reported_at, said.place, said.community, detail)


def _person(row: Row) -> NewPerson:
    number = vault().seal(row.document.number, "person.number")
    return NewPerson(row.document.type.value, row.nationality, row.key, number, vault().seal(row.name, "person.name"))
