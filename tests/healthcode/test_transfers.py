"""Transfers: a chain recorded ride by ride, refused where it breaks, seen at the gates and by two divisions."""

from datetime import datetime, timedelta

import pytest

from healthcode.access import NotPermitted
from healthcode.domain.transfers import Alarm
from healthcode.models import Account, AuditEntry, Person, Transfer
from healthcode.services.errors import Refused
from healthcode.services.roles import Role
from healthcode.services.transfers import (
    LegFields,
    add_leg,
    alarms_of,
    call_off_transfer,
    in_transit,
    receive,
    start_transfer,
)
from tests.people import employ, person_of

HOUR = timedelta(hours=1)
HOME, STATION, HOTEL = "文三路 1 号", "西湖转运站", "拱墅隔离酒店"


@pytest.fixture
def person(citizen: Account) -> Person:
    return person_of(citizen)


@pytest.fixture
def transfer(officer: Account, person: Person, at: datetime) -> Transfer:
    """From West Lake district to a hotel in Gongshu."""
    return start_transfer(by=officer, person=person, way=(HOME, HOTEL), destination_division="330105", at=at)


def ride(way: tuple[str, str], departed_at: datetime) -> LegFields:
    return LegFields(*way, "浙A12345", "何科长", departed_at, departed_at)


def test_a_person_is_in_transit_from_departure_to_reception(
    officer: Account, other_officer: Account, person: Person, transfer: Transfer, at: datetime
) -> None:
    assert in_transit(person=person, at=at) is None
    add_leg(by=officer, transfer=transfer, leg=ride((HOME, STATION), at), at=at)
    receive(by=officer, transfer=transfer, received_by="李护士", arrived_at=at + HOUR, at=at + HOUR)
    assert in_transit(person=person, at=at + HOUR) == transfer
    add_leg(by=officer, transfer=transfer, leg=ride((STATION, HOTEL), at + HOUR), at=at + HOUR)
    done = receive(
        by=other_officer, transfer=transfer, received_by="周医生", arrived_at=at + 2 * HOUR, at=at + 2 * HOUR
    )
    assert (done.finished_at, in_transit(person=person, at=at + 2 * HOUR)) == (at + 2 * HOUR, None)


def test_every_step_is_audited(officer: Account, transfer: Transfer, at: datetime) -> None:
    add_leg(by=officer, transfer=transfer, leg=ride((HOME, HOTEL), at), at=at)
    receive(by=officer, transfer=transfer, received_by="周医生", arrived_at=at, at=at)
    acts = ["start_transfer", "add_leg", "receive_person"]
    assert list(AuditEntry.objects.filter(action__in=acts).order_by("pk").values_list("action", flat=True)) == acts


def test_a_broken_chain_is_refused(officer: Account, transfer: Transfer, at: datetime) -> None:
    with pytest.raises(Refused, match="leg_gap"):
        add_leg(by=officer, transfer=transfer, leg=ride((STATION, HOTEL), at), at=at)
    add_leg(by=officer, transfer=transfer, leg=ride((HOME, STATION), at), at=at)
    with pytest.raises(Refused, match="leg_not_received"):
        add_leg(by=officer, transfer=transfer, leg=ride((STATION, HOTEL), at), at=at)
    receive(by=officer, transfer=transfer, received_by="李护士", arrived_at=at + HOUR, at=at + HOUR)
    with pytest.raises(Refused, match="leg_overlap"):
        add_leg(by=officer, transfer=transfer, leg=ride((STATION, HOTEL), at), at=at + HOUR)
    with pytest.raises(Refused, match="already_received"):
        receive(by=officer, transfer=transfer, received_by="李护士", arrived_at=at + HOUR, at=at + HOUR)


def test_one_transfer_at_a_time(officer: Account, person: Person, transfer: Transfer, at: datetime) -> None:
    with pytest.raises(Refused, match="transfer_open"):
        start_transfer(by=officer, person=person, way=(HOME, STATION), destination_division="330106", at=at)
    with pytest.raises(Refused, match="reason_required"):
        call_off_transfer(by=officer, transfer=transfer, reason=" ", at=at)
    call_off_transfer(by=officer, transfer=transfer, reason="改由医院接送", at=at)
    start_transfer(by=officer, person=person, way=(HOME, STATION), destination_division="330106", at=at)


def test_what_is_over_is_over(officer: Account, person: Person, transfer: Transfer, at: datetime) -> None:
    call_off_transfer(by=officer, transfer=transfer, reason="误", at=at)
    with pytest.raises(Refused, match="transfer_finished"):
        add_leg(by=officer, transfer=transfer, leg=ride((HOME, HOTEL), at), at=at)
    with pytest.raises(Refused, match="transfer_finished"):
        call_off_transfer(by=officer, transfer=transfer, reason="误", at=at)
    with pytest.raises(Refused, match="leg_goes_nowhere"):
        start_transfer(by=officer, person=person, way=(HOME, HOME), destination_division="330106", at=at)


def test_nobody_under_way_is_called_off(officer: Account, transfer: Transfer, at: datetime) -> None:
    add_leg(by=officer, transfer=transfer, leg=ride((HOME, HOTEL), at), at=at)
    with pytest.raises(Refused, match="transfer_in_transit"):
        call_off_transfer(by=officer, transfer=transfer, reason="误", at=at)


@pytest.mark.parametrize(("division", "alarms"), [("330106", 1), ("330105", 1), ("330100", 1), ("330108", 0), ("", 0)])
def test_who_is_not_received_in_time_raises_an_alarm_in_both_divisions(
    officer: Account, transfer: Transfer, at: datetime, division: str, alarms: int
) -> None:
    add_leg(by=officer, transfer=transfer, leg=ride((HOME, HOTEL), at), at=at)
    assert alarms_of(division=division, at=at + 6 * HOUR) == []
    assert alarms_of(division=division, at=at + 7 * HOUR) == [(transfer, Alarm.NOT_RECEIVED)] * alarms


@pytest.mark.parametrize(
    ("division", "starts", "receives"),
    [("330106", True, True), ("330105", False, True), ("330100", True, True), ("330108", False, False)],
)
def test_the_division_starts_and_the_next_one_receives(
    person: Person, transfer: Transfer, at: datetime, division: str, starts: bool, receives: bool
) -> None:
    by = employ(f"officer-{division}", Role.COUNTY_OFFICER, division)
    leg = ride((HOME, HOTEL), at)
    if receives:
        add_leg(by=by, transfer=transfer, leg=leg, at=at)
    else:
        with pytest.raises(NotPermitted):
            add_leg(by=by, transfer=transfer, leg=leg, at=at)
    way = (HOME, STATION)
    with pytest.raises(Refused if starts else NotPermitted):
        start_transfer(by=by, person=person, way=way, destination_division="330106", at=at)
