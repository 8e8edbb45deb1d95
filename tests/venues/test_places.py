"""Opening venues, appointing and dismissing guards, and who may."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission

from healthcode.access import NotPermitted
from healthcode.models import Account, AuditEntry
from healthcode.services.errors import Refused
from tests.people import GONGSHU, XIHU, ZHEJIANG, employ
from venues.access import can_appoint_guard, can_open_venue, can_scan, is_guard
from venues.domain.policy import Category
from venues.models import Guard, Venue
from venues.services.places import appoint_guard, dismiss_guard, open_venue

MINUTE = timedelta(minutes=1)


@pytest.fixture
def steward(province: None) -> Account:
    """One who may open venues and appoint guards in West Lake district."""
    return with_powers(employ("steward", None, XIHU))


def with_powers(account: Account) -> Account:
    """Give the permissions of a steward, and nothing else."""
    account.user_permissions.set(Permission.objects.filter(codename__in=["add_venue", "add_guard"]))
    return Account.objects.get(pk=account.pk)


def opened(by: Account | None, at: datetime, *, name: str = "天目里", division: str = XIHU) -> Venue:
    return open_venue(by=by, name=name, category=Category.OTHER, division=division, at=at)


def test_a_venue_is_opened_and_audited(steward: Account, at: datetime) -> None:
    venue = opened(steward, at)
    assert (venue.name, venue.category, venue.division, venue.opened_at) == ("天目里", "other", XIHU, at)
    entry = AuditEntry.objects.get(action="open_venue")
    assert (entry.actor, entry.detail["venue"]) == (steward, str(venue.public_id))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "  "}, "name_required"),
        ({"division": "西湖"}, "not_a_division_code"),
        ({"name": " 城西农贸市场 "}, "venue_name_taken"),
    ],
)
def test_a_venue_is_refused(changes: dict[str, str], code: str, market: Venue, at: datetime) -> None:
    with pytest.raises(Refused) as refused:
        opened(None, at, **changes)
    assert refused.value.code == code
    assert list(Venue.objects.all()) == [market]


@pytest.mark.parametrize(("division", "may"), [(XIHU, True), ("330106001", True), (GONGSHU, False), (ZHEJIANG, False)])
def test_powers_end_at_the_border_of_the_division(division: str, may: bool, steward: Account, at: datetime) -> None:
    assert can_open_venue(steward, division) is may
    assert can_appoint_guard(steward, opened(None, at, division=division)) is may


def test_without_the_permission_nobody_may(citizen: Account, at: datetime) -> None:
    clerk = employ("clerk", None, XIHU)
    for account in (citizen, clerk):
        with pytest.raises(NotPermitted):
            opened(account, at)
        with pytest.raises(NotPermitted):
            appoint_guard(by=account, account=clerk, venue=opened(None, at, name=account.username), at=at)


def test_a_closed_account_may_nothing(steward: Account) -> None:
    steward.is_active = False
    assert not can_open_venue(steward, XIHU)


def test_a_guard_is_appointed_once(steward: Account, market: Venue, at: datetime) -> None:
    account = employ("gate", None, XIHU)
    guard = appoint_guard(by=steward, account=account, venue=market, at=at)
    assert appoint_guard(by=steward, account=account, venue=market, at=at + MINUTE) == guard
    assert (guard.valid_from, guard.valid_until) == (at, None)
    assert AuditEntry.objects.filter(action="appoint_guard").count() == 1


def test_a_guard_can_not_stand_at_two_gates(gate_guard: Guard, at: datetime) -> None:
    with pytest.raises(Refused, match="guards_elsewhere"):
        appoint_guard(by=None, account=gate_guard.account, venue=opened(None, at), at=at)


def test_a_closed_venue_gets_no_guard(market: Venue, at: datetime) -> None:
    market.closed_at = at
    with pytest.raises(Refused, match="venue_closed"):
        appoint_guard(by=None, account=employ("gate", None, XIHU), venue=market, at=at)


def test_a_dismissed_guard_may_start_elsewhere(gate_guard: Guard, at: datetime) -> None:
    dismiss_guard(by=None, guard=gate_guard, at=at)
    other = opened(None, at)
    moved = appoint_guard(by=None, account=gate_guard.account, venue=other, at=at + MINUTE)
    assert (moved.pk, moved.venue, moved.valid_from, moved.valid_until) == (gate_guard.pk, other, at + MINUTE, None)


def test_dismissing_twice_is_dismissing_once(steward: Account, gate_guard: Guard, at: datetime) -> None:
    for moment in (at, at + MINUTE):
        dismissed = dismiss_guard(by=steward, guard=gate_guard, at=moment)
    assert dismissed.valid_until == at
    assert AuditEntry.objects.filter(action="dismiss_guard").count() == 1


def test_dismissing_at_once_leaves_no_duty(market: Venue, at: datetime) -> None:
    guard = appoint_guard(by=None, account=employ("gate", None, XIHU), venue=market, at=at)
    dismissed = dismiss_guard(by=None, guard=guard, at=at)
    assert not dismissed.is_on_duty(at + MINUTE)


def test_an_officer_of_another_county_dismisses_nobody(gate_guard: Guard, at: datetime) -> None:
    with pytest.raises(NotPermitted):
        dismiss_guard(by=with_powers(employ("other", None, GONGSHU)), guard=gate_guard, at=at)


@pytest.mark.parametrize(
    ("fields", "may"),
    [
        ({}, True),
        ({"valid_until": MINUTE}, True),
        ({"valid_until": 0 * MINUTE}, False),
        ({"valid_from": MINUTE}, False),
        ({"venue__closed_at": 0 * MINUTE}, False),
        ({"venue__closed_at": MINUTE}, True),
        ({"venue__opened_at": MINUTE}, False),
        ({"account__is_active": None}, False),
    ],
)
def test_who_may_scan(fields: dict[str, timedelta | None], may: bool, gate_guard: Guard, at: datetime) -> None:
    for path, shift in fields.items():
        *way, name = path.split("__")
        setattr(getattr(gate_guard, way[0]) if way else gate_guard, name, at + shift if shift is not None else False)
    assert can_scan(gate_guard.account, gate_guard, at) is may
    gate_guard.venue.save()
    gate_guard.account.save()
    gate_guard.save()
    assert is_guard(gate_guard.account, at) is may


def test_a_citizen_is_no_guard(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    assert not is_guard(citizen, at)
    assert not can_scan(citizen, gate_guard, at)
