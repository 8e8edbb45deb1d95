"""Edges of isolation cases: ends that the ground moves, how people are isolated, many at once, what is refused."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from healthcode.domain.colours import Colour
from healthcode.domain.instants import CHINA
from healthcode.domain.isolation import Mode
from healthcode.models import Account, AuditEntry, IsolationCase, Outbox, Topic
from healthcode.services.errors import Refused
from healthcode.services.isolation import propose_isolation, remind_isolation
from healthcode.services.isolation_orders import (
    Moved,
    cancel_isolation,
    change_end,
    confirm_isolation,
    record_paper,
    release_isolation,
)
from tests.healthcode.isolation_kit import (
    CONTACT_ENDS,
    DAY,
    NOON,
    PAPER,
    case_of,
    confirmed,
    contact,
    order_record,
)
from tests.people import fact, person_of, record, status, strangers


def test_the_end_follows_the_ground_and_what_was_ordered_beyond_it_stays(
    citizen: Account, officer: Account, at: datetime
) -> None:
    person = person_of(citizen)
    record(person, fact("diagnosis", "07-01T10:00", status="confirmed"), fact("discharge", "07-07T12:00"), at=at)
    propose_isolation(at=at)
    record(person, fact("discharge", "07-06T12:00"), at=at)
    propose_isolation(at=at)
    case, until = case_of(person), datetime(2020, 7, 20, 12, tzinfo=CHINA)
    assert (case.stage, case.given_until, case.valid_until) == ("convalescence", until, until)
    confirm_isolation(by=officer, case=case, order=PAPER._replace(until=until + 3 * DAY), at=at)
    record(person, fact("discharge", "07-05T12:00"), at=at)
    propose_isolation(at=at)
    case = case_of(person)
    assert (case.given_until, case.valid_until) == (until - DAY, until + 3 * DAY)


def test_a_paper_has_a_number(citizen: Account, officer: Account, at: datetime) -> None:
    case = confirmed(officer, person_of(citizen), document="", verbal_at=at)
    with pytest.raises(Refused, match="document_required"):
        record_paper(by=officer, case=case, document=" ", at=at)


def test_an_open_end_is_not_moved(citizen: Account, officer: Account, at: datetime) -> None:
    person = person_of(citizen)
    record(person, fact("diagnosis", "07-05T10:00", status="confirmed"), at=at)
    propose_isolation(at=at)
    case = confirm_isolation(by=officer, case=case_of(person), order=PAPER, at=at)
    with pytest.raises(Refused, match="end_is_open"):
        change_end(by=officer, case=case, moved=Moved(CONTACT_ENDS, "因", "文"), at=at)


def test_a_case_is_dropped_with_a_reason(citizen: Account, officer: Account, at: datetime) -> None:
    with pytest.raises(Refused, match="reason_required"):
        cancel_isolation(by=officer, case=contact(person_of(citizen)), reason=" ", at=at)


def test_a_stage_that_has_not_begun_is_not_released(citizen: Account, officer: Account, at: datetime) -> None:
    record(person_of(citizen), fact("overseas_entry", "07-01T10:00", country="ITA"), at=at)
    turn = datetime(2020, 7, 15, 10, tzinfo=CHINA)
    propose_isolation(at=turn - DAY)
    home = confirm_isolation(by=officer, case=case_of(person_of(citizen)), order=PAPER, at=turn - DAY)
    with pytest.raises(Refused, match="stage_not_begun"):
        release_isolation(by=officer, case=home, document="西解 1 号", at=turn - DAY)
    release_isolation(by=officer, case=home, document="西解 1 号", at=turn)
    assert status(person_of(citizen), turn).colour is Colour.GREEN


# --- how people are isolated ------------------------------------------------------------------------------


def test_an_order_says_how_and_its_longer_end_is_recorded_so(citizen: Account, officer: Account) -> None:
    case = confirmed(officer, person_of(citizen), mode=Mode.HOME, until=CONTACT_ENDS + DAY)
    assert (case.order.mode, order_record(person_of(citizen)).detail["mode"]) == ("home", "home")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mode": Mode.HOSPITAL}, "mode_not_of_stage"),
        ({"mode": Mode.HOME, "document": "", "verbal_at": NOON}, "document_required"),
    ],
)
def test_how_people_are_isolated_keeps_to_the_notice(
    citizen: Account, officer: Account, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused, match=code):
        confirmed(officer, person_of(citizen), **changes)


# --- the sweep over many ----------------------------------------------------------------------------------


def queries_of(call: Callable[[], int], people: int) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert call() == people
    return len(queries)


def test_many_are_proposed_followed_and_ended_in_a_fixed_number_of_queries(sources: object, at: datetime) -> None:
    everybody, ended, spent = strangers(63), at + 14 * DAY, []
    for people in (everybody[:3], everybody[3:]):
        for person in people:
            record(person, fact("diagnosis", "07-05T10:00", status="confirmed"), at=at)
        steps = [queries_of(partial(propose_isolation, at=at), len(people))]
        for person in people:
            record(person, fact("discharge", "07-08T11:00"), at=at)
        steps.append(queries_of(partial(propose_isolation, at=at), len(people)))
        steps.append(queries_of(partial(remind_isolation, at=ended - DAY), len(people)))
        steps.append(queries_of(partial(propose_isolation, at=ended), len(people)))
        spent.append(steps)
    assert spent[1] == pytest.approx(spent[0], abs=4)
    assert not IsolationCase.objects.open().exists()


def test_an_end_that_the_ground_moves_keeps_the_end_before(citizen: Account, officer: Account, at: datetime) -> None:
    person = person_of(citizen)
    record(person, fact("diagnosis", "07-01T10:00", status="confirmed"), fact("discharge", "07-07T12:00"), at=at)
    propose_isolation(at=at)
    confirm_isolation(by=officer, case=case_of(person), order=PAPER, at=at)
    record(person, fact("discharge", "07-06T12:00"), at=at)
    propose_isolation(at=at)
    entry = AuditEntry.objects.get(action="follow_ground")
    assert (entry.detail["previous_until"], entry.detail["valid_until"]) == (
        "2020-07-21T12:00:00+08:00",
        "2020-07-20T12:00:00+08:00",
    )
    case = case_of(person)
    assert case.order.valid_until == case.valid_until == datetime(2020, 7, 20, 12, tzinfo=CHINA)


# --- notices ----------------------------------------------------------------------------------------------


def test_an_unconfirmed_case_is_announced_too(citizen: Account) -> None:
    contact(person_of(citizen))
    assert remind_isolation(at=CONTACT_ENDS - DAY) == 1
    assert Outbox.objects.filter(topic=Topic.ISOLATION_ENDING).count() == 1


def test_nothing_is_announced_while_the_stage_goes_on(citizen: Account, officer: Account, at: datetime) -> None:
    person = person_of(citizen)
    confirmed(officer, person)
    record(person, fact("close_contact", "07-06T10:00"), at=at)
    propose_isolation(at=at)
    assert remind_isolation(at=CONTACT_ENDS - DAY) == 0
    propose_isolation(at=CONTACT_ENDS)
    assert not Outbox.objects.filter(topic=Topic.ISOLATION_TURNED).exists()
    assert remind_isolation(at=CONTACT_ENDS) == 1
