"""Storing what ``decide()`` decides, and reading it (赋码, N1.1-N1.3).

The one place where a colour is written. The lock of all colouring is the person's row: whoever records evidence,
recolours or converts takes it first, so decisions of one person come one after another.
"""

import json
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Max

from healthcode.domain.cases import print_ground, print_segment
from healthcode.domain.colours import Colour
from healthcode.domain.decide import Decision, Ground, decide, next_change
from healthcode.domain.evidence import Designation, Evidence, Kind
from healthcode.domain.governance import RuleState
from healthcode.domain.instants import to_china
from healthcode.models import (
    Account,
    AreaDesignation,
    AuditEntry,
    Cause,
    DecisionRecord,
    EvidenceRecord,
    Person,
    Recolouring,
    RuleSetVersion,
    Topic,
)
from healthcode.models.copying import insert_rows
from healthcode.services.audit import Act, record_acts
from healthcode.services.outbox import message_for

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


class NoRuleSet(LookupError):
    """No rule set is in force: nothing can be decided, and nothing is guessed."""

    code = "no_rule_set"


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


def lock_people(person_ids: Iterable[int]) -> list[Person]:
    """Lock the people's rows, always in the order of their ids, and return them."""
    people = Person.objects.filter(pk__in=list(person_ids)).order_by("pk")
    return list(people.select_for_update(of=("self",), no_key=True))


def ruleset_in_force(at: datetime) -> RuleSetVersion:
    """Return the rule set in force at ``at``; raise ``NoRuleSet``."""
    version = RuleSetVersion.objects.in_force(at).order_by("-valid_from").first()
    if version is None:
        raise NoRuleSet(f"no rule set is in force at {at}")
    return version


def evidence_of(person_ids: list[int]) -> Mapping[int, list[Evidence]]:
    """Return the people's records as the rules take them; one query for all of them."""
    found: dict[int, list[Evidence]] = defaultdict(list)
    for record in EvidenceRecord.objects.of(person_ids).order_by("pk"):
        found[record.person_id].append(record.as_domain())
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
    rules = ruleset_in_force(at).as_domain()
    evidence = {
        person_id: [record for record in records if record.id not in leaving_out]
        for person_id, records in evidence_of(person_ids).items()
    }
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
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_DECIDING_LOCK])
    seen = Recolouring.objects.aggregate(newest=Max("pk"))["newest"] or 0
    ids = [person.pk for person in people]
    current = {d.person_id: d for d in DecisionRecord.objects.current().filter(person_id__in=ids).order_by("pk")}
    at, version = _not_under_retired(_not_before_known(ids, current.values(), at))
    decisions = decide_for(ids, at)
    changed = [p for p in people if _differs(current.get(p.pk), decisions[p.pk], version)]
    DecisionRecord.objects.filter(pk__in=[current[p.pk].pk for p in changed if p.pk in current]).update(
        superseded_at=at
    )
    records = [
        _new_record(person, decisions[person.pk], version, cause=cause, decided_at=at, seen=seen) for person in changed
    ]
    insert_rows(records)
    _tell(by, at, people, current, records)
    return records


def store_first_decisions(*, by: Account | None, person_ids: list[int], cause: Cause, at: datetime) -> int:
    """Append the decision on nothing for people who have no decision and no record that matters; return how many.

    ``person_ids`` are locked, and the caller knows that ``decide`` gives each of them what it gives a person without
    any record. Nobody is told: who has no decision has not applied. Raises ``NoRuleSet``.
    """
    if not person_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_DECIDING_LOCK])
    seen = Recolouring.objects.aggregate(newest=Max("pk"))["newest"] or 0
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


def _not_before_known(ids: list[int], current: Iterable[DecisionRecord], at: datetime) -> datetime:
    """Return ``at``, or the newest instant on record of these people where that is later.

    The clock is read before the locks are held. Who waited for them, or works through a long file, would otherwise
    decide without what others recorded meanwhile and put that in place of their better decision.
    """
    newest: datetime | None = EvidenceRecord.objects.filter(person_id__in=ids).aggregate(at=Max("recorded_at"))["at"]
    return max(at, newest or at, *(decision.at for decision in current))


def _not_under_retired(at: datetime) -> tuple[datetime, RuleSetVersion]:
    """Return ``at``, or the instant the rules then in force were retired, and the rules in force at it.

    Who has read the clock before the turn and decides after it would leave a decision that no sweep comes for.
    """
    version = ruleset_in_force(at)
    while version.state == RuleState.RETIRED and version.valid_until is not None:
        at = version.valid_until
        version = ruleset_in_force(at)
    return at, version


def _differs(old: DecisionRecord | None, new: Decision, version: RuleSetVersion) -> bool:
    if old is None or old.ruleset_id != version.pk:
        return True
    printed = [print_segment(segment) for segment in new.timeline]
    begun = [segment for segment in old.timeline if datetime.fromisoformat(segment["from"]) <= new.at]
    ahead = [segment for segment in old.timeline if datetime.fromisoformat(segment["from"]) > new.at]
    now = {**begun[-1], "from": printed[0]["from"]} if begun else None
    return [now, *ahead] != printed


def _new_record(
    person: Person, decision: Decision, version: RuleSetVersion, *, cause: Cause, decided_at: datetime, seen: int
) -> DecisionRecord:
    return DecisionRecord(
        person=person,
        colour=decision.colour,
        grounds=[print_ground(ground) for ground in decision.grounds],
        timeline=[print_segment(segment) for segment in decision.timeline],
        ruleset=version,
        cause=cause,
        at=decision.at,
        decided_at=decided_at,
        changes_at=decision.changes_at,
        becomes=decision.becomes or "",
        recolouring=seen,
    )


def _tell(
    by: Account | None,
    at: datetime,
    people: list[Person],
    before: Mapping[int, DecisionRecord],
    records: list[DecisionRecord],
) -> None:
    by_id = {person.pk: person for person in people}
    acts, messages = [], []
    for record in records:
        old = before.get(record.person_id)
        was = old.segment_at(at).colour if old else None
        detail = {"decision": str(record.public_id), "cause": record.cause, "colour": record.colour, "was": was}
        acts.append(Act("decide", record.person_id, detail))
        person = by_id[record.person_id]
        # The colour last told may be an older one than ``was``: this decision came before the sweep did.
        turned = old is not None and {old.colour, was} != {record.colour}
        if turned and person.applied_at is not None:
            key = f"colour:{record.public_id}"
            messages.append(message_for(person=person, topic=Topic.COLOUR_CHANGED, key=key, at=at))
    record_acts(by=by, at=at, acts=acts)
    # Each names a decision made just now, so none was told before.
    insert_rows(messages)


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
