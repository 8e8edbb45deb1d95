"""Transfers as pure rules: a chain without gap, overlap or anybody not received (N2.2)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from healthcode.domain.instants import CHINA
from healthcode.domain.transfers import (
    Alarm,
    Leg,
    LegFault,
    alarm_of,
    fault_of_arrival,
    fault_of_leg,
    is_finished,
    is_under_way,
)

NOON = datetime(2020, 7, 8, 12, tzinfo=CHINA)
HOUR = timedelta(hours=1)
HOME, STATION, HOSPITAL = "家", "转运站", "定点医院"
FIRST = Leg(HOME, STATION, NOON, NOON)
RECEIVED = FIRST._replace(arrived_at=NOON + HOUR)
SECOND = Leg(STATION, HOSPITAL, NOON + HOUR, NOON + 2 * HOUR)
DONE = SECOND._replace(arrived_at=NOON + 3 * HOUR)


def fault(legs: list[Leg], new: Leg, at: datetime = NOON + 4 * HOUR) -> LegFault | None:
    return fault_of_leg(legs, new, origin=HOME, destination=HOSPITAL, at=at)


def test_a_whole_chain_is_taken() -> None:
    assert (fault([], FIRST), fault([RECEIVED], SECOND)) == (None, None)


@pytest.mark.parametrize(
    ("legs", "changes", "expected"),
    [
        ([], {"place_from": STATION, "place_to": HOSPITAL}, LegFault.GAP),
        ([RECEIVED], {"place_from": HOME}, LegFault.GAP),
        ([FIRST], {}, LegFault.NOT_RECEIVED),
        ([RECEIVED], {"sealed_at": NOON, "departed_at": NOON}, LegFault.OVERLAP),
        ([RECEIVED, DONE], {}, LegFault.FINISHED),
        ([RECEIVED], {"place_to": STATION}, LegFault.SAME_PLACE),
        ([RECEIVED], {"sealed_at": NOON + 3 * HOUR}, LegFault.NOT_SEALED),
        ([RECEIVED], {"departed_at": NOON + 5 * HOUR}, LegFault.IN_FUTURE),
    ],
)
def test_a_broken_chain_is_refused(legs: list[Leg], changes: dict[str, Any], expected: LegFault) -> None:
    assert fault(legs, SECOND._replace(**changes)) is expected


@pytest.mark.parametrize(
    ("legs", "arrived_at", "expected"),
    [
        ([], NOON, LegFault.NO_LEG),
        ([RECEIVED], NOON + HOUR, LegFault.ARRIVED_TWICE),
        ([FIRST], NOON - HOUR, LegFault.ARRIVED_BEFORE),
        ([FIRST], NOON + 5 * HOUR, LegFault.IN_FUTURE),
        ([FIRST], NOON + HOUR, None),
    ],
)
def test_who_can_have_arrived(legs: list[Leg], arrived_at: datetime, expected: LegFault | None) -> None:
    assert fault_of_arrival(legs, arrived_at, NOON + 4 * HOUR) is expected


@pytest.mark.parametrize(
    ("legs", "at", "expected"),
    [
        ([], NOON, False),
        ([FIRST], NOON - HOUR, False),
        ([FIRST], NOON, True),
        ([RECEIVED], NOON + HOUR, True),
        ([RECEIVED, DONE], NOON + 2 * HOUR, True),
        ([RECEIVED, DONE], NOON + 3 * HOUR, False),
    ],
)
def test_who_is_in_transit(legs: list[Leg], at: datetime, expected: bool) -> None:
    assert is_under_way(legs, HOSPITAL, at) is expected


def test_a_chain_is_finished_when_received_at_its_destination() -> None:
    assert [is_finished(legs, HOSPITAL) for legs in ([], [RECEIVED], [RECEIVED, SECOND], [RECEIVED, DONE])] == [
        False,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("legs", "after", "expected"),
    [
        ([], 9, None),
        ([RECEIVED, DONE], 99, None),
        ([FIRST], 6, None),
        ([FIRST], 7, Alarm.NOT_RECEIVED),
        ([RECEIVED], 3, None),
        ([RECEIVED], 4, Alarm.WAITING),
    ],
)
def test_a_chain_that_stands_still_raises_an_alarm(legs: list[Leg], after: int, expected: Alarm | None) -> None:
    assert alarm_of(legs, HOSPITAL, NOON + after * HOUR) is expected
