"""Control orders (其他须纳入, N1.1, N1.2): asked for, approved by two bodies, waited out, carried out once.

Nobody makes one alone, an administrator of the installation least of all: approving asks for a body to speak for, and
the record is made from the approved order and from nothing else.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from healthcode.access import (
    NotPermitted,
    can_judge_alarm,
    check_can_approve_order,
    check_can_request_order,
)
from healthcode.domain.anomalies import Anomaly, Finding
from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.orders import APPROVALS, ListOrigin, Measure, OrderReason, OrderState
from healthcode.models import (
    Account,
    ControlOrderRequest,
    HeldBatch,
    OrderApproval,
    OrderedPerson,
    Person,
    Source,
    SourceCategory,
    Topic,
)
from healthcode.services.anomalies import Named, check_batch, hold_order, raise_alarms
from healthcode.services.audit import Act, record_act, record_acts
from healthcode.services.errors import Refused
from healthcode.services.evidence import record_order
from healthcode.services.outbox import announce, message_for


class OrderTerms(NamedTuple):
    """What an order says, and where its list of people comes from."""

    document: str
    reason: OrderReason
    measure: Measure
    valid_until: datetime
    origin: ListOrigin = ListOrigin.NAMED_ONE_BY_ONE
    list_name: str = ""


def request_order(*, by: Account, terms: OrderTerms, people: Sequence[Person], at: datetime) -> ControlOrderRequest:
    """Ask for an order about ``people``. It colours nobody until two bodies have approved it and its delay is over.

    A list that looks like an abuse is frozen at once (``order.held``). Raises ``NotPermitted``; ``Refused``:
    ``nobody_named``, ``list_too_long`` (an alarm is raised all the same), ``list_needs_name`` (more than one person,
    and no list named), ``until_in_past``.
    """
    named = {person.pk: person for person in people}
    check_can_request_order(by, named.values())
    check_length(by=by, size=len(named), document=terms.document, at=at)
    if not named:
        raise Refused("nobody_named")
    if len(named) > 1 and (terms.origin is ListOrigin.NAMED_ONE_BY_ONE or not terms.list_name.strip()):
        raise Refused("list_needs_name")
    if terms.valid_until <= at:
        raise Refused("until_in_past")
    return _request(by, terms, sorted(named), at)


def check_length(*, by: Account, size: int, document: str, at: datetime) -> None:
    """Raise ``Refused("list_too_long")`` for a list over ``HC_LIST_CAP``, having raised an alarm that stays."""
    if size <= settings.HC_LIST_CAP:
        return
    found = Finding(Anomaly.LIST_OVER_CAP, size, settings.HC_LIST_CAP, document)
    raise_alarms(by=by, unit=by.username, findings=[found], at=at)
    raise Refused("list_too_long", f"{size} > {settings.HC_LIST_CAP}")


@transaction.atomic
def _request(by: Account, terms: OrderTerms, ids: Sequence[int], at: datetime) -> ControlOrderRequest:
    findings = check_batch(by=by, source=_office(), rows=[Named(pk, _said(terms, at)) for pk in ids], at=at)
    order = ControlOrderRequest.objects.create(**terms._asdict(), requested_at=at, requested_by=by)
    OrderedPerson.objects.bulk_create(OrderedPerson(order=order, person_id=pk) for pk in ids)
    detail = {"order": str(order.public_id), "document": order.document, "measure": order.measure}
    record_acts(by=by, at=at, acts=[Act("request_order", pk, detail) for pk in ids])
    if findings:
        hold_order(by=by, order=order, findings=findings, at=at)
    return order


def _said(terms: OrderTerms, at: datetime) -> Evidence:
    """Return what would be recorded, for the look-out alone."""
    return Evidence("asked-for", Kind.CONTROL_ORDER, at, at, at, detail={"colour": terms.measure.value})


def _office() -> Source:
    """Return the control office, in whose name orders are recorded."""
    offices = Source.objects.filter(
        category=SourceCategory.HEADQUARTERS, is_active=True, kinds__contains=[Kind.CONTROL_ORDER.value]
    )
    office = offices.order_by("pk").first()
    if office is None:
        raise Refused("source_may_not_assert", "no control office may record control orders")
    return office


def _locked(order: ControlOrderRequest, at: datetime) -> ControlOrderRequest:
    """Return the order, locked and open; raise ``Refused``: ``order_is_over``."""
    locked = ControlOrderRequest.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if locked.state_at(at) not in (OrderState.REQUESTED, OrderState.WAITING):
        raise Refused("order_is_over", locked.document)
    return locked


def _people_of(order: ControlOrderRequest) -> list[Person]:
    return list(Person.objects.filter(pk__in=order.people.values("person")).order_by("pk"))


@transaction.atomic
def approve_order(*, by: Account, order: ControlOrderRequest, at: datetime) -> ControlOrderRequest:
    """Say yes for the body ``by`` speaks for; the second body's yes starts the delay. Returns the order.

    Raises ``NotPermitted``; ``Refused``: ``own_request``, ``already_approved`` (by this body or this account),
    ``frozen`` (an alarm holds it), ``order_is_over``.
    """
    order = _locked(order, at)
    body = check_can_approve_order(by, _people_of(order))
    if order.requested_by_id == by.pk:
        raise Refused("own_request")
    if is_frozen(order):
        raise Refused("frozen")
    given = {(str(one.body), one.by_id) for one in order.approvals.order_by("pk")}
    if order.approved_at or body in {said for said, _pk in given} or by.pk in {pk for _said, pk in given}:
        raise Refused("already_approved")
    OrderApproval.objects.create(order=order, body=body, by=by, requested_by_id=order.requested_by_id, at=at)
    record_act(by=by, at=at, action="approve_order", order=str(order.public_id), body=body.value)
    if len(given) + 1 == APPROVALS:
        order.approved_at = at
        order.carry_out_after = at + timedelta(minutes=settings.HC_ORDER_DELAY_MINUTES)
        order.save(update_fields=["approved_at", "carry_out_after"])
    return order


@transaction.atomic
def stop_order(*, by: Account, order: ControlOrderRequest, reason: str, at: datetime) -> ControlOrderRequest:
    """Stop an order before it is carried out; for the requester, whoever may approve it, and supervisors.

    Raises ``NotPermitted``; ``Refused``: ``reason_required``, ``order_is_over``.
    """
    if not reason.strip():
        raise Refused("reason_required")
    order = _locked(order, at)
    _check_can_stop(by, order)
    order.stopped_at = at
    order.save(update_fields=["stopped_at"])
    detail = {"order": str(order.public_id), "document": order.document}
    record_acts(by=by, at=at, acts=[Act("stop_order", None, detail, reason.strip())])
    return order


def _check_can_stop(by: Account, order: ControlOrderRequest) -> None:
    if can_judge_alarm(by):
        return
    people = _people_of(order)
    if by.pk == order.requested_by_id:
        check_can_request_order(by, people)
    else:
        check_can_approve_order(by, people)


def is_frozen(order: ControlOrderRequest) -> bool:
    """Tell whether an alarm holds the order: nobody can approve it until two supervisors have released it."""
    held = getattr(order, "held", None)
    return held is not None and not held.is_released


def can_stop(*, by: Account, order: ControlOrderRequest) -> bool:
    """Tell whether ``by`` may stop the order."""
    try:
        _check_can_stop(by, order)
    except NotPermitted:
        return False
    return True


def carry_out_orders(*, at: datetime, limit: int = 100) -> int:
    """Record what the approved orders say whose delay is over, tell everyone named; return how many were.

    Each order is claimed with SKIP LOCKED and carried out in one transaction, so it happens once however many workers
    there are and whichever is killed.
    """
    done = 0
    while done < limit and _carry_out_one(at):
        done += 1
    return done


@transaction.atomic
def _carry_out_one(at: datetime) -> bool:
    due = ControlOrderRequest.objects.due(at).exclude(pk__in=_frozen_orders())
    order = due.select_for_update(skip_locked=True, of=("self",)).order_by("carry_out_after", "pk").first()
    if order is None:
        return False
    done = record_order(source=_office(), order=order, at=at)
    order.carried_out_at = at
    order.save(update_fields=["carried_out_at"])
    rows = [
        message_for(person=person, topic=Topic.ORDERED, key=f"order:{order.public_id}:{person.pk}", at=at)
        for person in _people_of(order)
    ]
    announce(rows=rows)
    record_act(by=None, at=at, action="carry_out_order", order=str(order.public_id), people=len(done.records))
    return True


def _frozen_orders() -> Sequence[int]:
    frozen = HeldBatch.objects.filter(order__isnull=False, confirmed_at__isnull=True)
    return list(frozen.order_by("order_id").values_list("order_id", flat=True))
