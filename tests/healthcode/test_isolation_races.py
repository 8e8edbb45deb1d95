"""What may happen only once to a case, tried twice at once on two real connections."""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from healthcode.models import (
    Account,
    CheckIn,
    EvidenceRecord,
    IsolationCase,
    IsolationChange,
    IsolationOrder,
    Outbox,
    Topic,
    Transfer,
    TransferArrival,
    TransferLeg,
)
from healthcode.services.errors import Refused
from healthcode.services.isolation import propose_isolation, remind_isolation
from healthcode.services.isolation_orders import Moved, change_end, confirm_isolation, release_isolation
from healthcode.services.observation import check_in
from healthcode.services.transfers import LegFields, add_leg, receive, start_transfer
from tests.healthcode.at_once import at_once, behind_a_lock
from tests.healthcode.isolation_kit import CONTACT_ENDS, DAY, PAPER, confirmed, contact
from tests.people import fact, person_of, record, strangers

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_sweeps_propose_once(sources: object, at: datetime) -> None:
    for person in strangers(6):
        record(person, fact("close_contact", "07-05T10:00"), at=at)
    sweep = partial(propose_isolation, at=at, batch=2)
    outcomes = at_once(sweep, sweep)
    assert sum(outcomes) + propose_isolation(at=at) == 6
    assert IsolationCase.objects.count() == 6


def test_two_officers_confirm_once(citizen: Account, officer: Account, reviewer: Account, at: datetime) -> None:
    person = person_of(citizen)
    case = contact(person)
    calls = [partial(confirm_isolation, by=by, case=case, order=PAPER, at=at) for by in (officer, reviewer)]
    outcomes = behind_a_lock([person], *calls)
    assert Counter(type(outcome) for outcome in outcomes) == {IsolationCase: 1, Refused: 1}
    assert IsolationOrder.objects.count() == 1


def test_an_end_is_announced_once(citizen: Account, officer: Account) -> None:
    confirmed(officer, person_of(citizen))
    remind = partial(remind_isolation, at=CONTACT_ENDS - DAY)
    assert sum(at_once(remind, remind)) == 1
    assert Outbox.objects.filter(topic=Topic.ISOLATION_ENDING).count() == 1


def test_two_officers_extend_one_after_the_other(
    citizen: Account, officer: Account, reviewer: Account, at: datetime
) -> None:
    person = person_of(citizen)
    case, moved = confirmed(officer, person), Moved(CONTACT_ENDS + DAY, "因", "文")
    calls = [partial(change_end, by=by, case=case, moved=moved, at=at) for by in (officer, reviewer)]
    outcomes = behind_a_lock([person], *calls)
    assert Counter(type(outcome) for outcome in outcomes) == {IsolationChange: 1, Refused: 1}
    assert EvidenceRecord.objects.filter(kind="isolation_order").count() == 1


def test_two_officers_release_once(citizen: Account, officer: Account, reviewer: Account, at: datetime) -> None:
    person = person_of(citizen)
    case = confirmed(officer, person)
    calls = [partial(release_isolation, by=by, case=case, document="文", at=at) for by in (officer, reviewer)]
    outcomes = behind_a_lock([person], *calls)
    assert Counter(type(outcome) for outcome in outcomes) == {IsolationCase: 1, Refused: 1}
    assert EvidenceRecord.objects.filter(kind="release").count() == 1


def test_a_report_sent_twice_at_once_is_one(citizen: Account, at: datetime) -> None:
    person = person_of(citizen)
    contact(person)
    said: dict[str, Any] = {"temperature": Decimal("38.0"), "symptoms": [], "form_id": "f" * 16}
    report = partial(check_in, by=citizen, person=person, at=at, **said)
    first, second = behind_a_lock([person], report, report)
    assert (first.pk, CheckIn.objects.count()) == (second.pk, 1)


def test_a_ride_is_begun_and_received_once(citizen: Account, officer: Account, at: datetime) -> None:
    way = ("家", "酒店")
    transfer = start_transfer(by=officer, person=person_of(citizen), way=way, destination_division="330106", at=at)
    ride = partial(add_leg, by=officer, transfer=transfer, leg=LegFields(*way, "浙A1", "何科长", at, at), at=at)
    come = partial(receive, by=officer, transfer=transfer, received_by="周医生", arrived_at=at, at=at)
    for call, refusal in ((ride, "leg_not_received"), (come, "already_received")):
        refused = [outcome.code for outcome in at_once(call, call) if isinstance(outcome, Refused)]
        assert refused == [refusal]
    assert (TransferLeg.objects.count(), TransferArrival.objects.count()) == (1, 1)


def test_two_officers_start_one_transfer(citizen: Account, officer: Account, reviewer: Account, at: datetime) -> None:
    person = person_of(citizen)
    start = partial(start_transfer, person=person, way=("家", "酒店"), destination_division="330106", at=at)
    outcomes = behind_a_lock([person], partial(start, by=officer), partial(start, by=reviewer))
    assert Counter(type(outcome) for outcome in outcomes) == {Transfer: 1, Refused: 1}
