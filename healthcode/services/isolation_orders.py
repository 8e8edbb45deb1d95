"""What officers do with cases of isolation (管控措施, N2.1, N2.3): confirm, move the end, release, drop.

Each act locks the person, checks the division, and leaves the colour to the evidence that it records.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from django.db import transaction

from healthcode.access import check_can_manage_isolation
from healthcode.domain.colours import Stage
from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.instants import to_china
from healthcode.domain.isolation import (
    MODES_OF,
    CaseAct,
    CaseState,
    End,
    EndProblem,
    IllegalMove,
    Mode,
    asked_by,
    departs_from_rule,
    goes_beyond,
    move,
    problem_of_end,
    release_stage,
)
from healthcode.models import (
    Account,
    EndChange,
    EvidenceRecord,
    IsolationCase,
    IsolationChange,
    IsolationOrder,
    Source,
)
from healthcode.services.audit import Act, record_acts
from healthcode.services.decisions import lock_people
from healthcode.services.errors import Refused
from healthcode.services.evidence import NewEvidence, record_batch
from healthcode.services.isolation import given_by
from healthcode.services.reads import current_timeline

ORDER_SOURCE = "zj-office"
# How each problem of a planned end is refused.
REFUSALS: Mapping[EndProblem, Callable[[], Refused]] = MappingProxyType(
    {
        EndProblem.PAST: lambda: Refused("end_in_past"),
        EndProblem.OPEN: lambda: Refused("end_is_open"),
        EndProblem.EARLIER: lambda: Refused("shorter_than_rule"),
        EndProblem.NO_DOCUMENT: lambda: Refused("document_required"),
        EndProblem.NOT_BY_ORDER: lambda: Refused("not_by_order"),
    }
)


class OrderFields(NamedTuple):
    """What an order says. ``until`` None: as long as the rule asks. ``document`` or ``verbal_at`` is its basis.

    ``mode`` None: as the notice asks in the stage.
    """

    ordered_by: str
    place: str
    document: str = ""
    verbal_at: datetime | None = None
    until: datetime | None = None
    supply_arranged: bool = False
    supply: str = ""
    mode: Mode | None = None


class Moved(NamedTuple):
    """A new planned end, why, and on which paper."""

    until: datetime
    reason: str
    document: str


class _End(NamedTuple):
    """What came of recording an end: the order's record if it needs one, or that an alarm froze it."""

    evidence: EvidenceRecord | None
    is_frozen: bool = False


def confirm_isolation(*, by: Account, case: IsolationCase, order: OrderFields, at: datetime) -> IsolationCase:
    """Confirm a proposed case with its order.

    Where the order lasts longer than the ground, it becomes ``isolation_order`` evidence of the control office and the
    colour follows; otherwise there is only the case. Raises ``NotPermitted``; ``Refused``: ``case_state``,
    ``order_needs_basis``, ``document_required``, ``mode_not_of_stage``, ``end_in_past``, ``end_is_open``,
    ``shorter_than_rule``, ``not_by_order``; ``batch_frozen`` (an alarm froze the order's record: the case stays
    proposed).
    """
    done = _confirm(by, case, order, at)
    if done is None:
        raise Refused("batch_frozen")
    return done


@transaction.atomic
def _confirm(by: Account, case: IsolationCase, order: OrderFields, at: datetime) -> IsolationCase | None:
    """Confirm the case; None when an alarm froze the record, which then is all that is written."""
    case = _locked(by, case, CaseAct.CONFIRM, at)
    document = order.document.strip()
    if not document and (order.verbal_at is None or order.verbal_at > at):
        raise Refused("order_needs_basis")
    mode = _mode(case, order.mode, document)
    until, end = case.given_until, _End(None)
    if order.until is not None:
        until = to_china(order.until)
        _check_end(case, until, document, at)
        end = _record_end(by, case, mode, Moved(until, "", document), at)
    if end.is_frozen:
        return None
    case.state, case.valid_until = CaseState.CONFIRMED, until
    case.confirmed_at, case.confirmed_by = at, by
    case.save(update_fields=["state", "valid_until", "given_until", "confirmed_at", "confirmed_by"])
    IsolationOrder.objects.create(
        case=case,
        mode=mode,
        valid_from=case.valid_from,
        valid_until=until,
        ordered_by=order.ordered_by.strip(),
        document=document,
        verbal_at=order.verbal_at,
        paper_document_at=at if document else None,
        place=order.place.strip(),
        supply_arranged=order.supply_arranged,
        supply=order.supply.strip() if order.supply_arranged else "",
        evidence=end.evidence,
        recorded_at=at,
        recorded_by=by,
    )
    return _audited(by, case, "confirm_isolation", at, document=document, mode=mode)


def _mode(case: IsolationCase, asked: Mode | None, document: str) -> Mode:
    """Return how the order isolates. What is milder than the notice asks for is not given by word of mouth."""
    stage = Stage(case.stage)
    possible = MODES_OF[stage]
    mode = asked or possible[0]
    if mode not in possible:
        raise Refused("mode_not_of_stage", mode)
    if departs_from_rule(stage, mode) and not document:
        raise Refused("document_required")
    return mode


@transaction.atomic
def record_paper(*, by: Account, case: IsolationCase, document: str, at: datetime) -> IsolationCase:
    """Add the paper to an order that was given by word of mouth.

    Raises ``NotPermitted``; ``Refused``: ``case_state``, ``document_required``, ``paper_there``.
    """
    case = _locked(by, case, CaseAct.RECORD_PAPER, at)
    if case.order.document:
        raise Refused("paper_there")
    if not document.strip():
        raise Refused("document_required")
    case.order.document, case.order.paper_document_at = document.strip(), at
    case.order.save(update_fields=["document", "paper_document_at"])
    return _audited(by, case, "record_paper", at, document=case.order.document)


def change_end(*, by: Account, case: IsolationCase, moved: Moved, at: datetime) -> IsolationChange:
    """Move the planned end of a confirmed case and keep the end before; the record of the order is made anew.

    Raises ``NotPermitted``; ``Refused``: ``case_state``, ``reason_required``, ``document_required``, ``end_is_same``,
    ``end_in_past``, ``end_is_open``, ``shorter_than_rule``, ``not_by_order``; ``batch_frozen`` (an alarm froze the
    order's record: the end stays as it was).
    """
    done = _change_end(by, case, moved, at)
    if done is None:
        raise Refused("batch_frozen")
    return done


@transaction.atomic
def _change_end(by: Account, case: IsolationCase, moved: Moved, at: datetime) -> IsolationChange | None:
    """Move the end; None when an alarm froze the record, which then is all that is written."""
    case = _locked(by, case, CaseAct.CHANGE_END, at)
    moved = Moved(to_china(moved.until), moved.reason.strip(), moved.document.strip())
    previous = _check_moved(case, moved)
    _check_end(case, moved.until, moved.document, at)
    order = case.order
    end = _record_end(by, case, Mode(order.mode), moved, at, order.evidence)
    if end.is_frozen:
        return None
    order.evidence = end.evidence
    order.valid_until = case.valid_until = moved.until
    case.reminded_at = None
    order.save(update_fields=["valid_until", "evidence"])
    case.save(update_fields=["valid_until", "given_until", "reminded_at"])
    change = IsolationChange.objects.create(
        order=order,
        change=EndChange.EXTENDED if moved.until > previous else EndChange.SHORTENED,
        previous_until=previous,
        valid_until=moved.until,
        reason=moved.reason,
        document=moved.document,
        at=at,
        by=by,
    )
    _audited(by, case, "change_end", at, moved.reason, document=moved.document, change=change.change)
    return change


def _check_moved(case: IsolationCase, moved: Moved) -> datetime:
    """Return the planned end before."""
    if not moved.reason:
        raise Refused("reason_required")
    if not moved.document:
        raise Refused("document_required")
    if case.valid_until is None:
        raise Refused("end_is_open")
    if moved.until == case.valid_until:
        raise Refused("end_is_same")
    return case.valid_until


@transaction.atomic
def release_isolation(
    *, by: Account, case: IsolationCase, document: str, at: datetime, whole: bool = False
) -> IsolationCase:
    """End a confirmed case now by a release with its document (N2.3); what follows from it is decided.

    ``whole``: also the observation at home that would follow central isolation. Raises ``NotPermitted``; ``Refused``:
    ``case_state``, ``document_required``, ``hospital_by_doctors``, ``stage_not_begun``.
    """
    case = _locked(by, case, CaseAct.RELEASE, at)
    document = document.strip()
    stage = release_stage(Stage(case.stage), whole=whole)
    if stage is None:
        raise Refused("hospital_by_doctors")
    if not document:
        raise Refused("document_required")
    if case.valid_from > at:
        # A release of what has not begun changes nothing (rules), and the case would be over without its stage.
        raise Refused("stage_not_begun")
    rows = [_release(case, case.ground, stage, document, at)]
    if case.order.evidence is not None:
        rows.append(_release(case, case.order.evidence, "all", document, at))
    record_batch(by=by, source=_source(), rows=rows, at=at)
    _close(case, CaseAct.RELEASE, by, at)
    case.end, case.close_document = End.RELEASED, document
    case.save(update_fields=["state", "end", "closed_at", "closed_by", "close_document"])
    return _audited(by, case, "release_isolation", at, document=document, stage=stage)


@transaction.atomic
def cancel_isolation(*, by: Account, case: IsolationCase, reason: str, at: datetime) -> IsolationCase:
    """Drop a case that another body manages or that was ordered in error; an order's own record is withdrawn.

    The ground stays and the code with it: a wrong ground is withdrawn, not its case. Raises ``NotPermitted``;
    ``Refused``: ``case_state``, ``reason_required``.
    """
    case = _locked(by, case, CaseAct.CANCEL, at)
    reason = reason.strip()
    if not reason:
        raise Refused("reason_required")
    order = getattr(case, "order", None)
    if order is not None and order.evidence is not None:
        rows = [NewEvidence(case.person_id, _retraction(order.evidence, reason, at))]
        record_batch(by=by, source=_source(), rows=rows, at=at)
    _close(case, CaseAct.CANCEL, by, at)
    case.close_reason = reason
    case.save(update_fields=["state", "closed_at", "closed_by", "close_reason"])
    return _audited(by, case, "cancel_isolation", at, reason)


# --- what the acts share ----------------------------------------------------------------------------------


def _locked(by: Account, case: IsolationCase, act: CaseAct, at: datetime) -> IsolationCase:
    """Lock the person, then the case; check who acts and whether the act is possible; bring its ground up to date."""
    (person,) = lock_people([case.person_id])
    check_can_manage_isolation(by, person)
    cases = IsolationCase.objects.select_related("ground", "order__evidence")
    locked = cases.select_for_update(of=("self",)).get(pk=case.pk)
    try:
        move(CaseState(locked.state), act)
    except IllegalMove as error:
        raise Refused("case_state", str(error)) from error
    locked.person = person
    asked = asked_by(current_timeline(person_id=person.pk, at=at), to_china(at))
    given = given_by(locked, {(one.evidence, one.stage): one for one in asked})
    if given is not None:
        locked.given_until = given.ends
    return locked


def _check_end(case: IsolationCase, until: datetime, document: str, at: datetime) -> None:
    given = to_china(case.given_until) if case.given_until else None
    problem = problem_of_end(
        stage=Stage(case.stage), until=until, given_until=given, document=document, at=to_china(at)
    )
    if problem is not None:
        raise REFUSALS[problem]()


def _record_end(
    by: Account, case: IsolationCase, mode: Mode, moved: Moved, at: datetime, old: EvidenceRecord | None = None
) -> _End:
    """Withdraw the order's old record and make the one for the new end; none where the ground itself lasts as long."""
    rows = [NewEvidence(case.person_id, _retraction(old, moved.reason, at))] if old else []
    if goes_beyond(moved.until, case.given_until):
        rows.append(NewEvidence(case.person_id, _order(case, mode, moved, at)))
    if not rows:
        return _End(None)
    done = record_batch(by=by, source=_source(), rows=rows, at=at)
    made = next((record for record in done.records if record.kind == Kind.ISOLATION_ORDER), None)
    return _End(made, is_frozen=done.held is not None)


def _source() -> Source:
    return Source.objects.get(code=ORDER_SOURCE)


def _number(case: IsolationCase, word: str, at: datetime) -> str:
    """Return a number of ours for a record: the same act at the same instant is the same record."""
    return f"{word}-{case.public_id.hex[:16]}-{int(at.timestamp() * 1_000_000):x}"


def _order(case: IsolationCase, mode: Mode, moved: Moved, at: datetime) -> Evidence:
    begins = to_china(case.valid_from)
    return Evidence(
        id=_number(case, "order", at),
        kind=Kind.ISOLATION_ORDER,
        at=begins,
        ended_at=begins,
        until=moved.until,
        recorded_at=to_china(at),
        detail={"mode": mode.value, "document": moved.document},
    )


def _retraction(record: EvidenceRecord, reason: str, at: datetime) -> Evidence:
    now = to_china(at)
    return Evidence(
        id=f"retract-{record.public_id}",
        kind=Kind.RETRACTION,
        at=now,
        ended_at=now,
        recorded_at=now,
        retracts=str(record.public_id),
        reason=reason,
    )


def _release(case: IsolationCase, of: EvidenceRecord, stage: str, document: str, at: datetime) -> NewEvidence:
    now = to_china(at)
    said = Evidence(
        id=_number(case, "release" if of == case.ground else "release-order", at),
        kind=Kind.RELEASE,
        at=now,
        ended_at=now,
        recorded_at=now,
        detail={"stage": stage, "of": (str(of.public_id),), "document": document},
    )
    return NewEvidence(case.person_id, said)


def _close(case: IsolationCase, act: CaseAct, by: Account, at: datetime) -> None:
    case.state = move(CaseState(case.state), act)
    case.closed_at, case.closed_by = at, by


def _audited(
    by: Account, case: IsolationCase, action: str, at: datetime, reason: str = "", **detail: str
) -> IsolationCase:
    act = Act(action, case.person_id, {"case": str(case.public_id), **detail}, reason)
    record_acts(by=by, at=at, acts=[act])
    return case
