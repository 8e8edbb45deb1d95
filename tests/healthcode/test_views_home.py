"""The first page, signing in and out, the rules, how the page looks, the inbox, and pages for what went wrong."""

import copy
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from healthcode.domain.instants import CHINA
from healthcode.domain.rulesets import fingerprint, shipped_data
from healthcode.models import Account, InboxMessage, RuleSetVersion
from healthcode.services.persons import send_sign_in_code
from tests.client import StrictClient
from tests.healthcode.portal_kit import CHINESE, digits_sent_to, words_of
from tests.healthcode.rules_kit import signed
from tests.people import CITIZEN, OUTSIDER

SignIn = Callable[[Account], StrictClient]


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    """Stop the clock of the views at noon."""
    with time_machine.travel(at, tick=False):
        yield


def test_home_says_what_this_is_and_where_to_sign_in(client: StrictClient, province: None) -> None:
    page = client.get("/")
    assert "全省一码" in words_of(page)
    for link in ("/sign-in/", "/rules/", "/gate/"):
        assert f'href="{link}"' in page.content.decode()


def test_home_is_english_for_those_who_ask(client: StrictClient, province: None) -> None:
    assert not CHINESE.search(words_of(client.get("/", headers={"accept-language": "en"})))


def test_home_leads_to_ones_code_or_to_applying(citizen: Account, newcomer: Account, sign_in: SignIn) -> None:
    assert sign_in(citizen).get("/").headers["Location"] == "/code/"
    assert sign_in(newcomer).get("/").headers["Location"] == "/apply/"


def test_home_leaves_staff_without_a_code_alone(officer: Account, sign_in: SignIn) -> None:
    assert sign_in(officer).get("/").status_code == 200


def test_signing_in_by_phone_and_code(client: StrictClient, citizen: Account) -> None:
    page = client.post("/sign-in/", {"phone": "138 0013 8001"}, follow=True)
    assert "138 0013 8001" in words_of(page)
    answer = client.post("/sign-in/code/", {"code": digits_sent_to(CITIZEN.phone)}, follow=True)
    assert answer.redirect_chain[-1][0] == "/code/"


def test_a_wrong_code_signs_nobody_in(client: StrictClient, citizen: Account) -> None:
    client.post("/sign-in/", {"phone": CITIZEN.phone})
    wrong = f"{(int(digits_sent_to(CITIZEN.phone)) + 1) % 10**6:06d}"
    page = client.post("/sign-in/code/", {"code": wrong})
    assert page.status_code == 200
    assert page.context["verify_form"].errors
    assert client.get("/code/").headers["Location"].startswith("/sign-in/")


def test_a_known_and_an_unknown_phone_get_the_same_answer(client: StrictClient, citizen: Account) -> None:
    known, unknown = (StrictClient().post("/sign-in/", {"phone": p}) for p in (CITIZEN.phone, "13900001111"))
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])


def test_what_is_no_phone_is_said_at_the_field(client: StrictClient, province: None) -> None:
    assert "手机号不正确" in words_of(client.post("/sign-in/", {"phone": "1385712"}))


def ask(phone: str) -> Any:
    """Ask for a code with a browser of its own."""
    return StrictClient().post("/sign-in/", {"phone": phone})


def test_too_many_requests_from_one_address_get_a_plain_page(province: None) -> None:
    answers = [ask(f"139{number:08d}") for number in range(21)]
    assert [answer.status_code for answer in answers] == [302] * 20 + [429]
    assert "尝试次数过多" in words_of(answers[-1])


def test_the_fourth_code_for_one_phone_in_a_minute_is_not_sent(province: None) -> None:
    assert [ask(CITIZEN.phone).status_code for _try in range(4)] == [302, 302, 302, 429]
    assert InboxMessage.objects.count() == 3


def test_another_number_can_be_given_halfway(client: StrictClient, province: None) -> None:
    client.post("/sign-in/", {"phone": "13900001111"})
    assert client.get("/sign-in/").headers["Location"] == "/sign-in/code/"
    client.post("/sign-out/", {"next": "/sign-in/"})
    client.post("/sign-in/", {"phone": CITIZEN.phone})
    assert digits_sent_to(CITIZEN.phone)


def test_signing_out_takes_a_post(citizen: Account, sign_in: SignIn) -> None:
    browser = sign_in(citizen)
    assert "退出登录" in words_of(browser.get("/sign-out/"))
    assert browser.get("/code/").status_code == 200
    browser.post("/sign-out/")
    assert browser.get("/code/").status_code == 302


def test_the_rules_name_their_set_and_fingerprint(client: StrictClient, province: None) -> None:
    words = words_of(client.get("/rules/"))
    assert "zj-2020-109" in words
    assert "2020 年 7 月 6 日" in words
    assert fingerprint(shipped_data("zj-2020-109")) in words


def test_the_days_on_the_rules_page_come_from_the_rule_set(client: StrictClient, province: None) -> None:
    assert "集中隔离 14 天，再居家医学观察 7 天后" in words_of(client.get("/rules/"))
    data: dict[str, Any] = copy.deepcopy(dict(shipped_data("zj-2020-109")))
    data["days"] = {name: number for number, name in enumerate(data["days"], start=31)}
    signed(RuleSetVersion.objects.get(), data=data)
    page = client.get("/rules/")
    ends = " ".join(row["who"] + row["ends"] for row in page.context["rows"])
    assert [str(number) for number in range(31, 40) if f" {number} 天" not in ends] == []


@pytest.mark.parametrize(("path", "field", "value"), [("/care/", "care", "on"), ("/theme/", "theme", "dark")])
def test_a_preference_is_kept_in_a_cookie_that_scripts_cannot_read(
    client: StrictClient, province: None, path: str, field: str, value: str
) -> None:
    answer = client.post(path, {field: value, "next": "/rules/"})
    cookie = answer.cookies[field]
    assert answer.headers["Location"] == "/rules/"
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == (value, "Lax", True)
    assert f'data-{field}="{value}"' in client.get("/rules/").content.decode()


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", ""])
def test_a_preference_never_leads_to_another_site(client: StrictClient, province: None, target: str) -> None:
    assert client.post("/care/", {"care": "on", "next": target}).headers["Location"] == "/"


def test_an_unknown_preference_sets_nothing(client: StrictClient, province: None) -> None:
    assert "theme" not in client.post("/theme/", {"theme": "purple"}).cookies


def test_outside_the_demonstration_preferences_need_https(
    client: StrictClient, province: None, settings: Settings
) -> None:
    settings.DEMO = False
    assert client.post("/care/", {"care": "on"}).cookies["care"]["secure"]


@pytest.mark.parametrize("path", ["/care/", "/theme/", "/language/"])
def test_a_preference_takes_a_post(client: StrictClient, province: None, path: str) -> None:
    assert client.get(path).status_code in (302, 405)
    assert client.get(path).cookies == {}


def test_the_language_is_kept(client: StrictClient, province: None) -> None:
    client.post("/language/", {"language": "en", "next": "/rules/"})
    assert "The rules in plain words" in words_of(client.get("/rules/"))


def test_the_inbox_shows_the_phone_that_is_signing_in(client: StrictClient, province: None, at: datetime) -> None:
    send_sign_in_code(phone=OUTSIDER.phone, code="111111", at=at)
    client.post("/sign-in/", {"phone": CITIZEN.phone})
    words = words_of(client.get("/inbox/"))
    assert digits_sent_to(CITIZEN.phone) in words
    assert "111111" not in words
    assert "111111" in words_of(client.get("/inbox/?all=1"))


def test_the_inbox_shows_the_signed_in_phone(citizen: Account, sign_in: SignIn, at: datetime) -> None:
    send_sign_in_code(phone=OUTSIDER.phone, code="111111", at=at)
    send_sign_in_code(phone=CITIZEN.phone, code="222222", at=at)
    words = words_of(sign_in(citizen).get("/inbox/"))
    assert ("222222" in words, "111111" in words) == (True, False)


def test_outside_the_demonstration_there_is_no_inbox(client: StrictClient, province: None, settings: Settings) -> None:
    settings.DEMO = False
    assert client.get("/inbox/").status_code == 404


def test_a_page_that_is_not_there_says_so(newcomer: Account, sign_in: SignIn) -> None:
    page = sign_in(newcomer).get("/code/why/")
    assert page.status_code == 404
    assert "没有这个页面" in words_of(page)


def test_a_form_from_elsewhere_is_refused_plainly(province: None) -> None:
    browser = StrictClient(enforce_csrf_checks=True)
    page = browser.post("/care/", {"care": "on"})
    assert page.status_code == 403
    assert "请重新提交" in words_of(page)


def test_a_broken_page_speaks_both_languages(client: StrictClient, province: None) -> None:
    RuleSetVersion.objects.update(valid_until=datetime(2020, 7, 7, tzinfo=CHINA))
    client.raise_request_exception = False
    page = client.get("/rules/")
    assert page.status_code == 500
    assert "系统出错了" in words_of(page)
    assert "Something went wrong" in words_of(page)
