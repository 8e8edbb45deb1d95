"""Storing what ``decide()`` decides, and reading it (赋码, N1.1-N1.3).

The one place where a colour is written. The lock of all colouring is the person's row: whoever records evidence,
recolours or converts takes it first, so decisions of one person come one after another.
"""

import json
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Max

from healthcode.domain.cases import print_segment
from healthcode.domain.colours import Colour
from healthcode.domain.decide import Decision, Ground, decide, next_change
from healthcode.domain.evidence import Designation, Evidence, Kind
from healthcode.domain.governance import RuleState
from healthcode.domain.instants import print_instant, to_china
from healthcode.models import (
    Account,
    AreaDesignation,
    AuditEntry,
    Cause,
    DecisionRecord,
    EvidenceRecord,
    Outbox,
    Person,
    Recolouring,
    RuleSetVersion,
    Topic,
)
from healthcode.models.copying import as_text, insert_rows, instant_of, random_ids
from healthcode.services.rules import verify

# Deciders hold this lock together, from reading areas and rules to their commit; who changes either holds it alone.
_DECIDING_LOCK = 4_510_003

# The decision on a person of whom nothing is known that matters: the same for all of them.
_FIRST = """
WITH made AS (
    INSERT INTO {decision} (public_id, person_id, colour, grounds, timeline, ruleset_id, cause, at, decided_at,
                            becomes, recolouring)
    SELECT gen_random_uuid(), id, %(colour)s, '[]'::jsonb, %(timeline)s::jsonb, %(ruleset)s, %(cause)s, %(at)s,
           %(at)s, '', %(seen)s
    FROM unnest(%(people)s::bigint[]) AS person (id)
    RETURNING public_id, person_id, colour, cause
)
INSERT INTO {audit} (at, actor_id, actor_label, action, person_id, detail, reason)
SELECT %(at)s, %(by)s, %(label)s, 'decide', person_id,
       jsonb_build_object('decision', public_id, 'cause', cause, 'colour', colour, 'was', NULL), ''
FROM made
"""


_SUPERSEDE = "UPDATE {decision} SET superseded_at = %(at)s WHERE id = ANY(%(ids)s)"
# Each message names a decision made just now, so none was told before.
_TELL = """
WITH told AS (
    SELECT new.*, said.was, said.turned
    FROM unnest(%(ids)s::bigint[], %(was)s::text[], %(turned)s::boolean[]) AS said (id, was, turned)
    JOIN {decision} new ON new.id = said.id
), audited AS (
    INSERT INTO {audit} (at, actor_id, actor_label, action, person_id, detail, reason)
    SELECT %(at)s, %(by)s, %(label)s, 'decide', person_id,
           jsonb_build_object('decision', public_id, 'cause', cause, 'colour', colour, 'was', was), ''
    FROM told ORDER BY id
)
INSERT INTO {outbox} (topic, person_id, params, dedupe_key, created_at, due_at, attempts, error)
SELECT %(topic)s, told.person_id, '{{}}'::jsonb, 'colour:' || told.public_id, %(at)s, %(at)s, 0, ''
FROM told JOIN {person} person ON person.id = told.person_id
WHERE told.turned AND person.applied_at IS NOT NULL
ORDER BY told.id
"""


class _Standing(NamedTuple):
    """The decision on a person that holds until a new one is made."""

    pk: int
    person_id: int
    colour: str
    ruleset_id: int
    at: datetime
    timeline: list[dict[str, Any]]


class _Turn(NamedTuple):
    """What a new decision takes the place of, and the colour that this shows at the instant of the new one."""

    old: _Standing | None
    was: str | None


class NoRuleSet(LookupError):
    """No rule set is in force: nothing can be decided, and nothing is guessed."""

    code = "no_rule_set"


class RulesNotGenuine(NoRuleSet):
    """The version in force is not what the province signed: it is no version, and nothing is decided by it."""

    code = "rules_not_genuine"


class CodeStatus(NamedTuple):
    """What a person's code says at one instant, and what is known of its future."""

    person: Person
    colour: Colour
    grounds: tuple[Ground, ...]
    needs_detail: tuple[str, ...]
    changes_at: datetime | None
    becomes: Colour | None
    decided_at: datetime
    ruleset: str


def lock_people(person_ids: Iterable[int], *columns: str) -> list[Person]:
    """Lock the people's rows, always in the order of their ids, and return them: whole, or with ``columns`` alone."""
    people = Person.objects.filter(pk__in=list(person_ids)).order_by("pk")
    locked = people.select_for_update(of=("self",), no_key=True)
    return list(locked.only(*columns) if columns else locked)


def ruleset_in_force(at: datetime) -> RuleSetVersion:
    """Return the rule set in force at ``at``, checked against its fingerprint and the province's signature (N3.1).

    Raises ``NoRuleSet``, and ``RulesNotGenuine`` when the row is not what was signed.
    """
    version = RuleSetVersion.objects.in_force(at).select_related("signed_with").order_by("-valid_from").first()
    if version is None:
        raise NoRuleSet(f"no rule set is in force at {at}")
    if not verify(version).holds:
        raise RulesNotGenuine(f"{version.code} is not what was signed")
    return version


def evidence_of(person_ids: list[int]) -> Mapping[int, list[Evidence]]:
    """Return the people's records as the rules take them; one query for all of them."""
    found: dict[int, list[Evidence]] = defaultdict(list)
    for person_id, record in EvidenceRecord.objects.said_of(person_ids):
        found[person_id].append(record)
    return found


def areas_for(evidence: Iterable[Evidence]) -> list[Designation]:
    """Return the designations that may concern the stays among the records; one query, none without stays."""
    places = {record.place for record in evidence if record.kind is Kind.AREA_STAY}
    if not places:
        return []
    return [area.as_domain() for area in AreaDesignation.objects.touching(places).order_by("pk")]


def decide_for(person_ids: list[int], at: datetime) -> Mapping[int, Decision]:
    """Decide these people's colours at ``at`` without writing anything; a fixed number of queries."""
    return decide_without(person_ids, frozenset(), at)


def decide_without(person_ids: list[int], leaving_out: Container[str], at: datetime) -> Mapping[int, Decision]:
    """Decide as ``decide_for``, as if the records of these public ids did not exist."""
    at = to_china(at)
    version = ruleset_in_force(at)
    evidence = {
        person_id: [record for record in records if record.id not in leaving_out]
        for person_id, records in evidence_of(person_ids).items()
    }
    return decide_under(version, person_ids, evidence, at)


def decide_under(
    version: RuleSetVersion, person_ids: list[int], evidence: Mapping[int, list[Evidence]], at: datetime
) -> Mapping[int, Decision]:
    """Decide by these rules on these records at ``at`` (China time); one query for the areas."""
    rules = version.as_domain()
    areas: dict[str, list[Designation]] = defaultdict(list)
    for area in areas_for(record for records in evidence.values() for record in records):
        areas[area.code[:6]].append(area)
    return {
        person_id: decide(evidence.get(person_id, []), _near(evidence.get(person_id, []), areas), rules, at)
        for person_id in person_ids
    }


def _near(records: list[Evidence], areas: Mapping[str, list[Designation]]) -> list[Designation]:
    counties = {record.place[:6] for record in records if record.kind is Kind.AREA_STAY}
    return [area for county in sorted(counties) for area in areas.get(county, [])]


def store_decisions(*, by: Account | None, people: list[Person], cause: Cause, at: datetime) -> list[DecisionRecord]:
    """Decide for the locked ``people`` and append a decision for each whose decision differs; return those.

    Must run inside the transaction that holds the locks of ``lock_people``. Writes decisions, audit entries and,
    where the colour changed, messages. Decides later than ``at`` where more is known already. Raises ``NoRuleSet``.
    """
    seen = _join_deciders()
    ids = [person.pk for person in people]
    standing = _standing(ids)
    evidence = evidence_of(ids)
    at, version = _not_under_retired(_not_before_known(evidence, standing, at))
    decisions = decide_under(version, ids, evidence, to_china(at))
    records: list[DecisionRecord] = []
    turns: list[_Turn] = []
    for person_id, public_id in zip(ids, random_ids(len(ids)), strict=True):
        decision, old = decisions[person_id], standing.get(person_id)
        printed = [print_segment(segment) for segment in decision.timeline]
        before = _rest_of(old, decision.at) if old else None
        if old is not None and before == printed and old.ruleset_id == version.pk:
            continue
        given = {"public_id": public_id, "person_id": person_id, "ruleset_id": version.pk, "cause": cause}
        records.append(_new_record(decision, printed, **given, decided_at=at, recolouring=seen))
        turns.append(_Turn(old, before[0]["colour"] if before else None))
    _write(by, at, records, turns)
    return records


def _join_deciders() -> int:
    """Hold the lock of those who decide, and return the newest change of areas or rules that they see."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_DECIDING_LOCK])
    return Recolouring.objects.aggregate(newest=Max("pk"))["newest"] or 0


def store_first_decisions(*, by: Account | None, person_ids: list[int], cause: Cause, at: datetime) -> int:
    """Append the decision on nothing for people who have no decision and no record that matters; return how many.

    ``person_ids`` are locked, and the caller knows that ``decide`` gives each of them what it gives a person without
    any record. Nobody is told: who has no decision has not applied. Raises ``NoRuleSet``.
    """
    if not person_ids:
        return 0
    seen = _join_deciders()
    at = to_china(at)
    version = ruleset_in_force(at)
    nothing = decide([], [], version.as_domain(), at)
    tables = {"decision": DecisionRecord._meta.db_table, "audit": AuditEntry._meta.db_table}
    given: dict[str, Any] = {
        "people": person_ids,
        "colour": nothing.colour.value,
        "timeline": json.dumps([print_segment(segment) for segment in nothing.timeline]),
        "ruleset": version.pk,
        "cause": cause.value,
        "at": at,
        "seen": seen,
        "by": by.pk if by else None,
        "label": by.username if by else "system",
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIRST.format(**tables), given)
        return int(cursor.rowcount)


def exclude_deciders() -> None:
    """Wait for the decisions under way and hold up new ones until this transaction ends.

    Whoever changes areas or rules does so before committing: a decision made under the old ones is then either
    committed, and found by the recolouring, or made anew under the new ones.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_DECIDING_LOCK])


def _standing(ids: list[int]) -> Mapping[int, _Standing]:
    rows = DecisionRecord.objects.current().filter(person_id__in=ids)
    read = rows.values_list("pk", "person_id", "colour", "ruleset_id", as_text("at"), "timeline")
    return {
        person_id: _Standing(pk, person_id, colour, ruleset_id, instant_of(at), timeline)
        for pk, person_id, colour, ruleset_id, at, timeline in read.order_by("pk")
    }


def _not_before_known(
    evidence: Mapping[int, list[Evidence]], standing: Mapping[int, _Standing], at: datetime
) -> datetime:
    """Return ``at``, or the newest instant on record of these people where that is later.

    The clock is read before the locks are held. Who waited for them, or works through a long file, would otherwise
    decide without what others recorded meanwhile and put that in place of their better decision.
    """
    recorded = (record.recorded_at for records in evidence.values() for record in records)
    return max(chain([at], recorded, (old.at for old in standing.values())))


def _not_under_retired(at: datetime) -> tuple[datetime, RuleSetVersion]:
    """Return ``at``, or the instant the rules then in force were retired, and the rules in force at it.

    Who has read the clock before the turn and decides after it would leave a decision that no sweep comes for.
    """
    version = ruleset_in_force(at)
    while version.state == RuleState.RETIRED and version.valid_until is not None:
        at = version.valid_until
        version = ruleset_in_force(at)
    return at, version


def _rest_of(old: _Standing, at: datetime) -> list[dict[str, Any]]:
    """Return what the timeline says from ``at`` on, in the form of one that begins at ``at``."""
    begun = sum(datetime.fromisoformat(segment["from"]) <= at for segment in old.timeline)
    # Clocks of two machines differ a little: an instant just before the decision is its first.
    first = max(begun, 1)
    return [{**old.timeline[first - 1], "from": print_instant(at)}, *old.timeline[first:]]


def _new_record(decision: Decision, printed: list[dict[str, object]], **given: Any) -> DecisionRecord:
    return DecisionRecord(
        **given,
        colour=decision.colour,
        grounds=printed[0]["grounds"],
        timeline=printed,
        at=decision.at,
        changes_at=decision.changes_at,
        becomes=decision.becomes or "",
    )


def _write(by: Account | None, at: datetime, records: list[DecisionRecord], turns: list[_Turn]) -> None:
    """Append the decisions in place of the standing ones, with an audit entry each, and tell those who turned."""
    if not records:
        return
    tables = {
        "decision": DecisionRecord._meta.db_table,
        "audit": AuditEntry._meta.db_table,
        "outbox": Outbox._meta.db_table,
        "person": Person._meta.db_table,
    }
    with connection.cursor() as cursor:
        superseded = [turn.old.pk for turn in turns if turn.old]
        cursor.execute(_SUPERSEDE.format(**tables), {"at": at, "ids": superseded})
        insert_rows(records)
        given: dict[str, Any] = {
            "at": at,
            "by": by.pk if by else None,
            "label": by.username if by else "system",
            "topic": Topic.COLOUR_CHANGED.value,
            "ids": [record.pk for record in records],
            "was": [turn.was for turn in turns],
            # The colour last told may be an older one than ``was``: this decision came before the sweep did.
            "turned": [
                turn.old is not None and {turn.old.colour, turn.was} != {record.colour}
                for record, turn in zip(records, turns, strict=True)
            ],
        }
        cursor.execute(_TELL.format(**tables), given)


def status_of(decision: DecisionRecord, at: datetime) -> CodeStatus:
    """Return what the person's code says at ``at``: never stale, whether or not a sweep has come.

    ``decision`` is the current one, read ``with_staleness`` and its person and rule set. A decision older than an
    unfinished change of areas or rules is decided afresh, without a write.
    """
    at = to_china(at)
    if decision.is_stale(at):
        fresh = decide_for([decision.person_id], at)[decision.person_id]
        return CodeStatus(
            decision.person,
            fresh.colour,
            fresh.grounds,
            fresh.needs_detail,
            fresh.changes_at,
            fresh.becomes,
            at,
            fresh.ruleset,
        )
    segments = decision.segments()
    now = decision.segment_at(at)
    change = next_change(segments, max(at, segments[0].begins))
    if change is not None and decision.is_stale(change.begins):
        # Other rules hold by then: what these would do is no forecast.
        change = None
    return CodeStatus(
        decision.person,
        now.colour,
        now.grounds,
        now.needs_detail,
        change.begins if change else None,
        change.colour if change else None,
        decision.decided_at,
        decision.ruleset.code,
    )
