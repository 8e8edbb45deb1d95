"""Guards sign in by name and password; nobody learns which names exist."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

import pytest
import time_machine

from healthcode.models import Account
from tests.client import StrictClient
from tests.people import STAFF_PASSWORD
from venues.models import Guard
from venues.services.places import dismiss_guard

UNKNOWN = "账号名或密码不正确，请注意大小写。"


def sign_in_as(browser: StrictClient, name: str, password: str) -> str:
    """Send the form; return where it leads, or the page."""
    response = browser.post("/gate/sign-in/", {"username": name, "password": password})
    return response.headers.get("Location") or response.content.decode()


@pytest.fixture(autouse=True)
def clock(at: datetime) -> object:
    """Stop the clock of the views at noon."""
    with time_machine.travel(at, tick=False):
        yield


def test_a_guard_signs_in_for_a_shift(gate_guard: Guard, client: StrictClient) -> None:
    assert sign_in_as(client, "gate", STAFF_PASSWORD) == "/gate/"
    assert client.get("/gate/").status_code == 200
    assert client.session.get_expiry_age() == 12 * 3600


def test_one_who_is_signed_in_goes_on_to_the_gate(
    gate_guard: Guard, sign_in: Callable[[Account], StrictClient]
) -> None:
    assert sign_in(gate_guard.account).get("/gate/sign-in/").headers["Location"] == "/gate/"


def test_a_citizen_who_is_signed_in_may_sign_in_as_a_guard(
    citizen: Account, gate_guard: Guard, sign_in: Callable[[Account], StrictClient]
) -> None:
    browser = sign_in(citizen)
    assert browser.get("/gate/sign-in/").status_code == 200
    assert sign_in_as(browser, "gate", STAFF_PASSWORD) == "/gate/"


@pytest.mark.parametrize(("name", "password"), [("gate", "wrong"), ("nobody", "wrong"), ("nobody", STAFF_PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_get_one_answer(
    name: str, password: str, gate_guard: Guard, client: StrictClient
) -> None:
    assert UNKNOWN in sign_in_as(client, name, password)


def test_a_closed_account_gets_the_same_answer(gate_guard: Guard, client: StrictClient) -> None:
    Account.objects.filter(pk=gate_guard.account_id).update(is_active=False)
    assert UNKNOWN in sign_in_as(client, "gate", STAFF_PASSWORD)


def test_a_citizen_has_no_password_to_sign_in_with(citizen: Account, client: StrictClient) -> None:
    assert UNKNOWN in sign_in_as(client, citizen.username, citizen.password)


def test_an_empty_form_names_its_fields(province: None, client: StrictClient) -> None:
    page = sign_in_as(client, "", "")
    assert page.count('href="#id_') == 2
    assert UNKNOWN not in page


def test_staff_who_are_no_guards_are_told_so(officer: Account, client: StrictClient) -> None:
    assert "没有值守岗位" in sign_in_as(client, officer.username, STAFF_PASSWORD)


def test_a_guard_off_duty_is_told_so(gate_guard: Guard, client: StrictClient, at: datetime) -> None:
    dismiss_guard(by=None, guard=gate_guard, at=at)
    assert "没有值守岗位" in sign_in_as(client, "gate", STAFF_PASSWORD)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("name", ["gate", "nobody"])
def test_guessing_is_stopped_whether_the_name_exists_or_not(name: str, gate_guard: Guard, client: StrictClient) -> None:
    for _try in range(5):
        assert UNKNOWN in sign_in_as(client, name, "wrong")
    answer = client.post("/gate/sign-in/", {"username": name, "password": STAFF_PASSWORD})
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert "_auth_user_id" not in client.session


def test_signing_in_rightly_is_not_counted_as_a_guess(gate_guard: Guard, client: StrictClient) -> None:
    for _time in range(8):
        assert sign_in_as(client, "gate", STAFF_PASSWORD) == "/gate/"
