"""The second application is taken to the first code (N3.1): a code to the first phone moves it."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine

from healthcode.models import Account, Person
from tests.client import StrictClient
from tests.healthcode.portal_kit import digits_sent_to, fill_in, know_places, words_of
from tests.people import CITIZEN, person_of, sign_up, stranger

SignIn = Callable[[Account], StrictClient]
PAGE = "/apply/claim/"


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    """Stop the clock of the views at noon."""
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def other_phone(citizen: Account) -> Account:
    """Another phone of the citizen's, without a code."""
    know_places()
    return sign_up(stranger(12))


@pytest.fixture
def browser(other_phone: Account, sign_in: SignIn) -> StrictClient:
    """The other phone's browser, after the citizen has applied a second time."""
    browser = sign_in(other_phone)
    answer = fill_in(browser, CITIZEN, fever="yes", fever_since="2020-07-08")
    assert answer.headers["Location"] == PAGE
    return browser


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06d}"


def test_a_second_application_makes_no_second_person(browser: StrictClient, citizen: Account) -> None:
    assert Person.objects.get() == person_of(citizen)
    assert "不用重复申领" in words_of(browser.get(PAGE))


def test_the_code_goes_to_the_first_phone_which_is_shown_masked(browser: StrictClient) -> None:
    page = browser.post(PAGE, {"act": "send"}, follow=True)
    assert "138****8001" in words_of(page)
    assert len(digits_sent_to(CITIZEN.phone)) == 6


def test_the_digits_bring_the_code_here_with_what_was_declared(browser: StrictClient, other_phone: Account) -> None:
    browser.post(PAGE, {"act": "send"})
    answer = browser.post(PAGE, {"act": "confirm", "code": digits_sent_to(CITIZEN.phone)})
    assert answer.headers["Location"] == "/code/"
    assert [record.kind for record in person_of(other_phone).evidence.all()] == ["symptom"]


def test_wrong_digits_are_said_at_the_field_and_move_nothing(browser: StrictClient, citizen: Account) -> None:
    browser.post(PAGE, {"act": "send"})
    page = browser.post(PAGE, {"act": "confirm", "code": wrong(digits_sent_to(CITIZEN.phone))})
    assert page.context["form"].errors["code"] == ["验证码不对，请查看最新一条短信。"]
    assert Person.objects.get().account == citizen


def test_after_three_wrong_tries_the_right_digits_are_too_late(browser: StrictClient, citizen: Account) -> None:
    browser.post(PAGE, {"act": "send"})
    digits = digits_sent_to(CITIZEN.phone)
    for _try in range(3):
        browser.post(PAGE, {"act": "confirm", "code": wrong(digits)})
    page = browser.post(PAGE, {"act": "confirm", "code": digits})
    assert "已输错三次" in page.context["form"].errors["code"][0]
    assert Person.objects.get().account == citizen


def test_the_sixth_message_in_an_hour_is_not_sent(browser: StrictClient) -> None:
    answers = [browser.post(PAGE, {"act": "send"}).status_code for _message in range(6)]
    assert answers == [302, 302, 302, 302, 302, 429]


def test_without_an_application_there_is_nothing_to_claim(citizen: Account, sign_in: SignIn) -> None:
    assert sign_in(citizen).get(PAGE).headers["Location"] == "/apply/"
