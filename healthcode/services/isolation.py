"""Cases of isolation follow the red grounds (N2.1, N2.3): proposed, kept up to date and ended by the sweep.

What officers do with a case is in ``services.orders``. Nothing here sets a colour.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from healthcode.domain.colours import Colour, Stage
from healthcode.domain.instants import to_china
from healthcode.domain.isolation import (
    LEAD,
    REMIND_BEFORE,
    Asked,
    CaseAct,
    CaseState,
    End,
    asked_by,
    move,
    next_look,
)
from healthcode.models import (
    DecisionRecord,
    EvidenceRecord,
    IsolationCase,
    IsolationLook,
    IsolationOrder,
    Outbox,
    Person,
    Recolouring,
    Topic,
)
from healthcode.services.audit import Act, record_acts
from healthcode.services.outbox import announce, message_for

BATCH = 500

_Candidates = Callable[[datetime], "QuerySet[DecisionRecord]"]


class _Asks(NamedTuple):
    """What a person's current decision asks for, by record and stage, and the records by their public ids."""

    stages: Mapping[tuple[str, Stage], Asked]
    records: Mapping[str, EvidenceRecord]
    decision: DecisionRecord


def propose_isolation(*, at: datetime, batch: int = BATCH) -> int:
    """Look at everyone whose decision is new or whose stage turns; return how many people were looked at.

    Proposes a case for each stage that a red ground asks for now or within a day (once per person, record and stage),
    follows moved ends, and ends the cases whose stage is over. Each batch is one transaction over people claimed with
    SKIP LOCKED: safe with several workers, after ``kill -9`` and run twice.
    """
    looked = 0
    for candidates in (_red_not_looked_at, _managed_not_looked_at):
        while True:
            claimed, done = _look_at_batch(candidates, at, batch)
            looked += done
            if not claimed:
                break
    return looked


def _unlooked(at: datetime) -> "QuerySet[DecisionRecord]":
    looks = IsolationLook.objects.filter(person=OuterRef("person"), decision=OuterRef("pk")).exclude(again_at__lte=at)
    unfinished = Recolouring.objects.filter(finished_at__isnull=True, id__gt=OuterRef("recolouring"))
    # A decision older than an unfinished recolouring is left to it: what it asks for may be wrong by now.
    unlooked: QuerySet[DecisionRecord] = (
        DecisionRecord.objects.current().exclude(Exists(looks)).exclude(Exists(unfinished))
    )
    return unlooked


def _red_not_looked_at(at: datetime) -> "QuerySet[DecisionRecord]":
    return _unlooked(at).filter(colour=Colour.RED)


def _managed_not_looked_at(at: datetime) -> "QuerySet[DecisionRecord]":
    return _unlooked(at).filter(Exists(IsolationCase.objects.open().filter(person=OuterRef("person"))))


@transaction.atomic
def _look_at_batch(candidates: _Candidates, at: datetime, batch: int) -> tuple[int, int]:
    """Return how many people were claimed and how many of them were still to be looked at."""
    claim = candidates(at).order_by("pk").select_related("person").only("person_id", "person__id")
    # The person's row is the lock of all colouring: nobody decides them meanwhile.
    locked = claim.select_for_update(skip_locked=True, no_key=True, of=("person",))[:batch]
    held = [decision.person_id for decision in locked]
    decisions = list(candidates(at).filter(person_id__in=held).select_related("person").order_by("pk"))
    acts: list[Act] = []
    messages: list[Outbox] = []
    for decision, cases in _with_cases(decisions):
        asks = _asks_of(decision, at)
        acts += _follow(cases, asks, messages, at)
        acts += _propose(decision.person, cases, asks, at)
        _note_look(decision, at)
    record_acts(by=None, at=at, label="isolation", acts=acts)
    announce(rows=messages)
    return len(held), len(decisions)


def _with_cases(decisions: Sequence[DecisionRecord]) -> Iterator[tuple[DecisionRecord, list[IsolationCase]]]:
    """Yield each decision with all cases of its person, oldest first."""
    people = [decision.person_id for decision in decisions]
    found: dict[int, list[IsolationCase]] = {}
    cases = IsolationCase.objects.filter(person_id__in=people).select_related("ground", "order__evidence", "person")
    for case in cases.order_by("pk"):
        found.setdefault(case.person_id, []).append(case)
    for decision in decisions:
        yield decision, found.get(decision.person_id, [])


def _asks_of(decision: DecisionRecord, at: datetime) -> _Asks:
    asked = asked_by(decision.segments(), to_china(at))
    records = EvidenceRecord.objects.filter(public_id__in=[one.evidence for one in asked])
    by_id = {str(record.public_id): record for record in records.order_by("pk")}
    return _Asks({(one.evidence, one.stage): one for one in asked}, by_id, decision)


def _follow(cases: Sequence[IsolationCase], asks: _Asks, messages: list[Outbox], at: datetime) -> list[Act]:
    """Bring open cases in line with what is asked now, and end those whose stage is over."""
    acts = []
    for case in cases:
        if case.state not in (CaseState.PROPOSED, CaseState.CONFIRMED):
            continue
        given, ordered = given_by(case, asks.stages), ordered_beyond(case, asks.stages)
        if given is None and ordered is None:
            acts.append(_end(case, asks, messages, at))
        elif given is not None:
            _move_end(case, given.ends, ordered)
    return acts


def given_by(case: IsolationCase, stages: Mapping[tuple[str, Stage], Asked]) -> Asked | None:
    """Return what the ground of a case still asks for in its stage."""
    return stages.get((str(case.ground.public_id), Stage(case.stage)))


def ordered_beyond(case: IsolationCase, stages: Mapping[tuple[str, Stage], Asked]) -> Asked | None:
    """Return what the order's own record still asks for. Needs ``order__evidence`` loaded."""
    order = getattr(case, "order", None)
    if order is None or order.evidence is None:
        return None
    name = str(order.evidence.public_id)
    return next((asked for (evidence, _stage), asked in stages.items() if evidence == name), None)


def _move_end(case: IsolationCase, ends: datetime | None, ordered: Asked | None) -> None:
    """Take over an end that the ground has moved; what was ordered beyond it stays."""
    until = ends
    if ends is not None and ordered is not None and ordered.ends is not None:
        until = max(ends, ordered.ends)
    if (case.given_until, case.valid_until) == (ends, until):
        return
    if case.valid_until != until:
        case.reminded_at = None
    case.given_until, case.valid_until = ends, until
    case.save(update_fields=["given_until", "valid_until", "reminded_at"])
    IsolationOrder.objects.filter(case=case).update(valid_until=until)


def _end(case: IsolationCase, asks: _Asks, messages: list[Outbox], at: datetime) -> Act:
    by_time = case.valid_until is not None and case.valid_until <= at
    was_confirmed = case.state == CaseState.CONFIRMED
    case.state = move(CaseState(case.state), CaseAct.END)
    case.end = End.TIME if by_time else End.GROUND_GONE
    case.closed_at = at
    case.save(update_fields=["state", "end", "closed_at"])
    # Where the colour turned with it, that message tells it already.
    still_red = asks.decision.segment_at(at).colour is Colour.RED
    if was_confirmed and still_red and case.person.applied_at is not None:
        key = f"isolation-turned:{case.public_id}"
        messages.append(message_for(person=case.person, topic=Topic.ISOLATION_TURNED, key=key, at=at))
    return Act("end_isolation", case.person_id, {"case": str(case.public_id), "end": case.end})


def _propose(person: Person, cases: Sequence[IsolationCase], asks: _Asks, at: datetime) -> list[Act]:
    """Propose what is asked for and not managed yet; a case that was dropped by an officer is not proposed again."""
    managed = {
        (str(case.ground.public_id), Stage(case.stage))
        for case in cases
        if case.state in (CaseState.PROPOSED, CaseState.CONFIRMED, CaseState.CANCELLED)
    }
    orders = _order_records(cases)
    made = [
        _new_case(person, asked, asks.records[asked.evidence], at)
        for key, asked in asks.stages.items()
        if key not in managed and asked.evidence not in orders and asked.begins <= at + LEAD
    ]
    IsolationCase.objects.bulk_create(made)
    return [
        Act("propose_isolation", person.pk, {"case": str(case.public_id), "rule": case.rule, "stage": case.stage})
        for case in made
    ]


def _order_records(cases: Sequence[IsolationCase]) -> set[str]:
    """Return the records that officers' orders made: they belong to their case and ask for none of their own."""
    orders = [case.order for case in cases if hasattr(case, "order")]
    return {str(order.evidence.public_id) for order in orders if order.evidence is not None}


def _new_case(person: Person, asked: Asked, ground: EvidenceRecord, at: datetime) -> IsolationCase:
    return IsolationCase(
        person=person,
        ground=ground,
        rule=asked.rule,
        stage=asked.stage,
        state=CaseState.PROPOSED,
        division=person.stay_code or person.residence_code,
        valid_from=asked.begins,
        valid_until=asked.ends,
        given_until=asked.ends,
        proposed_at=at,
    )


def _note_look(decision: DecisionRecord, at: datetime) -> None:
    again_at = next_look(decision.segments(), to_china(at))
    seen = {"decision": decision, "looked_at": at, "again_at": again_at}
    IsolationLook.objects.update_or_create(person_id=decision.person_id, defaults=seen)


# --- notices ----------------------------------------------------------------------------------------------


def remind_isolation(*, at: datetime, batch: int = BATCH) -> int:
    """Tell people a day before that their isolation ends (N2.3), once per planned end; return how many were told."""
    told = 0
    while claimed := _remind_batch(at, batch):
        told += claimed
    return told


@transaction.atomic
def _remind_batch(at: datetime, batch: int) -> int:
    ending = IsolationCase.objects.filter(
        state=CaseState.CONFIRMED, reminded_at__isnull=True, valid_until__gt=at, valid_until__lte=at + REMIND_BEFORE
    )
    rows = list(
        ending.select_related("person")
        .order_by("valid_until", "pk")
        .select_for_update(skip_locked=True, of=("self",))[:batch]
    )
    IsolationCase.objects.filter(pk__in=[case.pk for case in rows]).update(reminded_at=at)
    announce(rows=[_ending(case, at) for case in rows if case.person.applied_at is not None])
    acts = [Act("remind_isolation", case.person_id, {"case": str(case.public_id)}) for case in rows]
    record_acts(by=None, at=at, label="isolation", acts=acts)
    return len(rows)


def _ending(case: IsolationCase, at: datetime) -> Outbox:
    until = int(case.valid_until.timestamp()) if case.valid_until else 0
    key = f"isolation-ending:{case.public_id}:{until}"
    return message_for(person=case.person, topic=Topic.ISOLATION_ENDING, key=key, at=at)
