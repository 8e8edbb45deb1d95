"""Taking in what a department's system sends: every good row is recorded, every other answered with a reason (N3.2).

Rows go the way of a department's file (``services/imports.py``), so that a record is read and refused in the same
words whichever way it came.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.db import IntegrityError, transaction

from healthcode.domain.cases import Malformed
from healthcode.domain.evidence import Kind
from healthcode.domain.evidence_table import COLUMNS, Header
from healthcode.models import Delivery, EvidenceRecord
from healthcode.services.audit import Act, record_acts
from healthcode.services.imports import ImportReport, Line, RefusedRow, Table, load_evidence

MAX_ROWS = 1_000
PERSON_FIELDS = ("document_type", "number", "nationality", "name")
FIELDS = tuple(field for field in COLUMNS if field not in PERSON_FIELDS)
_ALL = (*PERSON_FIELDS, *FIELDS)
_HEADER = Header({field: place for place, field in enumerate(_ALL)}, _ALL, ())
# The numbers a release names are a list; none may hold what lists are cut at.
_NUMBER = re.compile(r"[^\s,;，；、]{1,64}")
_KINDS = frozenset(kind.value for kind in Kind)


class _UnknownField(Exception):
    """A field that no row has: a misspelt ``until`` must not make a stay that never ended."""


class RowStatus(StrEnum):
    """What became of a row."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    # An alarm froze it; it is recorded when supervisors release it.
    HELD = "held"


class RowResult(NamedTuple):
    """The answer to one row: its number, what became of it and, where it was refused, code, field and detail."""

    id: str
    status: RowStatus
    code: str = ""
    field: str = ""
    what: str = ""


def receive_evidence(*, by: Delivery, rows: Sequence[object], at: datetime) -> list[RowResult]:
    """Record the rows (at most ``MAX_ROWS``) of a delivery and return an answer for each, in their order.

    A row is ``{"id", "person": {…}, "kind", "at", …}``; a number that the source has used for the same record is a
    duplicate and changes nothing. A malformed row does no harm to its neighbours.
    """
    refused: dict[int, RefusedRow] = {}
    lines = list(_readable(rows, refused))
    report = _load(by, lines, at, refused)
    results = _results(by, rows, refused, report)
    _close(by, results, report, at)
    return results


def _load(
    by: Delivery, lines: Sequence[Line], at: datetime, refused: dict[int, RefusedRow], tries: int = 3
) -> ImportReport:
    """Record the lines. Two requests may use one number at the same moment: who comes second reads it again."""
    table = Table(f"{by.source.code} {by.public_id}", _HEADER, lines, {})
    found: list[RefusedRow] = []
    try:
        report = load_evidence(by=None, source=by.source, table=table, at=at, refuse=found.append)
    except IntegrityError:
        if tries == 1:
            raise
        return _load(by, lines, at, refused, tries - 1)
    refused.update((row.line.number, row) for row in found)
    return report


# --- reading ----------------------------------------------------------------------------------------------


def _readable(rows: Iterable[object], refused: dict[int, RefusedRow]) -> Iterable[Line]:
    for number, row in enumerate(rows):
        try:
            yield Line(number, _cells(row))
        except Malformed as error:
            refused[number] = RefusedRow(Line(number, ()), error.where, error.code, error.what)
        except _UnknownField as error:
            name = str(error)[:64]
            refused[number] = RefusedRow(Line(number, ()), name if _is_text(name) else "row", "unknown_field")


def _cells(row: object) -> list[str]:
    fields = _object(row, "row", ("person", *FIELDS))
    person = _object(fields.get("person"), "person", PERSON_FIELDS)
    said = {field: _text(field, {**fields, **person}.get(field)) for field in _ALL}
    if not _is_number(said["id"]):
        raise Malformed("id", "missing" if not said["id"] else "at most 64 signs without spaces, commas or semicolons")
    if said["kind"] not in _KINDS:
        raise Malformed("kind", f"expected one of {', '.join(Kind)}" if said["kind"] else "missing")
    if not said["name"].strip():
        # Asked for of everybody: were it asked for of strangers alone, the answer would tell who is known.
        raise Malformed("name", "missing")
    return [said[field] for field in _ALL]


def _object(data: object, where: str, known: Sequence[str]) -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        raise Malformed(where, "missing" if data is None else "expected an object")
    for name in data:
        if name not in known:
            raise _UnknownField(name)
    return data


def _text(field: str, value: object) -> str:
    if value is None:
        return ""
    if field == "id" and type(value) is int:
        return str(value)
    if field == "of":
        return _numbers(value)
    if not isinstance(value, str) or not _is_text(value):
        raise Malformed(field, "expected text")
    return value


def _is_text(value: str) -> bool:
    """Tell whether the database and an answer can hold it: JSON may escape half a character, or none at all."""
    return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _numbers(value: object) -> str:
    names = value if isinstance(value, list) else [value]
    numbers = [name for name in names if isinstance(name, str) and _is_number(name)]
    if len(numbers) != len(names):
        raise Malformed("of", "expected a list of the numbers of records")
    return ",".join(numbers)


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and text.isprintable()


# --- answering --------------------------------------------------------------------------------------------


def _results(
    by: Delivery, rows: Sequence[object], refused: Mapping[int, RefusedRow], report: ImportReport
) -> list[RowResult]:
    numbers = [_number_of(row) for row in rows]
    records = EvidenceRecord.objects.filter(source=by.source, source_ref__in=set(numbers) - {""})
    batch = report.batch.pk if report.batch else None
    here = {ref: of for ref, of in records.order_by("pk").values_list("source_ref", "batch_id")}
    fresh = {ref for ref, of in here.items() if batch is not None and of == batch}
    why = {numbers[place]: row for place, row in sorted(refused.items(), reverse=True)}
    results = []
    for place, number in enumerate(numbers):
        # A row said twice was tried once; where that was refused, both are.
        fault = refused.get(place) or (None if number in here else why.get(number))
        if fault is not None:
            results.append(RowResult(number, RowStatus.REFUSED, fault.code, fault.field, fault.what))
        elif number not in here:
            results.append(RowResult(number, RowStatus.HELD))
        else:
            results.append(RowResult(number, RowStatus.RECORDED if number in fresh else RowStatus.DUPLICATE))
            fresh.discard(number)
    return results


def _number_of(row: object) -> str:
    said = row.get("id") if isinstance(row, Mapping) else None
    number = str(said)[:64].strip() if type(said) in (str, int) else ""
    return number if _is_text(number) else ""


@transaction.atomic
def _close(by: Delivery, results: Sequence[RowResult], report: ImportReport, at: datetime) -> None:
    counts = {status: sum(result.status is status for result in results) for status in RowStatus}
    by.finished_at, by.batch = at, report.batch
    by.recorded, by.duplicates = counts[RowStatus.RECORDED], counts[RowStatus.DUPLICATE]
    by.refused = counts[RowStatus.REFUSED]
    by.save(update_fields=["finished_at", "batch", "recorded", "duplicates", "refused"])
    told = {"key": by.key.key_id, "delivery": str(by.public_id), **{str(name): n for name, n in counts.items()}}
    record_acts(by=None, at=at, label=by.source.code, acts=[Act("receive_evidence", None, told)])
