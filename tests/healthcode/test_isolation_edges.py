"""Edges of isolation cases: ends that the ground moves, and what the acts refuse."""

from datetime import datetime

import pytest

from healthcode.domain.instants import CHINA
from healthcode.models import Account
from healthcode.services.errors import Refused
from healthcode.services.isolation import propose_isolation
from healthcode.services.isolation_orders import (
    Moved,
    cancel_isolation,
    change_end,
    confirm_isolation,
    record_paper,
)
from tests.healthcode.isolation_kit import CONTACT_ENDS, DAY, PAPER, case_of, confirmed, contact
from tests.people import fact, person_of, record


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
