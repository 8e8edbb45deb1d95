"""Devices and their keys: given once, compared by digest, taken back at once; in the back office too."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from healthcode.access import NotPermitted
from healthcode.models import Account, AuditEntry, Division
from healthcode.services.errors import Refused
from healthcode.services.roles import Role
from tests.client import StrictClient
from tests.healthcode.admin_kit import SignIn, list_url, page_url
from tests.people import GONGSHU, XIHU, employ
from venues.domain.policy import Category
from venues.models import Device, Venue
from venues.services.devices import (
    IssuedKey,
    device_of_key,
    issue_device,
    note_device_seen,
    renew_device_key,
    suspend_device,
)
from venues.services.places import open_venue

ADD = "/admin/venues/device/add/"


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock of the pages at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def turnstile(market: Venue, at: datetime) -> IssuedKey:
    """A device at the market, with its key."""
    return issue_device(by=None, venue=market, name="一号闸机", at=at)


@pytest.fixture
def manager(province: None, sign_in: SignIn) -> StrictClient:
    """The browser of the manager of West Lake district's venues."""
    Division.objects.create(code=XIHU, name="西湖区", parent_code="330100")
    return sign_in(employ("venues", Role.VENUE_MANAGER, XIHU))


def test_a_key_finds_its_device_and_is_kept_nowhere(turnstile: IssuedKey) -> None:
    assert device_of_key(turnstile.key) == turnstile.device
    secret = turnstile.key.partition(".")[2]
    assert len(secret) >= 43
    kept = [str(value) for value in Device.objects.values_list().get()]
    kept += [str(entry.detail) for entry in AuditEntry.objects.all()]
    assert not [text for text in kept if secret in text]


@pytest.mark.parametrize("key", ["", ".", "x", "no-uuid.secret", f"{'0' * 32}.", f"{'0' * 32}.secret", "é.é"])
def test_another_text_finds_none(key: str, turnstile: IssuedKey) -> None:
    assert device_of_key(key) is None


def test_another_devices_secret_finds_none(turnstile: IssuedKey, market: Venue, at: datetime) -> None:
    other = issue_device(by=None, venue=market, name="二号闸机", at=at)
    mixed = f"{turnstile.device.public_id.hex}.{other.key.partition('.')[2]}"
    assert device_of_key(mixed) is None
    assert device_of_key(turnstile.key + " ") is None


def test_a_new_key_ends_the_old_one_and_a_suspension(turnstile: IssuedKey, at: datetime) -> None:
    suspend_device(by=None, device=turnstile.device, at=at)
    renewed = renew_device_key(by=None, device=turnstile.device, at=at)
    assert device_of_key(turnstile.key) is None
    found = device_of_key(renewed.key)
    assert found is not None
    assert found.suspended_at is None


def test_suspending_twice_is_once(turnstile: IssuedKey, at: datetime) -> None:
    for later in (0, 60):
        suspend_device(by=None, device=turnstile.device, at=at + timedelta(seconds=later))
    assert Device.objects.get().suspended_at == at
    assert AuditEntry.objects.filter(action="suspend_device").count() == 1


@pytest.mark.parametrize(("name", "code"), [(" ", "device_name_required"), ("一号闸机", "device_name_taken")])
def test_a_device_has_a_name_of_its_own(
    name: str, code: str, turnstile: IssuedKey, market: Venue, at: datetime
) -> None:
    with pytest.raises(Refused, match=code):
        issue_device(by=None, venue=market, name=name, at=at)


def test_a_closed_venue_gets_no_device(market: Venue, at: datetime) -> None:
    market.closed_at = at
    with pytest.raises(Refused, match="venue_closed"):
        issue_device(by=None, venue=market, name="一号闸机", at=at)


@pytest.mark.parametrize("act", ["issue", "renew", "suspend"])
def test_only_the_venues_office_gives_and_takes_keys(act: str, turnstile: IssuedKey, at: datetime) -> None:
    other = employ("venues-gongshu", Role.VENUE_MANAGER, GONGSHU)
    acts: dict[str, Any] = {
        "issue": lambda: issue_device(by=other, venue=turnstile.device.venue, name="三号", at=at),
        "renew": lambda: renew_device_key(by=other, device=turnstile.device, at=at),
        "suspend": lambda: suspend_device(by=other, device=turnstile.device, at=at),
    }
    with pytest.raises(NotPermitted):
        acts[act]()


def test_being_seen_is_noted_once_a_minute(turnstile: IssuedKey, at: datetime) -> None:
    for later, seen in ((0, 0), (59, 0), (61, 61), (100, 61)):
        device = Device.objects.get()
        note_device_seen(by=device, at=at + timedelta(seconds=later))
        device.refresh_from_db()
        assert device.last_seen_at == at + timedelta(seconds=seen)


def test_the_office_gives_a_key_and_sees_it_once(manager: StrictClient, market: Venue) -> None:
    answer = manager.post(ADD, {"venue": str(market.public_id), "name": "一号闸机"})
    key = answer.context["key"]
    assert key in answer.content.decode()
    assert device_of_key(key) == Device.objects.get()
    for page in (list_url(Device), page_url(Device.objects.get())):
        assert key.partition(".")[2] not in manager.get(page).content.decode()


def test_the_office_renews_and_suspends(manager: StrictClient, turnstile: IssuedKey) -> None:
    page = f"/admin/venues/device/{turnstile.device.public_id}"
    assert manager.get(f"{page}/renew/").status_code == 200
    renewed = manager.post(f"{page}/renew/").context["key"]
    assert manager.post(f"{page}/suspend/").status_code == 302
    device = device_of_key(renewed)
    assert device is not None
    assert device.suspended_at is not None
    assert "已停用" in manager.get(f"{page}/change/").content.decode()


def test_another_countys_device_is_not_found(manager: StrictClient, at: datetime) -> None:
    metro = open_venue(by=None, name="地铁站", category=Category.OTHER, division=GONGSHU, at=at)
    device = issue_device(by=None, venue=metro, name="闸机", at=at).device
    for verb in ("renew", "suspend", "change"):
        assert manager.get(f"/admin/venues/device/{device.public_id}/{verb}/").status_code == 404


def test_who_may_only_look_gives_no_key(auditor: Account, sign_in: SignIn, turnstile: IssuedKey) -> None:
    browser = sign_in(auditor)
    page = f"/admin/venues/device/{turnstile.device.public_id}"
    assert [browser.post(url).status_code for url in (ADD, f"{page}/renew/", f"{page}/suspend/")] == [403] * 3


def test_a_venue_is_told_to_take_codes_once(manager: StrictClient, market: Venue) -> None:
    page = f"/admin/venues/venue/{market.public_id}/save/"
    assert manager.get(page).status_code == 200
    assert manager.post(page, {"takes_once": "on"}).status_code == 302
    assert Venue.objects.get().takes_once
    assert manager.post(page, {}).status_code == 302
    assert not Venue.objects.get().takes_once
    assert AuditEntry.objects.filter(action="set_takes_once").count() == 2
