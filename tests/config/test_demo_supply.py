"""The demonstration's departments and officers: pages of feeds, orders and alarms that a newcomer finds filled."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine

from healthcode.config.demo.seed import seed_staff
from healthcode.config.demo.supply import seed_supply
from healthcode.models import Alarm, ControlOrderRequest, DecisionRecord, Delivery, HeldBatch, LateRecord
from healthcode.services.feeds import feed_ages, install_feeds
from healthcode.services.persons import enrol_people
from tests.people import JOINED, stranger


@pytest.fixture(autouse=True)
def supplied(sources: object, at: datetime) -> Iterator[None]:
    """Seed what happened of late among ninety people."""
    with time_machine.travel(at, tick=False):
        install_feeds(by=None, at=JOINED)
        seed_staff(at)
        enrol_people(by=None, applications=[stranger(n).application for n in range(1, 91)], at=JOINED)
        seed_supply(lambda: at)
        yield


def test_most_feeds_are_fresh_and_one_is_late(at: datetime) -> None:
    ages = {age.source.code: age for age in feed_ages(at)}
    assert [code for code, age in ages.items() if age.last_received_at == at] == sorted(
        ["hz-customs", "national", "zj-aviation", "zj-border", "zj-health", "zj-police", "zj-telecom", "zj-transport"]
    )
    assert ages["sh-rail"].is_late


def test_deliveries_are_signed_and_one_row_was_refused() -> None:
    counts = Delivery.objects.order_by("pk").values_list("recorded", "refused")
    assert list(counts) == [(5, 1), *[(5, 0)] * 7]


def test_late_data_changed_nothing(at: datetime) -> None:
    assert LateRecord.objects.filter(evidence__source__code="sh-rail", decision=None).exists()
    assert {one.segment_at(at).colour for one in DecisionRecord.objects.current()} == {"green"}


def test_an_order_was_stopped_and_an_alarm_judged(at: datetime) -> None:
    assert ControlOrderRequest.objects.get().state_at(at) == "stopped"
    held = HeldBatch.objects.get()
    assert (held.outcome, held.confirmed_by.username if held.confirmed_by else "") == ("reject", "supervisor-2")
    assert Alarm.objects.filter(held=held).exists()


def test_seeding_again_changes_nothing(at: datetime) -> None:
    before = Delivery.objects.count()
    seed_supply(lambda: at)
    assert Delivery.objects.count() == before
