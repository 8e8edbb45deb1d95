"""Test results in sets: copied into a staging table, recorded by one statement, and decided only where they matter.

Part of ``services/imports.py``, which reads the rows and owns the transaction. Nothing here is called elsewhere.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.test_results import LIFTED_BY_TESTS
from healthcode.models import Account, AuditEntry, DecisionRecord, EvidenceBatch, EvidenceRecord, LateRecord, Person

# Emptied and not only made: several chunks may lie in one transaction of the caller's.
_CREATE = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_evidence (
    place integer, person_id bigint, ref text, at timestamptz, ended_at timestamptz, reported_at timestamptz
) ON COMMIT DROP;
TRUNCATE staged_evidence
"""
_COPY = "COPY staged_evidence FROM STDIN"
# What COPY takes for the end of a cell or of a line, or for an escape. All else in a line is made of digits.
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
# The indexes come as one value, each of its 32 bytes: a list of so many would take longer to print than to find.
_FIND = """
SELECT place, person.id FROM generate_series(0, %(number)s - 1) AS place
JOIN {person} person ON person.number_index = substr(%(indexes)s, place * 32 + 1, 32)
"""
# In the order of the index, so that two files with the same new people do not wait for each other in a ring.
_MAKE = """
INSERT INTO {person} (public_id, document_type, nationality, number_index, number_sealed, name_sealed,
                      residence_code, stay_code, created_at)
SELECT gen_random_uuid(), new.type, new.nationality, new.index, new.number, new.name, '', '', %(at)s
FROM unnest(%(types)s::text[], %(nationalities)s::text[], %(indexes)s::bytea[], %(numbers)s::bytea[],
            %(names)s::bytea[]) AS new (type, nationality, index, number, name)
ORDER BY new.index
ON CONFLICT (number_index) DO NOTHING
"""
_LOCK = "SELECT 1 FROM {person} WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
# Numbers are inserted in their order, so that two files with the same ones do not wait for each other in a ring.
_INSERT = """
WITH made AS (
    INSERT INTO {evidence} (public_id, person_id, kind, at, ended_at, recorded_at, reported_at, source_id,
                            source_ref, batch_id, place, community, detail, reason, recorded_by_id)
    SELECT gen_random_uuid(), person_id, %(test)s, at, ended_at, %(at)s, reported_at, %(source)s, ref, %(batch)s,
           '', '', %(negative)s::jsonb, '', %(by)s
    FROM staged_evidence ORDER BY ref COLLATE "C"
    ON CONFLICT (source_id, source_ref) DO NOTHING
    RETURNING public_id, person_id
), audited AS (
    INSERT INTO {audit} (at, actor_id, actor_label, action, person_id, detail, reason)
    SELECT %(at)s, %(by)s, %(label)s, 'record_evidence', person_id,
           jsonb_build_object('evidence', public_id, 'kind', %(test)s::text), ''
    FROM made
)
SELECT person_id, count(*) FROM made GROUP BY person_id
"""
# Numbers that were used for something else before.
_TAKEN = """
SELECT staged.place FROM staged_evidence staged
JOIN {evidence} known ON known.source_id = %(source)s AND known.source_ref = staged.ref
WHERE (known.person_id, known.kind, known.at, known.place, known.community, known.detail - 'of')
      IS DISTINCT FROM (staged.person_id, %(test)s, staged.at, '', '', %(negative)s::jsonb)
   OR known.until IS NOT NULL OR known.reported_at IS DISTINCT FROM staged.reported_at
"""
# What came later than usual, with the decision it led to.
_LATE = """
INSERT INTO {late} (evidence_id, delay, allowed, marked_at, decision_id)
SELECT record.id, record.recorded_at - record.at, %(allowed)s, %(at)s, decision.id
FROM staged_evidence staged
JOIN {evidence} record ON record.source_id = %(source)s AND record.source_ref = staged.ref
                      AND record.batch_id = %(batch)s
LEFT JOIN {decision} decision ON decision.person_id = record.person_id AND decision.superseded_at IS NULL
                             AND record.person_id = ANY(%(turned)s::bigint[])
WHERE record.recorded_at - record.at > %(allowed)s
ON CONFLICT (evidence_id) DO NOTHING
"""
# Of the people with new negative tests, those with a decision under the rules in force and nothing to lift.
_SETTLED = """
SELECT person.id FROM unnest(%(people)s::bigint[]) AS person (id)
WHERE EXISTS (SELECT 1 FROM {decision} decision
              WHERE decision.person_id = person.id AND decision.superseded_at IS NULL
                AND decision.ruleset_id = %(ruleset)s)
  AND NOT EXISTS (SELECT 1 FROM {evidence} record
                  WHERE record.person_id = person.id AND record.kind = ANY(%(lifted)s))
"""
# Of the same people, those who have no decision yet and no record but negative tests.
_FIRST = """
SELECT person.id FROM unnest(%(people)s::bigint[]) AS person (id)
WHERE NOT EXISTS (SELECT 1 FROM {decision} decision WHERE decision.person_id = person.id)
  AND NOT EXISTS (SELECT 1 FROM {evidence} record
                  WHERE record.person_id = person.id
                    AND (record.kind <> %(test)s OR record.detail ->> 'result' <> 'negative'
                         OR record.recorded_at > %(at)s))
"""


# What every record staged here says beside its instants.
_SAYS = {"test": Kind.NAT_RESULT.value, "negative": json.dumps({"result": "negative"})}


class Staged(NamedTuple):
    """One negative test to be recorded: its place in the file, whose it is, and what it says."""

    place: int
    person_id: int
    evidence: Evidence


class NewPerson(NamedTuple):
    """Somebody whom evidence is the first to name: the document's type and country, its index, and what is sealed."""

    document_type: str
    nationality: str
    number_index: bytes
    number_sealed: bytes
    name_sealed: bytes


class Touched(NamedTuple):
    """How many records were made, and of whom."""

    records: int
    people: list[int]


class Staging:
    """The sets of one chunk; the caller holds the transaction."""

    def commit_without_waiting(self) -> None:
        """Let this transaction commit before it is on disk; the next one that waits brings it there too."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")

    def find_people(self, indexes: Iterable[bytes]) -> dict[bytes, int]:
        """Return the ids of the people known by these blind indexes."""
        keys = list(set(indexes))
        with connection.cursor() as cursor:
            cursor.execute(_sql(_FIND), {"number": len(keys), "indexes": b"".join(keys)})
            return {keys[place]: person_id for place, person_id in cursor.fetchall()}

    def make_people(self, people: Sequence[NewPerson], at: datetime) -> None:
        """Make the people in one statement, but for those whom somebody else made meanwhile."""
        given: dict[str, Any] = {
            "types": [one.document_type for one in people],
            "nationalities": [one.nationality for one in people],
            "indexes": [one.number_index for one in people],
            "numbers": [one.number_sealed for one in people],
            "names": [one.name_sealed for one in people],
            "at": at,
        }
        with connection.cursor() as cursor:
            cursor.execute(_sql(_MAKE), given)

    def lock_ids(self, people: Iterable[int]) -> None:
        """Lock the people's rows in the order of their ids, as ``lock_people`` does, without reading them."""
        with connection.cursor() as cursor:
            cursor.execute(_sql(_LOCK), [_array(people)])

    def stage(self, rows: Iterable[Staged]) -> None:
        """Copy the rows into a table of this transaction's own."""
        with connection.cursor() as cursor:
            cursor.execute(_CREATE)
            with cursor.copy(_COPY) as copy:
                copy.write("".join(map(_line, rows)))

    def record_staged(self, by: Account | None, batch: EvidenceBatch, at: datetime) -> Touched:
        """Record what is staged and not on record yet, with its audit entries; a number of its own is used once."""
        given: dict[str, Any] = {
            "at": at,
            "source": batch.source_id,
            "batch": batch.pk,
            "by": by.pk if by else None,
            "label": by.username if by else batch.source.code,
            **_SAYS,
        }
        with connection.cursor() as cursor:
            cursor.execute(_sql(_INSERT), given)
            found = cursor.fetchall()
        return Touched(sum(number for _person, number in found), [person_id for person_id, _number in found])

    def mark_late_staged(self, batch: EvidenceBatch, allowed: timedelta, turned: list[int], at: datetime) -> int:
        """Mark the records just made of what is staged that came more than ``allowed`` after what they state.

        ``turned`` are the people whose decision they changed. Returns how many were marked.
        """
        given: dict[str, Any] = {
            "source": batch.source_id,
            "batch": batch.pk,
            "allowed": allowed,
            "turned": turned,
            "at": at,
        }
        with connection.cursor() as cursor:
            cursor.execute(_sql(_LATE), given)
            return int(cursor.rowcount)

    def taken_places(self, source_id: int) -> list[int]:
        """Return the places of staged rows whose number stands for another record."""
        with connection.cursor() as cursor:
            cursor.execute(_sql(_TAKEN), {"source": source_id, **_SAYS})
            return [place for (place,) in cursor.fetchall()]

    def settled(self, people: list[int], ruleset_id: int) -> set[int]:
        """Return those of ``people`` whose decision a negative test cannot change: it stands, nothing is to lift."""
        lifted = [kind.value for kind in LIFTED_BY_TESTS]
        return _ids(_SETTLED, {"people": _array(people), "ruleset": ruleset_id, "lifted": lifted})

    def first_heard_of(self, people: list[int], at: datetime) -> set[int]:
        """Return those of ``people`` who have no decision, and no record at ``at`` but negative tests."""
        return _ids(_FIRST, {"people": _array(people), "test": Kind.NAT_RESULT.value, "at": at})


@lru_cache(16_384)
def _printed(instant: datetime | None) -> str:
    """Return an instant as COPY reads it. A file says the same few thousand again and again."""
    return instant.isoformat() if instant else r"\N"


def _line(row: Staged) -> str:
    place, person_id, said = row
    times = f"{_printed(said.at)}\t{_printed(said.ended_at)}\t{_printed(said.reported_at)}"
    return f"{place}\t{person_id}\t{said.id.translate(_ESCAPED)}\t{times}\n"


def _sql(statement: str) -> str:
    models = (EvidenceRecord, AuditEntry, DecisionRecord, LateRecord, Person)
    names = ("evidence", "audit", "decision", "late", "person")
    return statement.format(**{name: model._meta.db_table for name, model in zip(names, models, strict=True)})


def _array(ids: Iterable[int]) -> str:
    """Return the ids as the database prints an array: one value, quickly sent."""
    return f"{{{','.join(map(str, ids))}}}"


def _ids(statement: str, given: dict[str, Any]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(_sql(statement), given)
        return {person_id for (person_id,) in cursor.fetchall()}
