"""Control orders (其他须纳入): two bodies, a delay, once, and everyone named is told."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError, transaction

from healthcode.access import NotPermitted
from healthcode.domain.orders import ListOrigin, Measure, OrderReason
from healthcode.models import (
    Account,
    Alarm,
    AuditEntry,
    ControlOrderRequest,
    EvidenceRecord,
    OrderApproval,
    Outbox,
    Person,
    Source,
)
from healthcode.services.errors import Refused
from healthcode.services.evidence import record_order
from healthcode.services.orders import OrderTerms, approve_order, carry_out_orders, request_order, stop_order
from tests.healthcode.at_once import at_once
from tests.people import fact, order, person_of, record, status, strangers

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DELAY = timedelta(hours=2)
Ask = Callable[..., ControlOrderRequest]


@pytest.fixture
def ask(citizen: Account, reviewer: Account, at: datetime) -> Ask:
    """Ask for an order about the citizen, as the province's reviewer does."""

    def asked(*people: Person, by: Account = reviewer, **terms: Any) -> ControlOrderRequest:
        said = {"reason": OrderReason.CLUSTER, "measure": Measure.RED, "valid_until": at + 7 * DAY, **terms}
        whole = OrderTerms(document="浙防办〔2020〕31号", **said)
        return request_order(by=by, terms=whole, people=people or [person_of(citizen)], at=at)

    return asked


@pytest.fixture
def approved(ask: Ask, colleague: Account, commission: Account, at: datetime) -> ControlOrderRequest:
    """An order that two bodies have approved."""
    asked = ask()
    approve_order(by=colleague, order=asked, at=at)
    return approve_order(by=commission, order=asked, at=at)


@pytest.mark.parametrize("by", ["nobody", "reviewer", "administrator"])
def test_an_order_is_never_recorded_directly(by: str, citizen: Account, at: datetime, request: Any) -> None:
    said = fact("control_order", "07-08", until="07-20", colour="red", document="文")
    with pytest.raises(Refused) as refusal:
        record(person_of(citizen), said, at=at)
    assert refusal.value.code == "order_needs_approval"
    assert not EvidenceRecord.objects.exists()


def test_not_even_the_database_takes_one_without_its_order(citizen: Account, sources: dict[str, Source]) -> None:
    said = {"kind": "control_order", "source": sources["zj-office"], "source_ref": "1", "person": person_of(citizen)}
    when = datetime.fromisoformat("2020-07-08T12:00+08:00")
    with pytest.raises(IntegrityError, match="evidence_control_order_was_approved"), transaction.atomic():
        EvidenceRecord.objects.create(**said, at=when, ended_at=when, recorded_at=when, until=when + DAY)


def test_asking_changes_nothing(ask: Ask, citizen: Account, at: datetime) -> None:
    asked = ask()
    assert carry_out_orders(at=at + DAY) == 0
    assert (status(person_of(citizen), at + DAY).colour, asked.approved_at) == ("green", None)


def test_one_approval_changes_nothing(ask: Ask, commission: Account, citizen: Account, at: datetime) -> None:
    approve_order(by=commission, order=ask(), at=at)
    assert carry_out_orders(at=at + DAY) == 0
    assert status(person_of(citizen), at + DAY).colour == "green"


def test_two_bodies_and_a_delay_make_it(approved: ControlOrderRequest, citizen: Account, at: datetime) -> None:
    assert carry_out_orders(at=at + DELAY - timedelta(seconds=1)) == 0
    assert carry_out_orders(at=at + DELAY) == 1
    ground = status(person_of(citizen), at + DELAY).grounds[0]
    assert (ground.rule, ground.since, ground.until) == ("control_order", at + DELAY, at + 7 * DAY)
    assert EvidenceRecord.objects.get().order == approved


def test_the_delay_is_configured(
    ask: Ask, colleague: Account, commission: Account, at: datetime, settings: Any
) -> None:
    settings.HC_ORDER_DELAY_MINUTES = 5
    asked = ask()
    for who in (colleague, commission):
        asked = approve_order(by=who, order=asked, at=at)
    assert asked.carry_out_after == at + timedelta(minutes=5)


def test_who_asks_does_not_approve(ask: Ask, reviewer: Account, at: datetime) -> None:
    with pytest.raises(Refused) as refusal:
        approve_order(by=reviewer, order=ask(), at=at)
    assert refusal.value.code == "own_request"


def test_one_body_does_not_approve_twice(ask: Ask, colleague: Account, commission: Account, at: datetime) -> None:
    asked = ask()
    approve_order(by=commission, order=asked, at=at)
    second = Account.objects.create(username="commission-2", division="330000", is_staff=True)
    second.groups.set(commission.groups.all())
    with pytest.raises(Refused) as refusal:
        approve_order(by=second, order=asked, at=at)
    assert refusal.value.code == "already_approved"


def test_nobody_speaks_for_two_bodies(ask: Ask, commission: Account, leader: Account, at: datetime) -> None:
    commission.groups.add(Group.objects.get(name="leading_group"))
    with pytest.raises(NotPermitted):
        approve_order(by=Account.objects.get(pk=commission.pk), order=ask(), at=at)


@pytest.mark.parametrize("who", ["officer", "auditor", "operator", "supervisor", "administrator", "citizen"])
def test_who_speaks_for_no_body_does_not_approve(who: str, ask: Ask, at: datetime, request: Any) -> None:
    asked = ask()
    with pytest.raises(NotPermitted):
        approve_order(by=request.getfixturevalue(who), order=asked, at=at)


@pytest.mark.parametrize("who", ["other_officer", "auditor", "operator", "commission", "administrator", "citizen"])
def test_who_may_not_ask(who: str, ask: Ask, request: Any) -> None:
    with pytest.raises(NotPermitted):
        ask(by=request.getfixturevalue(who))
    assert not ControlOrderRequest.objects.exists()


@pytest.mark.parametrize("who", ["reviewer", "commission", "supervisor"])
def test_what_waits_can_be_stopped(
    who: str, approved: ControlOrderRequest, citizen: Account, at: datetime, request: Any
) -> None:
    stop_order(by=request.getfixturevalue(who), order=approved, reason="名单有误", at=at + HOUR)
    assert carry_out_orders(at=at + DAY) == 0
    assert status(person_of(citizen), at + DAY).colour == "green"
    assert AuditEntry.objects.get(action="stop_order").reason == "名单有误"


@pytest.mark.parametrize("who", ["other_officer", "operator", "administrator"])
def test_who_may_not_stop(who: str, approved: ControlOrderRequest, at: datetime, request: Any) -> None:
    with pytest.raises(NotPermitted):
        stop_order(by=request.getfixturevalue(who), order=approved, reason="x", at=at)


def test_what_is_over_is_neither_stopped_nor_approved(
    approved: ControlOrderRequest, reviewer: Account, leader: Account, at: datetime
) -> None:
    carry_out_orders(at=at + DELAY)
    for act in (partial(stop_order, by=reviewer, reason="x"), partial(approve_order, by=leader)):
        with pytest.raises(Refused) as refusal:
            act(order=approved, at=at + DAY)
        assert refusal.value.code == "order_is_over"


def test_what_ends_before_it_is_approved_never_begins(approved: ControlOrderRequest, at: datetime) -> None:
    assert carry_out_orders(at=at + 8 * DAY) == 0
    assert approved.state_at(at + 8 * DAY) == "expired"


def test_everyone_named_is_told(citizen: Account, mother: Account, at: datetime) -> None:
    people = [person_of(citizen), person_of(mother)]
    order(*people, at=at, until=at + DAY)
    told = Outbox.objects.filter(topic="ordered").values_list("person_id", flat=True)
    assert sorted(told) == sorted(person.pk for person in people)


def test_the_command_carries_out(approved: ControlOrderRequest, capsys: Any) -> None:
    ControlOrderRequest.objects.filter(pk=approved.pk).exists()
    call_command("carry_out_orders")
    assert "0 orders carried out" in capsys.readouterr().out


TERMS: list[tuple[str, int, dict[str, Any]]] = [
    ("list_needs_name", 2, {}),
    ("list_needs_name", 2, {"origin": ListOrigin.SCREENING}),
    ("until_in_past", 1, {"valid_until": datetime.fromisoformat("2020-07-08T12:00+08:00")}),
]


@pytest.mark.parametrize(("code", "number", "terms"), TERMS)
def test_what_cannot_be_asked_for(code: str, number: int, terms: dict[str, Any], ask: Ask) -> None:
    with pytest.raises(Refused) as refusal:
        ask(*strangers(number), **terms)
    assert refusal.value.code == code


def test_a_list_over_the_cap_is_refused_and_raises_an_alarm(ask: Ask, settings: Any) -> None:
    settings.HC_LIST_CAP = 3
    with pytest.raises(Refused) as refusal:
        ask(*strangers(4), origin=ListOrigin.SCREENING, list_name="名单")
    assert refusal.value.code == "list_too_long"
    assert not ControlOrderRequest.objects.exists()
    alarm = Alarm.objects.get()
    assert (alarm.anomaly, alarm.number, alarm.of, alarm.unit) == ("list_over_cap", 4, 3, "reviewer")


def test_an_order_without_approvals_is_not_carried_out_whoever_calls(
    ask: Ask, sources: dict[str, Source], at: datetime
) -> None:
    with pytest.raises(Refused) as refusal:
        record_order(source=sources["zj-office"], order=ask(), at=at + DAY)
    assert refusal.value.code == "order_needs_approval"


def test_instants_written_past_the_services_are_not_believed(
    ask: Ask, sources: dict[str, Source], at: datetime
) -> None:
    asked = ask()
    ControlOrderRequest.objects.filter(pk=asked.pk).update(approved_at=at, carry_out_after=at)
    with pytest.raises(Refused) as refusal:
        record_order(source=sources["zj-office"], order=asked, at=at + DAY)
    assert refusal.value.code == "order_needs_approval"


def test_the_database_keeps_the_requester_from_approving(ask: Ask, reviewer: Account, at: datetime) -> None:
    asked = ask()
    with pytest.raises(IntegrityError, match="order_approval_not_own"), transaction.atomic():
        OrderApproval.objects.create(order=asked, body="control_office", by=reviewer, requested_by=reviewer, at=at)


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_carry_it_out_once(approved: ControlOrderRequest, at: datetime) -> None:
    sweep = partial(carry_out_orders, at=at + DELAY)
    assert sorted(at_once(sweep, sweep)) == [0, 1]
    assert EvidenceRecord.objects.count() == 1
    assert Outbox.objects.filter(topic="ordered").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_of_one_body_at_once_are_one_approval(
    ask: Ask, colleague: Account, leader: Account, commission: Account, at: datetime
) -> None:
    asked = ask()
    other = Account.objects.create(username="commission-2", division="330000", is_staff=True)
    other.groups.set(commission.groups.all())
    outcomes = at_once(*(partial(approve_order, by=who, order=asked, at=at) for who in (commission, other)))
    assert [one.code for one in outcomes if isinstance(one, Refused)] == ["already_approved"]
    assert OrderApproval.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_again", range(3))
def test_stopped_and_carried_out_at_once_it_is_one_of_both(
    _again: int, approved: ControlOrderRequest, reviewer: Account, citizen: Account, at: datetime
) -> None:
    due = at + DELAY
    stop = partial(stop_order, by=reviewer, order=approved, reason="名单有误", at=due)
    stopped, carried_out = at_once(stop, partial(carry_out_orders, at=due))
    refused = isinstance(stopped, Refused) and stopped.code == "order_is_over"
    assert (refused, carried_out) in [(True, 1), (False, 0)]
    assert EvidenceRecord.objects.count() == Outbox.objects.filter(topic="ordered").count() == carried_out
    assert carry_out_orders(at=due + DAY) == 0
    assert status(person_of(citizen), due).colour == ("red" if carried_out else "green")
