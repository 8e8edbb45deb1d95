"""Declaring by itself, and answering what is not known of a stay."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine

from healthcode.models import Account, InboxMessage, Outbox, Source
from healthcode.services.declarations import new_form_id
from healthcode.services.outbox import deliver_outbox
from tests.client import StrictClient
from tests.healthcode.portal_kit import designate, health, know_places, words_of
from tests.people import fact, person_of, record, status

SignIn = Callable[[Account], StrictClient]
DAY = timedelta(days=1)
FEVER = {"fever": "yes", "fever_since": "2020-07-08"}


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    """Stop the clock of the views at noon."""
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def browser(citizen: Account, sign_in: SignIn) -> StrictClient:
    know_places()
    return sign_in(citizen)


def form_of(browser: StrictClient, path: str = "/declare/") -> str:
    """Return the number of a fresh form."""
    return str(browser.get(path).context["form"]["form_id"].value())


def declare(browser: StrictClient, form_id: str, **fields: str) -> int:
    return browser.post("/declare/", health(form_id=form_id, **fields)).status_code


def test_without_a_code_there_is_nothing_to_declare_for(newcomer: Account, sign_in: SignIn) -> None:
    assert sign_in(newcomer).get("/declare/").status_code == 404


def test_a_declared_fever_turns_the_code_yellow(browser: StrictClient, citizen: Account, at: datetime) -> None:
    assert declare(browser, form_of(browser), **FEVER) == 302
    assert status(person_of(citizen), at).colour == "yellow"
    assert "7 月 8 日起有发热症状" in words_of(browser.get("/code/"))


def test_the_same_form_twice_is_one_declaration(browser: StrictClient, citizen: Account) -> None:
    form_id = form_of(browser)
    declare(browser, form_id, **FEVER)
    declare(browser, form_id, **FEVER)
    assert person_of(citizen).evidence.count() == 1


def test_a_second_form_is_a_second_declaration(browser: StrictClient, citizen: Account) -> None:
    declare(browser, form_of(browser), **FEVER)
    declare(browser, form_of(browser), **FEVER)
    assert person_of(citizen).evidence.count() == 2


def test_nothing_to_declare_records_nothing(browser: StrictClient, citizen: Account) -> None:
    assert declare(browser, form_of(browser)) == 302
    assert person_of(citizen).evidence.count() == 0


@pytest.mark.parametrize("form_id", ["", "short", "' OR 1=1 -- aaaaaaaaaa"])
def test_a_form_without_its_number_is_not_taken(browser: StrictClient, citizen: Account, form_id: str) -> None:
    assert declare(browser, form_id, **FEVER) == 200
    assert person_of(citizen).evidence.count() == 0


def test_a_province_more_keeps_the_number_of_the_form(browser: StrictClient) -> None:
    form_id = new_form_id()
    page = browser.post("/declare/", health(form_id=form_id, travelled="yes", province_1="110000", act="counties"))
    assert page.context["form"]["form_id"].value() == form_id


def test_leaving_before_coming_is_said_at_the_field(browser: StrictClient) -> None:
    trip = {"province_1": "110000", "county_1": "110106", "since_1": "2020-07-03", "until_1": "2020-07-01"}
    page = browser.post("/declare/", health(form_id=new_form_id(), travelled="yes", **trip))
    assert page.context["form"].errors["until_1"] == ["离开日期不能早于到达日期。"]


def test_messages_hold_no_word_about_health(browser: StrictClient, at: datetime) -> None:
    declare(browser, form_of(browser), **FEVER)
    assert Outbox.objects.filter(topic="colour_changed").exists()
    deliver_outbox(at=at)
    texts = " ".join(message.text for message in InboxMessage.objects.all())
    assert texts
    assert not [word for word in ("红", "黄", "绿", "发热", "隔离", "风险", "阳性") if word in texts]


@pytest.fixture
def asked(citizen: Account, browser: StrictClient, at: datetime) -> StrictClient:
    """She was in Fengtai, of which two communities are a risk area; nobody knows whether in those."""
    designate("110106", at - 20 * DAY, "新发地", "玉泉东")
    stay = fact("area_stay", "06-28T10:00", until="07-01T18:00", place="110106")
    record(person_of(citizen), stay, at=at - DAY)
    return browser


def answer(browser: StrictClient, community: str) -> int:
    form_id = form_of(browser, "/code/question/")
    return browser.post("/code/question/", {"form_id": form_id, "community": community}).status_code


def test_the_question_stands_on_my_code_which_stays_green(asked: StrictClient) -> None:
    words = words_of(asked.get("/code/"))
    assert "有一件事需要您确认" in words
    assert "绿码" in words


def test_naming_a_community_makes_the_stay_a_ground(asked: StrictClient, citizen: Account, at: datetime) -> None:
    assert answer(asked, "新发地") == 302
    assert [ground.rule for ground in status(person_of(citizen), at).grounds] == ["risk_area"]
    assert "有一件事需要您确认" not in words_of(asked.get("/code/"))


def test_none_of_them_is_kept_and_not_asked_again(asked: StrictClient, citizen: Account, at: datetime) -> None:
    assert answer(asked, "none_listed") == 302
    assert status(person_of(citizen), at).colour == "green"
    assert "有一件事需要您确认" not in words_of(asked.get("/code/"))
    assert asked.get("/code/question/").headers["Location"] == "/code/"


def test_a_place_that_is_not_listed_is_no_answer(asked: StrictClient, citizen: Account) -> None:
    assert answer(asked, "天安门") == 200
    assert person_of(citizen).evidence.count() == 1


def test_an_area_drawn_anew_is_asked_about_again(asked: StrictClient, citizen: Account, at: datetime) -> None:
    answer(asked, "none_listed")
    with time_machine.travel(at + DAY, tick=False):
        designate("110106", at + DAY, "丰台街道")
        record(person_of(citizen), fact("arrival", "07-02T10:00"), at=at + DAY)
        assert "丰台街道" in words_of(asked.get("/code/question/"))


def test_a_phones_position_alone_asks_whether_one_was_there(
    citizen: Account, browser: StrictClient, at: datetime, sources: dict[str, Source]
) -> None:
    designate("110115", at - 20 * DAY)
    stay = fact("area_stay", "06-28T10:00", until="07-01T18:00", place="110115")
    telecom = sources["zj-telecom"]
    record(person_of(citizen), stay, at=at - DAY, source=telecom)
    assert status(person_of(citizen), at).colour == "green"
    assert answer(browser, "大兴区") == 302
    assert status(person_of(citizen), at).colour == "yellow"
