"""Looking at a batch before it is recorded, and freezing what looks like an abuse (the Henan pattern).

A finding never colours and never lifts a colour: it keeps a batch out of the evidence until two supervisors have
looked. Scans of venue codes are no evidence; what is seen in them is an alarm alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from healthcode.domain.anomalies import LIMITS, Finding, Red, RedList, VenueUse, find_anomalies, find_remote_uses
from healthcode.domain.evidence import Designation, Evidence, Kind
from healthcode.domain.held import print_record
from healthcode.domain.instants import CHINA
from healthcode.domain.rulesets import RuleSet
from healthcode.models import (
    Account,
    Alarm,
    ControlOrderRequest,
    EvidenceBatch,
    EvidenceRecord,
    HeldBatch,
    HeldRecord,
    OrderedPerson,
    Outcome,
    Source,
    SourceCategory,
)
from healthcode.services.audit import record_act
from healthcode.services.decisions import areas_for, evidence_of, ruleset_in_force

_DAY = timedelta(days=1)
# How far back a unit's usual days are looked at. How long travel and tests count, the rules in force say.
_LOOK_BACK = timedelta(days=28)
# More people of a day are not loaded: the limits have long been passed.
_WINDOW = 5_000
_FEWEST = min(LIMITS.venue, LIMITS.undocumented, LIMITS.contradicted)
_INFECTED = frozenset({"confirmed", "suspected", "asymptomatic"})
# Kinds that rest on somebody's word: the person's other records must bear them out.
BY_WORD = frozenset({Kind.ISOLATION_ORDER, Kind.CONTROL_ORDER, Kind.CLOSE_CONTACT})
# Kinds that rest on something found or seen. Of these only the number can be out of the way.
_FOUND = frozenset({Kind.DIAGNOSIS, Kind.NAT_RESULT, Kind.OVERSEAS_ENTRY})
_REDDENS = (
    Q(kind__in=[Kind.ISOLATION_ORDER, Kind.CONTROL_ORDER, Kind.CLOSE_CONTACT, Kind.OVERSEAS_ENTRY])
    | Q(kind=Kind.DIAGNOSIS, detail__status__in=sorted(_INFECTED))
    | Q(kind=Kind.NAT_RESULT, detail__result="positive")
)


class Named(NamedTuple):
    """A record that is to be made: whose (the person's id), and what it says."""

    person_id: int
    evidence: Evidence


def check_batch(*, by: Account | None, source: Source, rows: Sequence[Named], at: datetime) -> list[Finding]:
    """Return what is wrong with a batch before it is recorded; writes nothing, and mostly asks nothing.

    What the same unit (an officer for a source, or a source that sends by itself) recorded in the day before, and what
    of it is frozen, is looked at together with the batch, so that a list sent in many small parts is found too: what
    rests on its word with what rests on its word, the rest by number alone. Whom two supervisors have released is not
    counted again. People's own declarations are passed over, for each is about one.
    """
    red = {row.person_id for row in rows if _reddens(row.evidence)}
    if not red or source.category == SourceCategory.SELF:
        return []
    given: dict[int, list[Evidence]] = defaultdict(list)
    for row in rows:
        given[row.person_id].append(replace(row.evidence, source=source.category))
    kinds = {row.evidence.kind for row in rows if _reddens(row.evidence)}
    day = set(red)
    if kinds & BY_WORD:
        lately, frozen = _lately(by, source, BY_WORD, at)
        red |= lately | _ordered(by, at)
        for person_id, records in frozen.items():
            given[person_id] += records
    if kinds & _FOUND:
        day |= _lately(by, source, _FOUND, at)[0]
    day |= red
    if len(red) < _FEWEST and len(day) <= LIMITS.size_floor:
        return []
    reds = _reds(red, given, at)
    usual = _usual(by, source, at) if len(day) > LIMITS.size_floor else ()
    return find_anomalies(RedList(reds, usual, _ill_at(reds), len(day)))


def _reddens(said: Evidence) -> bool:
    if said.kind is Kind.DIAGNOSIS:
        return said.detail.get("status") in _INFECTED
    if said.kind is Kind.NAT_RESULT:
        return said.detail.get("result") == "positive"
    return said.kind in BY_WORD or said.kind is Kind.OVERSEAS_ENTRY


# --- what the unit has done of late -----------------------------------------------------------------------


def _lately(
    by: Account | None, source: Source, kinds: frozenset[Kind], at: datetime
) -> tuple[set[int], Mapping[int, list[Evidence]]]:
    """Return whom the unit made red by such kinds in the last day, or would have, and its records that are frozen.

    What it has withdrawn, and whom two supervisors have released, does not count.
    """
    batches = HeldBatch.objects.filter(source=source, received_by=by)
    released = batches.filter(outcome=Outcome.RELEASE, confirmed_at__gt=at - _DAY)
    looked_at = HeldRecord.objects.filter(held__in=released).order_by("-pk")
    frozen = _frozen(batches.filter(received_at__gt=at - _DAY, received_at__lte=at), kinds)
    people = _recorded(by, source, kinds, at) | set(frozen)
    return people - set(looked_at.values_list("person_id", flat=True)[:_WINDOW]), frozen


def _recorded(by: Account | None, source: Source, kinds: frozenset[Kind], at: datetime) -> set[int]:
    records = EvidenceRecord.objects.filter(
        _REDDENS,
        source=source,
        recorded_by=by,
        recorded_at__gt=at - _DAY,
        recorded_at__lte=at,
        kind__in=kinds,
        retractions__isnull=True,
    )
    return set(records.order_by("-pk").values_list("person_id", flat=True)[:_WINDOW])


def _frozen(batches: QuerySet[HeldBatch], kinds: frozenset[Kind]) -> Mapping[int, list[Evidence]]:
    unreleased = batches.exclude(outcome=Outcome.RELEASE, confirmed_at__isnull=False)
    found: dict[int, list[Evidence]] = defaultdict(list)
    for record in HeldRecord.objects.filter(held__in=unreleased).order_by("-pk")[:_WINDOW]:
        said = record.as_domain()
        if _reddens(said) and said.kind in kinds:
            found[record.person_id].append(said)
    return found


def _ordered(by: Account | None, at: datetime) -> set[int]:
    """Return the people an officer asked to have ordered in the last day."""
    if by is None:
        return set()
    orders = ControlOrderRequest.objects.filter(requested_by=by, requested_at__gt=at - _DAY, requested_at__lte=at)
    named = OrderedPerson.objects.filter(order__in=orders)
    return set(named.order_by("-pk").values_list("person_id", flat=True)[:_WINDOW])


def _usual(by: Account | None, source: Source, at: datetime) -> tuple[int, ...]:
    """Return how many people the unit made red on each day before the last, where it made any."""
    records = EvidenceRecord.objects.filter(
        _REDDENS, source=source, recorded_by=by, recorded_at__range=(at - _LOOK_BACK, at - _DAY)
    )
    days = records.values(day=TruncDate("recorded_at", tzinfo=CHINA)).annotate(n=Count("person_id", distinct=True))
    return tuple(days.order_by("day").values_list("n", flat=True))


# --- what is known of the people --------------------------------------------------------------------------


def _reds(people: set[int], given: Mapping[int, list[Evidence]], at: datetime) -> tuple[Red, ...]:
    stored = evidence_of(sorted(people))
    all_of = {person: [*stored.get(person, ()), *given.get(person, ())] for person in sorted(people)}
    areas = areas_for(said for records in all_of.values() for said in records)
    rules = ruleset_in_force(at).as_domain()
    return tuple(_red(person, _View(records, areas, rules, at)) for person, records in all_of.items())


class _View(NamedTuple):
    """What a person's records are looked at with."""

    records: Sequence[Evidence]
    areas: Sequence[Designation]
    rules: RuleSet
    at: datetime


def _red(person: int, view: _View) -> Red:
    records, areas, rules, at = view
    withdrawn = {said.retracts for said in records}
    counted = [said for said in records if said.id not in withdrawn]
    stays = [
        s
        for s in counted
        if s.kind is Kind.AREA_STAY and (s.until is None or s.until > at - rules.after_leaving_risk_area)
    ]
    is_ill = any(s.kind in (Kind.DIAGNOSIS, Kind.NAT_RESULT) and _reddens(s) for s in counted)
    was_at_risk = any(area.matches(stay) for stay in stays for area in areas) or any(
        s.kind is Kind.OVERSEAS_ENTRY or (s.kind is Kind.CLOSE_CONTACT and s.detail.get("case")) for s in counted
    )
    # Whom the health authorities name as a contact, they have traced; from others the case must be named.
    traced = any(s.kind is Kind.CLOSE_CONTACT and s.source == SourceCategory.HEALTH for s in counted)
    has_symptom = any(s.kind is Kind.SYMPTOM for s in counted)
    return Red(
        person=person,
        venues=frozenset(f"{stay.place[:6]} {stay.community}" for stay in stays if stay.community),
        is_ill=is_ill,
        has_epidemiology=is_ill or was_at_risk or traced or has_symptom,
        is_contradicted=not (is_ill or was_at_risk or has_symptom)
        and _tested_negative(counted, since=at - rules.test_before_arrival, at=at),
    )


def _tested_negative(records: Iterable[Evidence], since: datetime, at: datetime) -> bool:
    tests = [s for s in records if s.kind is Kind.NAT_RESULT and since < s.effective_at <= at]
    return bool(tests) and max(tests, key=lambda test: test.at).detail.get("result") == "negative"


def _ill_at(reds: Sequence[Red]) -> frozenset[str]:
    """Return which of the places the reds share had an infected person in it, on whatever list."""
    places = {venue for red in reds for venue in red.venues}
    if not places:
        return frozenset()
    infected = EvidenceRecord.objects.filter(
        Q(kind=Kind.DIAGNOSIS, detail__status__in=sorted(_INFECTED))
        | Q(kind=Kind.NAT_RESULT, detail__result="positive"),
        retractions__isnull=True,
    )
    stays = EvidenceRecord.objects.filter(
        kind=Kind.AREA_STAY,
        community__in={place.partition(" ")[2] for place in places},
        person__in=infected.values("person"),
    )
    there = {f"{place[:6]} {community}" for place, community in stays.order_by().values_list("place", "community")}
    return frozenset(places & there)


# --- alarms -----------------------------------------------------------------------------------------------


@transaction.atomic
def raise_alarms(
    *, by: Account | None, unit: str, findings: Sequence[Finding], at: datetime, held: HeldBatch | None = None
) -> list[Alarm]:
    """Write an alarm for each finding, with what it froze if anything."""
    alarms = Alarm.objects.bulk_create(
        Alarm(
            anomaly=found.anomaly,
            held=held,
            unit=unit,
            number=found.number,
            of=found.of,
            about=found.about[:200],
            raised_at=at,
        )
        for found in findings
    )
    for alarm in alarms:
        record_act(
            by=by,
            at=at,
            action="raise_alarm",
            alarm=str(alarm.public_id),
            anomaly=alarm.anomaly,
            unit=unit,
            number=alarm.number,
            held=str(held.public_id) if held else None,
        )
    return alarms


def check_venue_uses(
    *, by: Account | None, venue: str, uses: Sequence[VenueUse], at: datetime, about: str = ""
) -> list[Alarm]:
    """Raise an alarm where a venue's code is used from far away; return it. No record is made of anybody."""
    findings = [replace(found, about=about) for found in find_remote_uses(uses)]
    return raise_alarms(by=by, unit=venue, findings=findings, at=at) if findings else []


@transaction.atomic
def hold_batch(
    *,
    by: Account | None,
    source: Source,
    rows: Sequence[Named],
    findings: Sequence[Finding],
    batch: EvidenceBatch | None,
    at: datetime,
) -> HeldBatch:
    """Put the records into quarantine and raise the alarms."""
    held = HeldBatch.objects.create(source=source, batch=batch, received_at=at, received_by=by)
    HeldRecord.objects.bulk_create(
        HeldRecord(held=held, person_id=row.person_id, source_ref=row.evidence.id, said=print_record(row.evidence))
        for row in rows
    )
    raise_alarms(by=by, unit=by.username if by else source.code, findings=findings, at=at, held=held)
    return held


@transaction.atomic
def hold_order(*, by: Account, order: ControlOrderRequest, findings: Sequence[Finding], at: datetime) -> HeldBatch:
    """Freeze an order that was asked for and raise the alarms; nobody can approve it until it is released."""
    held = HeldBatch.objects.create(order=order, received_at=at, received_by=by)
    raise_alarms(by=by, unit=by.username, findings=findings, at=at, held=held)
    return held


def waiting_numbers(*, source: Source, numbers: Sequence[str]) -> set[str]:
    """Return which of a source's numbers are in quarantine and not judged yet."""
    waiting = HeldRecord.objects.filter(
        held__source=source, held__confirmed_at__isnull=True, source_ref__in=list(numbers)
    )
    return set(waiting.order_by().values_list("source_ref", flat=True))
