"""Venues in the back office: opened and guarded through the services, scans without anybody's name."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine

from healthcode.models import Account, Division
from healthcode.services.roles import Role
from tests.client import StrictClient
from tests.healthcode.admin_kit import SignIn, list_url, page_url
from tests.people import CITIZEN, GONGSHU, XIHU, code_of, employ, person_of
from tests.venues.kit import scan
from venues.domain.policy import Category
from venues.models import Guard, Scan, Venue
from venues.services.places import open_venue

ADD_VENUE, ADD_GUARD = "/admin/venues/venue/add/", "/admin/venues/guard/add/"
LIBRARY = {"name": "西湖区图书馆", "category": "indoor_culture", "division": XIHU}


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock of the pages at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def manager(province: None, sign_in: SignIn) -> StrictClient:
    """The browser of the manager of West Lake district's venues."""
    for code, name in ((XIHU, "西湖区"), (GONGSHU, "拱墅区")):
        Division.objects.create(code=code, name=name, parent_code="330100")
    return sign_in(employ("venues", Role.VENUE_MANAGER, XIHU))


def test_a_venue_is_opened(manager: StrictClient) -> None:
    assert manager.get(ADD_VENUE).status_code == 200
    assert manager.post(ADD_VENUE, LIBRARY).status_code == 302
    assert Venue.objects.get().category == Category.INDOOR_CULTURE


def test_no_venue_is_opened_in_another_county(manager: StrictClient) -> None:
    assert manager.post(ADD_VENUE, {**LIBRARY, "division": GONGSHU}).status_code == 403


def test_a_name_is_taken_once(manager: StrictClient, market: Venue) -> None:
    response = manager.post(ADD_VENUE, {**LIBRARY, "name": market.name})
    assert response.context["form"].has_error("__all__", "venue_name_taken")


def test_a_guard_is_appointed(manager: StrictClient, market: Venue) -> None:
    employ("gate-new", None, XIHU)
    response = manager.post(ADD_GUARD, {"username": "gate-new", "venue": str(market.public_id)})
    assert response.status_code == 302
    assert Guard.objects.get().venue == market


def test_a_citizen_guards_nothing(manager: StrictClient, market: Venue, citizen: Account) -> None:
    response = manager.post(ADD_GUARD, {"username": citizen.username, "venue": str(market.public_id)})
    assert list(response.context["form"].errors) == ["username"]


def test_another_countys_venue_cannot_be_chosen(manager: StrictClient, at: datetime) -> None:
    metro = open_venue(by=None, name="地铁站", category=Category.OTHER, division=GONGSHU, at=at)
    employ("gate-new", None, XIHU)
    response = manager.post(ADD_GUARD, {"username": "gate-new", "venue": str(metro.public_id)})
    assert list(response.context["form"].errors) == ["venue"]


def test_scans_are_shown_without_anybody(
    manager: StrictClient, gate_guard: Guard, citizen: Account, at: datetime
) -> None:
    scan(gate_guard, code_of(citizen, at), at)
    scan(gate_guard, "nothing that can be read", at)
    response = manager.get(list_url(Scan))
    page = response.content.decode()
    assert len(response.context["cl"].result_list) == 2
    assert not [secret for secret in ("王", CITIZEN.phone, str(person_of(citizen).public_id)) if secret in page]


@pytest.mark.parametrize("model", [Venue, Guard])
def test_the_lists_show_the_division(model: type[Venue | Guard], manager: StrictClient, gate_guard: Guard) -> None:
    assert len(manager.get(list_url(model)).context["cl"].result_list) == 1


def test_a_venue_has_its_page(manager: StrictClient, market: Venue) -> None:
    assert market.name in manager.get(page_url(market)).content.decode()


def test_a_county_officer_opens_no_venue(officer: Account, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    assert [browser.post(url, LIBRARY).status_code for url in (ADD_VENUE, ADD_GUARD)] == [403, 403]
