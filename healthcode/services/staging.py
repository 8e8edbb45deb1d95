"""Test results in sets: copied into a staging table, recorded by one statement, and decided only where they matter.

Part of ``services/imports.py``, which reads the rows and owns the transaction. Nothing here is called elsewhere.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.test_results import LIFTED_BY_TESTS
from healthcode.models import Account, AuditEntry, DecisionRecord, EvidenceBatch, EvidenceRecord, Person

# Emptied and not only made: several chunks may lie in one transaction of the caller's.
_CREATE = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_evidence (
    place integer, person_id bigint, ref text, kind text, at timestamptz, ended_at timestamptz,
    reported_at timestamptz, detail jsonb
) ON COMMIT DROP;
TRUNCATE staged_evidence
"""
_COPY = "COPY staged_evidence FROM STDIN"
_FIND = "SELECT number_index, id FROM {person} WHERE number_index = ANY(%s)"
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
_LOCK = "SELECT id FROM {person} WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
# What one statement returns: the people with new records, and whether all of these are idle.
_INSERT = """
WITH made AS (
    INSERT INTO {evidence} (public_id, person_id, kind, at, ended_at, recorded_at, reported_at, source_id,
                            source_ref, batch_id, place, community, detail, reason, recorded_by_id)
    SELECT gen_random_uuid(), first.person_id, first.kind, first.at, first.ended_at, %(at)s,
           first.reported_at, %(source)s, first.ref, %(batch)s, '', '', first.detail, '', %(by)s
    FROM (SELECT DISTINCT ON (ref) * FROM staged_evidence ORDER BY ref, place) first
    ON CONFLICT (source_id, source_ref) DO NOTHING
    RETURNING public_id, person_id, kind, detail
), audited AS (
    INSERT INTO {audit} (at, actor_id, actor_label, action, person_id, detail, reason)
    SELECT %(at)s, %(by)s, %(label)s, 'record_evidence', person_id,
           jsonb_build_object('evidence', public_id, 'kind', kind), ''
    FROM made
)
SELECT person_id, count(*), bool_and(detail ->> 'result' = 'negative') FROM made GROUP BY person_id
"""
# Numbers that were used for something else, before or in this file.
_TAKEN = """
SELECT staged.place FROM staged_evidence staged
JOIN {evidence} known ON known.source_id = %(source)s AND known.source_ref = staged.ref
WHERE (known.person_id, known.kind, known.at, known.place, known.community, known.detail - 'of')
      IS DISTINCT FROM (staged.person_id, staged.kind, staged.at, '', '', staged.detail)
   OR known.until IS NOT NULL OR known.reported_at IS DISTINCT FROM staged.reported_at
"""
# Of the people whose new records are idle, those with a decision under the rules in force and nothing to lift.
_SETTLED = """
SELECT person.id FROM unnest(%(people)s::bigint[]) AS person (id)
WHERE EXISTS (SELECT 1 FROM {decision} decision
              WHERE decision.person_id = person.id AND decision.superseded_at IS NULL
                AND decision.ruleset_id = %(ruleset)s)
  AND NOT EXISTS (SELECT 1 FROM {evidence} record
                  WHERE record.person_id = person.id AND record.kind = ANY(%(lifted)s))
"""
# Of the same people, those who have no decision yet and no record but idle ones.
_FIRST = """
SELECT person.id FROM unnest(%(people)s::bigint[]) AS person (id)
WHERE NOT EXISTS (SELECT 1 FROM {decision} decision WHERE decision.person_id = person.id)
  AND NOT EXISTS (SELECT 1 FROM {evidence} record
                  WHERE record.person_id = person.id
                    AND (record.kind <> %(test)s OR record.detail ->> 'result' <> 'negative'
                         OR record.recorded_at > %(at)s))
"""


class Staged(NamedTuple):
    """One row to be recorded: its place in the file, whose it is, and what it says."""

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
    """The people with new records: how many records, who has only idle ones, and the others."""

    records: int
    idle: list[int]
    others: list[int]


class Staging:
    """The sets of one chunk; the caller holds the transaction."""

    def find_people(self, indexes: Iterable[bytes]) -> dict[bytes, int]:
        """Return the ids of the people known by these blind indexes."""
        with connection.cursor() as cursor:
            cursor.execute(_sql(_FIND), [list(set(indexes))])
            return {bytes(index): person_id for index, person_id in cursor.fetchall()}

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
            cursor.execute(_sql(_LOCK), [sorted(people)])

    def stage(self, rows: Sequence[Staged]) -> None:
        """Copy the rows into a table of this transaction's own."""
        details: dict[str, str] = {}
        with connection.cursor() as cursor:
            cursor.execute(_CREATE)
            with cursor.copy(_COPY) as copy:
                for place, person_id, said in rows:
                    result = str(said.detail["result"])
                    detail = details.get(result) or details.setdefault(result, json.dumps(dict(said.detail)))
                    copy.write_row(
                        (place, person_id, said.id, said.kind.value, said.at, said.ended_at, said.reported_at, detail)
                    )

    def record_staged(self, by: Account | None, batch: EvidenceBatch, at: datetime) -> Touched:
        """Record what is staged and not on record yet, with its audit entries; a number of its own is used once."""
        given: dict[str, Any] = {
            "at": at,
            "source": batch.source_id,
            "batch": batch.pk,
            "by": by.pk if by else None,
            "label": by.username if by else batch.source.code,
        }
        with connection.cursor() as cursor:
            cursor.execute(_sql(_INSERT), given)
            found = cursor.fetchall()
        idle = [person_id for person_id, _n, all_idle in found if all_idle]
        return Touched(sum(n for _p, n, _i in found), idle, [p for p, _n, all_idle in found if not all_idle])

    def taken_places(self, source_id: int) -> list[int]:
        """Return the places of staged rows whose number stands for another record."""
        with connection.cursor() as cursor:
            cursor.execute(_sql(_TAKEN), {"source": source_id})
            return [place for (place,) in cursor.fetchall()]

    def settled(self, people: list[int], ruleset_id: int) -> set[int]:
        """Return those of ``people`` whose decision a negative test cannot change: it stands, nothing is to lift."""
        lifted = [kind.value for kind in LIFTED_BY_TESTS]
        return _ids(_SETTLED, {"people": people, "ruleset": ruleset_id, "lifted": lifted})

    def first_heard_of(self, people: list[int], at: datetime) -> set[int]:
        """Return those of ``people`` who have no decision, and no record at ``at`` but negative tests."""
        return _ids(_FIRST, {"people": people, "test": Kind.NAT_RESULT.value, "at": at})


def _sql(statement: str) -> str:
    models = (EvidenceRecord, AuditEntry, DecisionRecord, Person)
    names = ("evidence", "audit", "decision", "person")
    return statement.format(**{name: model._meta.db_table for name, model in zip(names, models, strict=True)})


def _ids(statement: str, given: dict[str, Any]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(_sql(statement), given)
        return {person_id for (person_id,) in cursor.fetchall()}
