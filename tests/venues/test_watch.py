"""A gate that is used from far away raises an alarm, once a day, and colours nobody (the pattern of Henan)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.core.management import call_command

from healthcode.models import Account, Alarm, DecisionRecord, EvidenceRecord, Person
from tests.healthcode.at_once import at_once
from tests.people import XIHU, code_of, person_of
from venues.domain.policy import Category
from venues.models import Guard, Scan, Venue
from venues.services.scans import record_scan
from venues.services.watch import watch_venues

SHENZHEN = "440305"
HOUR = timedelta(hours=1)
Use = Callable[..., None]


@pytest.fixture
def use(gate_guard: Guard, citizen: Account, outsider: Account, at: datetime) -> Use:
    """Scan so many codes of somebody from far away, and so many of somebody from here."""
    Person.objects.filter(pk=person_of(outsider).pk).update(stay_code=SHENZHEN)

    def scanned(far: int, near: int = 0, when: datetime = at) -> None:
        for account, number in ((outsider, far), (citizen, near)):
            text = code_of(account, when)
            for _time in range(number):
                record_scan(by=gate_guard.account, guard=gate_guard, text=text, nonce=uuid4(), scanned_at=when, at=when)

    return scanned


def test_a_gate_used_from_far_away_raises_an_alarm(use: Use, market: Venue, at: datetime) -> None:
    use(50, 40)
    before = EvidenceRecord.objects.count()
    assert watch_venues(at=at) == 1
    alarm = Alarm.objects.get()
    assert (alarm.anomaly, alarm.number, alarm.of, alarm.unit) == ("remote_scans", 50, 90, market.name)
    assert EvidenceRecord.objects.count() == before
    assert set(DecisionRecord.objects.current().values_list("colour", flat=True)) == {"green"}


@pytest.mark.parametrize(("far", "near"), [(49, 0), (50, 51)])
def test_guests_from_far_away_are_no_alarm(far: int, near: int, use: Use, at: datetime) -> None:
    use(far, near)
    assert watch_venues(at=at) == 0


def test_a_station_is_there_for_travellers(use: Use, market: Venue, at: datetime) -> None:
    Venue.objects.filter(pk=market.pk).update(category=Category.PUBLIC_TRANSPORT)
    use(60)
    assert watch_venues(at=at) == 0


def test_yesterdays_scans_do_not_count(use: Use, at: datetime) -> None:
    use(50)
    assert watch_venues(at=at + 24 * HOUR) == 0


def test_the_same_venue_raises_one_alarm_a_day(use: Use, at: datetime) -> None:
    use(50)
    assert [watch_venues(at=at + n * HOUR) for n in range(3)] == [1, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_raise_one(use: Use, at: datetime) -> None:
    use(50)
    assert sorted(at_once(*[partial(watch_venues, at=at)] * 2)) == [0, 1]


def test_unreadable_codes_are_nobodys(gate_guard: Guard, at: datetime) -> None:
    for _time in range(60):
        record_scan(by=gate_guard.account, guard=gate_guard, text="x", nonce=uuid4(), scanned_at=at, at=at)
    assert Scan.objects.count() == 60
    assert watch_venues(at=at) == 0


def test_the_command_says_how_many(market: Venue, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("watch_venues")
    assert capsys.readouterr().out == "alarms: 0\n"
    assert market.division == XIHU
