"""One code, two gates: replayed; and at a place that takes each code once."""

from datetime import datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest

from healthcode.domain.tokens import Kind, Reason, Verdict
from healthcode.models import Account
from healthcode.services.codes import Checked
from tests.healthcode.at_once import at_once
from tests.people import GONGSHU, XIHU, code_of, employ
from tests.venues.kit import scan
from venues.domain.policy import Category
from venues.models import Guard, Scan
from venues.services import scans
from venues.services.places import appoint_guard, open_venue, set_takes_once
from venues.services.scans import USED_HERE, digest_of
from venues.words import USED, words_of


@pytest.fixture
def metro_guard(province: None, at: datetime) -> Guard:
    """The guard of another venue."""
    venue = open_venue(by=None, name="地铁站", category=Category.PUBLIC_TRANSPORT, division=GONGSHU, at=at)
    return appoint_guard(by=None, account=employ("gate-metro", None, GONGSHU), venue=venue, at=at)


def test_a_code_seen_elsewhere_is_replayed(
    citizen: Account, gate_guard: Guard, metro_guard: Guard, at: datetime
) -> None:
    text = code_of(citizen, at)
    assert scan(gate_guard, text, at).verdict == Verdict.PASS
    found = scan(metro_guard, text, at + timedelta(seconds=30))
    assert (found.reason, found.verdict, found.colour, found.person) == (Reason.REPLAYED, "", "", None)


def test_the_code_of_the_next_minute_is_another_one(
    citizen: Account, gate_guard: Guard, metro_guard: Guard, at: datetime
) -> None:
    scan(gate_guard, code_of(citizen, at), at)
    later = at + timedelta(seconds=30)
    assert scan(metro_guard, code_of(citizen, later), later).verdict == Verdict.PASS


def test_a_failed_scan_elsewhere_is_no_use(
    citizen: Account, gate_guard: Guard, metro_guard: Guard, at: datetime
) -> None:
    text = code_of(citizen, at)
    assert scan(gate_guard, text, at - timedelta(seconds=20)).reason == Reason.NOT_YET_VALID
    assert scan(metro_guard, text, at).verdict == Verdict.PASS


def test_at_the_same_venue_a_code_may_be_looked_at_again(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    text = code_of(citizen, at)
    assert [scan(gate_guard, text, at).verdict for _ in range(2)] == [Verdict.PASS] * 2


def test_a_place_may_take_each_code_once(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    gate_guard.venue = set_takes_once(by=None, venue=gate_guard.venue, takes_once=True, at=at)
    text, nonce = code_of(citizen, at), uuid4()
    assert scan(gate_guard, text, at, nonce).verdict == Verdict.PASS
    again = scan(gate_guard, text, at)
    assert (again.reason, again.condition) == (Reason.REPLAYED, USED_HERE)
    assert words_of(again) == USED
    assert scan(gate_guard, text, at, nonce).verdict == Verdict.PASS


def test_a_digest_is_keyed_and_tells_codes_apart(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    kept = [bytes(scan(gate_guard, code_of(citizen, at), at).cti_digest or b"") for _ in range(2)]
    assert [len(digest) for digest in kept] == [16, 16]
    assert kept[0] != kept[1]
    assert digest_of(b"0" * 16) != digest_of(b"1" * 16)


def test_the_kind_of_code_is_kept(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    assert scan(gate_guard, code_of(citizen, at, Kind.FAMILY), at).kind == "family"
    assert scan(gate_guard, "x", at).kind == ""


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two scans wait for each other when both have checked the code."""
    barrier, check = Barrier(2), scans._check

    def check_together(text: str, at: datetime) -> Checked:
        checked = check(text, at)
        barrier.wait(timeout=10)
        return checked

    monkeypatch.setattr(scans, "_check", check_together)


@pytest.mark.django_db(transaction=True)
def test_of_two_venues_at_one_moment_one_lets_in(
    citizen: Account, gate_guard: Guard, metro_guard: Guard, at: datetime, meeting: None
) -> None:
    text = code_of(citizen, at)
    found = at_once(lambda: scan(gate_guard, text, at), lambda: scan(metro_guard, text, at))
    assert sorted(one.reason for one in found) == [Reason.OK, Reason.REPLAYED]
    assert sorted(Scan.objects.values_list("reason", flat=True)) == [Reason.OK, Reason.REPLAYED]


@pytest.mark.django_db(transaction=True)
def test_of_two_guards_of_a_place_that_takes_codes_once_one_lets_in(
    citizen: Account, gate_guard: Guard, at: datetime, meeting: None
) -> None:
    other = appoint_guard(by=None, account=employ("gate2", None, XIHU), venue=gate_guard.venue, at=at)
    gate_guard.venue = other.venue = set_takes_once(by=None, venue=gate_guard.venue, takes_once=True, at=at)
    text = code_of(citizen, at)
    found = at_once(lambda: scan(gate_guard, text, at), lambda: scan(other, text, at))
    assert sorted(one.reason for one in found) == [Reason.OK, Reason.REPLAYED]
