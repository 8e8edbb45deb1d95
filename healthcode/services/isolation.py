"""Cases of isolation follow the red grounds (N2.1, N2.3): proposed, kept up to date and ended by the sweep.

What officers do with a case is in ``services.isolation_orders``. Nothing here sets a colour.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from healthcode.domain.colours import Colour, Stage
from healthcode.domain.decide import Segment
from healthcode.domain.instants import print_instant, to_china
from healthcode.domain.isolation import (
    LEAD,
    OPEN_STATES,
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
from healthcode.models.copying import insert_rows
from healthcode.services.audit import Act, record_acts
from healthcode.services.outbox import announce, message_for

BATCH = 500
# The audited act of taking over an end that the ground has moved; it keeps the end before.
FOLLOW = "follow_ground"

_MOVE = """
WITH moved AS (
    UPDATE {case} AS moving
    SET given_until = new.given_until, valid_until = new.valid_until, reminded_at = new.reminded_at
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
         AS new (id, given_until, valid_until, reminded_at)
    WHERE moving.id = new.id
    RETURNING moving.id, moving.valid_until
)
UPDATE {order} AS ordered SET valid_until = moved.valid_until FROM moved WHERE ordered.case_id = moved.id
"""

_Candidates = Callable[[datetime], "QuerySet[DecisionRecord]"]


class _Seen(NamedTuple):
    """A person at a look: the decision, what it asks for by record and stage, and all their cases, oldest first."""

    decision: DecisionRecord
    segments: Sequence[Segment]
    stages: Mapping[tuple[str, Stage], Asked]
    cases: Sequence[IsolationCase]


class _Work(NamedTuple):
    """What a batch comes to; written in a fixed number of statements, however many people it has."""

    made: list[IsolationCase]
    moved: list[IsolationCase]
    ended: list[IsolationCase]
    messages: list[Outbox]
    acts: list[Act]


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
    unfinished = Recolouring.objects.filter(
        finished_at__isnull=True, effective_at__lte=at, id__gt=OuterRef("recolouring")
    )
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
    everybody = _everybody(decisions, at)
    records = _records_of(everybody)
    work = _Work([], [], [], [], [])
    for seen in everybody:
        _follow(seen, work, at)
        _propose(seen, records, work, at)
    _write(work, at)
    _note_looks(everybody, at)
    return len(held), len(decisions)


def _everybody(decisions: Sequence[DecisionRecord], at: datetime) -> list[_Seen]:
    people = [decision.person_id for decision in decisions]
    cases: dict[int, list[IsolationCase]] = {}
    found = IsolationCase.objects.filter(person_id__in=people).select_related("ground", "order__evidence", "person")
    for case in found.order_by("pk"):
        cases.setdefault(case.person_id, []).append(case)
    everybody = []
    for decision in decisions:
        segments = decision.segments()
        stages = {(one.evidence, one.stage): one for one in asked_by(segments, to_china(at))}
        everybody.append(_Seen(decision, segments, stages, cases.get(decision.person_id, [])))
    return everybody


def _records_of(everybody: Sequence[_Seen]) -> Mapping[str, EvidenceRecord]:
    """Return the records that ask for something, by their public ids."""
    names = {evidence for seen in everybody for evidence, _stage in seen.stages}
    return {str(record.public_id): record for record in EvidenceRecord.objects.filter(public_id__in=names)}


def _write(work: _Work, at: datetime) -> None:
    insert_rows(work.made)
    for end in End:
        ended = [case.pk for case in work.ended if case.end == end]
        IsolationCase.objects.filter(pk__in=ended).update(state=CaseState.ENDED, end=end, closed_at=at)
    _write_moved(work.moved)
    record_acts(by=None, at=at, label="isolation", acts=work.acts)
    announce(rows=work.messages)


def _write_moved(moved: Sequence[IsolationCase]) -> None:
    if not moved:
        return
    tables = {"case": IsolationCase._meta.db_table, "order": IsolationOrder._meta.db_table}
    columns = ("pk", "given_until", "valid_until", "reminded_at")
    with connection.cursor() as cursor:
        cursor.execute(_MOVE.format(**tables), [[getattr(case, name) for case in moved] for name in columns])


def _follow(seen: _Seen, work: _Work, at: datetime) -> None:
    """Bring open cases in line with what is asked now, and end those whose stage is over."""
    for case in seen.cases:
        if case.state not in OPEN_STATES:
            continue
        given, ordered = given_by(case, seen.stages), ordered_beyond(case, seen.stages)
        if given is None and ordered is None:
            _end(case, seen, work, at)
        elif given is not None:
            _move_end(case, given.ends, ordered, work)


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


def _move_end(case: IsolationCase, ends: datetime | None, ordered: Asked | None, work: _Work) -> None:
    """Take over an end that the ground has moved; what was ordered beyond it stays."""
    until = ends
    if ends is not None and ordered is not None and ordered.ends is not None:
        until = max(ends, ordered.ends)
    if (case.given_until, case.valid_until) == (ends, until):
        return
    if case.valid_until != until:
        case.reminded_at = None
        ends_said = {"previous_until": _said(case.valid_until), "valid_until": _said(until)}
        work.acts.append(Act(FOLLOW, case.person_id, {"case": str(case.public_id), **ends_said}))
    case.given_until, case.valid_until = ends, until
    work.moved.append(case)


def _said(instant: datetime | None) -> str | None:
    return print_instant(to_china(instant)) if instant else None


def _end(case: IsolationCase, seen: _Seen, work: _Work, at: datetime) -> None:
    by_time = case.valid_until is not None and case.valid_until <= at
    was_confirmed = case.state == CaseState.CONFIRMED
    case.state = move(CaseState(case.state), CaseAct.END)
    case.end = End.TIME if by_time else End.GROUND_GONE
    case.closed_at = at
    work.ended.append(case)
    work.acts.append(Act("end_isolation", case.person_id, {"case": str(case.public_id), "end": case.end}))
    # Where the colour turns with it, that message tells it; where the same stage goes on, nothing has ended for them.
    goes_on = any(one.stage == case.stage and one.begins <= at for one in seen.stages.values())
    still_red = seen.decision.segment_at(at).colour is Colour.RED
    if was_confirmed and still_red and not goes_on and case.person.applied_at is not None:
        key = f"isolation-turned:{case.public_id}"
        work.messages.append(message_for(person=case.person, topic=Topic.ISOLATION_TURNED, key=key, at=at))


def _propose(seen: _Seen, records: Mapping[str, EvidenceRecord], work: _Work, at: datetime) -> None:
    """Propose what is asked for and not managed yet; a case that was dropped by an officer is not proposed again."""
    managed = {(str(case.ground.public_id), Stage(case.stage)) for case in seen.cases if case.state != CaseState.ENDED}
    orders = _order_records(seen.cases)
    for key, asked in seen.stages.items():
        if key in managed or asked.evidence in orders or asked.begins > at + LEAD:
            continue
        case = _new_case(seen.decision.person, asked, records[asked.evidence], at)
        work.made.append(case)
        said = {"case": str(case.public_id), "rule": case.rule, "stage": case.stage}
        work.acts.append(Act("propose_isolation", case.person_id, said))


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


def _note_looks(everybody: Sequence[_Seen], at: datetime) -> None:
    looks = [
        IsolationLook(
            person_id=seen.decision.person_id,
            decision=seen.decision,
            looked_at=at,
            again_at=next_look(seen.segments, to_china(at)),
        )
        for seen in everybody
    ]
    IsolationLook.objects.bulk_create(
        looks,
        update_conflicts=True,
        unique_fields=["person"],
        update_fields=["decision", "looked_at", "again_at"],
    )


# --- notices ----------------------------------------------------------------------------------------------


def remind_isolation(*, at: datetime, batch: int = BATCH) -> int:
    """Tell people a day before that their isolation ends (N2.3), once per planned end; return how many were told.

    The end comes whether or not an officer has confirmed the case, and so does this. Where the same stage goes on for
    another reason nothing ends, and nobody is told.
    """
    told = 0
    while claimed := _remind_batch(at, batch):
        told += claimed
    return told


@transaction.atomic
def _remind_batch(at: datetime, batch: int) -> int:
    longer = IsolationCase.objects.open().filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=OuterRef("valid_until")),
        person=OuterRef("person"),
        stage=OuterRef("stage"),
        valid_from__lte=OuterRef("valid_until"),
    )
    ending = IsolationCase.objects.open().filter(
        ~Exists(longer), reminded_at__isnull=True, valid_until__gt=at, valid_until__lte=at + REMIND_BEFORE
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
