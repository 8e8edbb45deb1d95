"""Observation day by day (N2.1): what people report of themselves, visits by officers, and the officers' tasks."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery

from healthcode.access import NotPermitted, check_can_visit
from healthcode.domain.colours import Stage
from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.instants import Moment, to_china
from healthcode.domain.isolation import CaseAct, CaseFacts, CaseState, Duty, Mode, Task, is_fever, may_move, tasks_of
from healthcode.models import (
    Account,
    CheckIn,
    EvidenceRecord,
    IsolationCase,
    IsolationVisit,
    Person,
    Source,
    VisitWay,
)
from healthcode.services.audit import record_act
from healthcode.services.decisions import lock_people
from healthcode.services.declarations import Fever, declare
from healthcode.services.errors import Refused
from healthcode.services.evidence import NewEvidence, record_batch

_LOWEST, _HIGHEST = Decimal(34), Decimal(43)
# What officers find at a visit is said in the name of those who examine.
VISIT_SOURCE = "zj-health"


class Symptom(StrEnum):
    """What people under observation are asked about beside their temperature."""

    COUGH = "cough"
    TIRED = "tired"
    BREATH = "breath"
    THROAT = "throat"
    TASTE = "taste"


# Reported, it brings an officer to the door, as a fever does.
ALARMING = Symptom.BREATH


class VisitFields(NamedTuple):
    """What an officer found. ``met`` False: nobody was at the place of isolation."""

    way: VisitWay
    visited_at: datetime
    met: bool
    temperature: Decimal | None = None
    note: str = ""


@transaction.atomic
def check_in(
    *, by: Account, person: Person, temperature: Decimal, symptoms: Sequence[Symptom], form_id: str, at: datetime
) -> CheckIn:
    """Record what a person under observation reports today; the same ``form_id`` twice is one report.

    A fever becomes a symptom of their own saying, once a day, and the colour is decided from it (N1.2). Raises
    ``NotPermitted`` when ``by`` is not the person's account; ``Refused``: ``not_observed``, ``bad_temperature``.
    """
    if person.account_id != by.pk:
        raise NotPermitted(f"{by} may not report for {person}")
    lock_people([person.pk])
    known = CheckIn.objects.filter(person=person, form_id=form_id).first()
    if known is not None:
        return known
    if not IsolationCase.objects.open().filter(person=person, valid_from__lte=at).exists():
        raise Refused("not_observed")
    if not _LOWEST <= temperature <= _HIGHEST:
        raise Refused("bad_temperature", str(temperature))
    evidence = _declare_fever(by, person, at) if is_fever(float(temperature)) else None
    made = CheckIn.objects.create(
        person=person,
        form_id=form_id,
        at=at,
        by=by,
        temperature=temperature,
        symptoms=sorted(symptom.value for symptom in set(symptoms)),
        evidence=evidence,
    )
    record_act(by=by, at=at, action="check_in", person=person, check_in=str(made.public_id))
    return made


def _declare_fever(by: Account, person: Person, at: datetime) -> EvidenceRecord | None:
    now = to_china(at)
    number = f"{person.public_id.hex}-{now:%Y%m%d}"
    done = declare(by=by, person=person, said=[Fever(Moment(now, now))], form_id=number, at=at)
    if done.records:
        return done.records[0]
    return EvidenceRecord.objects.filter(person=person, source_ref=f"{number}-0").first()


@transaction.atomic
def record_visit(*, by: Account, case: IsolationCase, visit: VisitFields, at: datetime) -> IsolationVisit:
    """Record that an officer visited or called somebody in isolation; a fever they found is put on record (N1.2).

    Raises ``NotPermitted``; ``Refused``: ``case_state``, ``visited_in_future``, ``bad_temperature``.
    """
    (person,) = lock_people([case.person_id])
    check_can_visit(by, person)
    locked = IsolationCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if not may_move(CaseState(locked.state), CaseAct.RECORD_VISIT):
        raise Refused("case_state", locked.state)
    if visit.visited_at > at:
        raise Refused("visited_in_future")
    if visit.temperature is not None and not _LOWEST <= visit.temperature <= _HIGHEST:
        raise Refused("bad_temperature", str(visit.temperature))
    fever = visit.temperature is not None and is_fever(float(visit.temperature))
    made = IsolationVisit.objects.create(
        case=locked,
        way=visit.way,
        visited_at=visit.visited_at,
        met=visit.met,
        temperature=visit.temperature,
        note=visit.note.strip(),
        evidence=_record_fever(by, person, visit, at) if fever else None,
        recorded_at=at,
        by=by,
    )
    detail = {"case": str(locked.public_id), "visit": str(made.public_id), "met": visit.met}
    record_act(by=by, at=at, action="record_visit", person=person, **detail)
    return made


def _record_fever(by: Account, person: Person, visit: VisitFields, at: datetime) -> EvidenceRecord | None:
    """Record the fever that an officer measured, once a day."""
    found = to_china(visit.visited_at)
    number = f"visit-{person.public_id.hex}-{found:%Y%m%d}"
    said = Evidence(
        id=number,
        kind=Kind.SYMPTOM,
        at=found,
        ended_at=found,
        recorded_at=to_china(at),
        detail={"symptom": "fever"},
    )
    source = Source.objects.get(code=VISIT_SOURCE)
    done = record_batch(by=by, source=source, rows=[NewEvidence(person.pk, said)], at=at)
    return done.records[0] if done.records else EvidenceRecord.objects.filter(source=source, source_ref=number).first()


# --- reading ----------------------------------------------------------------------------------------------


class CaseTasks(NamedTuple):
    """A case and what is to be done about it, the most urgent first."""

    case: IsolationCase
    tasks: tuple[Task, ...]

    @property
    def is_ill(self) -> bool:
        """Tell whether the person has reported an illness that no officer has seen to."""
        return self.tasks[0].duty is Duty.ILLNESS

    def is_overdue(self, at: datetime) -> bool:
        """Tell whether the time for any of it has run out."""
        return any(task.is_overdue(at) for task in self.tasks)


def observed_cases(*, person: Person, at: datetime) -> list[IsolationCase]:
    """Return the person's open cases that have begun, with their orders; the one that lasts longest first."""
    cases = IsolationCase.objects.open().filter(person=person, valid_from__lte=at).select_related("order")
    return sorted(cases, key=_lasting, reverse=True)


def _lasting(case: IsolationCase) -> tuple[bool, float]:
    return (case.valid_until is None, case.valid_until.timestamp() if case.valid_until else 0.0)


def recent_check_ins(*, person: Person, limit: int = 14) -> list[CheckIn]:
    """Return the person's newest reports."""
    return list(CheckIn.objects.filter(person=person).order_by("-at", "-pk")[:limit])


def tasks_due(*, division: str, at: datetime) -> list[CaseTasks]:
    """Return the open cases of the division's people with what is due today or overdue; the ill first, then by time.

    One query; an empty division has none.
    """
    reports = CheckIn.objects.filter(person=OuterRef("person"))
    ill = reports.filter(Q(evidence__isnull=False) | Q(symptoms__contains=[ALARMING.value]))
    # A visit that found nobody is not the visit of the day; one that took the temperature is the report of the day too.
    visits = IsolationVisit.objects.filter(case__person=OuterRef("person"), met=True)
    measured = visits.filter(temperature__isnull=False)
    cases = IsolationCase.objects.open().filter(person__in=Person.objects.for_division(division))
    cases = cases.select_related("person", "order").annotate(
        last_check_in=Subquery(reports.order_by("-at").values("at")[:1]),
        last_visit=Subquery(visits.order_by("-visited_at").values("visited_at")[:1]),
        last_measured=Subquery(measured.order_by("-visited_at").values("visited_at")[:1]),
        ill_at=Subquery(ill.order_by("-at").values("at")[:1]),
    )
    found = [CaseTasks(case, tasks_of(_facts(case), to_china(at))) for case in cases.order_by("pk")]
    return sorted((one for one in found if one.tasks), key=_urgency)


def _urgency(one: CaseTasks) -> tuple[bool, datetime, int]:
    return (not one.is_ill, one.tasks[0].due_at, one.case.pk)


def _facts(case: Any) -> CaseFacts:
    order = getattr(case, "order", None)
    told = [instant for instant in (case.last_check_in, case.last_measured) if instant is not None]
    return CaseFacts(
        CaseState(case.state),
        Stage(case.stage),
        case.valid_from,
        case.proposed_at,
        case.confirmed_at,
        order.verbal_at if order else None,
        bool(order.document) if order else False,
        max(told, default=None),
        case.last_visit,
        case.ill_at,
        Mode(order.mode) if order else None,
    )
