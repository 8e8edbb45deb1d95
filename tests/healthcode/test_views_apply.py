"""Applying in three steps: what is asked for, what is refused where, and that nothing typed is lost."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine

from healthcode.domain.identity import DocumentType
from healthcode.domain.ports import GatewayDown
from healthcode.gateways.register import DemoRegister
from healthcode.models import Account, EvidenceRecord, Person, Source
from tests.client import StrictClient
from tests.healthcode.portal_kit import contact, fill_in, health, know_places, who, words_of
from tests.people import person_of, sign_up, stranger

SignIn = Callable[[Account], StrictClient]
ME = stranger(7)


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    """Stop the clock of the views at noon."""
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def account(sources: dict[str, Source]) -> Account:
    know_places()
    return sign_up(ME)


@pytest.fixture
def browser(account: Account, sign_in: SignIn) -> StrictClient:
    return sign_in(account)


@pytest.mark.parametrize("path", ["/apply/", "/apply/contact/", "/apply/health/", "/apply/claim/"])
def test_without_signing_in_one_is_sent_to_sign_in(path: str, client: StrictClient, province: None) -> None:
    assert client.get(path).headers["Location"] == f"/sign-in/?next={path}"


def test_three_steps_give_a_code(browser: StrictClient, account: Account) -> None:
    assert fill_in(browser, ME).headers["Location"] == "/code/"
    person = person_of(account)
    assert (person.name, person.number, person.phone) == (ME.name, ME.document.number, ME.phone)
    assert (person.residence_code, person.stay_code) == ("330106", "330106")


def test_what_is_declared_is_recorded(browser: StrictClient, account: Account) -> None:
    fill_in(browser, ME, fever="yes", fever_since="2020-07-07", abroad="yes", country="GBR", entered_on="2020-07-01")
    assert sorted(r.kind for r in person_of(account).evidence.all()) == ["overseas_entry", "symptom"]


def test_an_answer_of_no_makes_what_stands_below_it_count_for_nothing(browser: StrictClient, account: Account) -> None:
    fill_in(browser, ME, fever="no", fever_since="2020-07-07")
    assert not EvidenceRecord.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"number": ""}, "number", "该字段是必填项"),
        ({"number": "110105194912310020"}, "number", "证件号码有一位写错"),
        ({"number": "1101051949123100"}, "number", "证件号码位数不对"),
        ({"number": "110105194913310029"}, "number", "出生日期不存在"),
        ({"number": "999999194912310029"}, "number", "前六位不是有效的地区代码"),
        ({"name": "王1"}, "name", "姓名中不能有数字"),
        ({"name": "JOHN SMITH"}, "name", "请先写姓，再加逗号"),
        ({"document_type": "passport", "number": "E1234567"}, "nationality", "请选择国籍"),
    ],
)
def test_step_one_names_the_fault_at_its_field(
    browser: StrictClient, fields: dict[str, str], field: str, sentence: str
) -> None:
    page = browser.post("/apply/", who(ME, **fields))
    assert page.status_code == 200
    assert field in page.context["form"].errors
    assert any(sentence in error for error in page.context["form"].errors[field])
    assert sentence in words_of(page)
    assert f'href="#id_{field}"' in page.content.decode()


def test_a_passport_with_its_nationality_and_surname_first_is_taken(browser: StrictClient, account: Account) -> None:
    passport = who(ME, document_type="passport", number="e1234567", nationality="GBR", name="Smith, John")
    browser.post("/apply/", passport)
    browser.post("/apply/contact/", contact(ME))
    browser.post("/apply/health/", health(stay_code="abroad"))
    person = person_of(account)
    assert (person.document_type, person.number, person.nationality) == (DocumentType.PASSPORT, "E1234567", "GBR")
    assert (person.name, person.stay_code) == ("JOHN SMITH", "")


def test_the_verified_phone_is_filled_in(browser: StrictClient) -> None:
    browser.post("/apply/", who(ME))
    assert 'value="139 0000 0007"' in browser.get("/apply/contact/").content.decode()


@pytest.mark.parametrize(
    ("fields", "field"), [({"phone": "1385712"}, "phone"), ({"residence_code": ""}, "residence_code")]
)
def test_step_two_names_the_fault_at_its_field(browser: StrictClient, fields: dict[str, str], field: str) -> None:
    browser.post("/apply/", who(ME))
    assert field in browser.post("/apply/contact/", contact(ME, **fields)).context["form"].errors


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"stay_code": ""}, "stay_code"),
        ({"truthful": ""}, "truthful"),
        ({"fever": "yes"}, "fever_since"),
        ({"fever": "yes", "fever_since": "2020-07-09"}, "fever_since"),
        ({"abroad": "yes", "entered_on": "2020-07-01"}, "country"),
        ({"travelled": "yes"}, "county_1"),
        ({"travelled": "yes", "province_1": "110000", "county_1": "330106"}, "county_1"),
    ],
)
def test_step_three_names_the_fault_at_its_field(browser: StrictClient, fields: dict[str, str], field: str) -> None:
    page = fill_in(browser, ME, **fields)
    assert field in page.context["form"].errors
    assert not Person.objects.exists()


def test_nothing_is_lost_on_an_error(browser: StrictClient) -> None:
    page = fill_in(browser, ME, fever="yes", abroad="yes", country="GBR")
    assert page.context["form"]["country"].value() == "GBR"
    assert 'value="GBR" selected' in page.content.decode()


def test_nothing_is_lost_on_going_back(browser: StrictClient) -> None:
    browser.post("/apply/", who(ME))
    browser.post("/apply/contact/", contact(ME, phone="138", act="back"))
    assert browser.get("/apply/").context["form"]["name"].value() == ME.name
    assert browser.get("/apply/contact/").context["form"]["phone"].value() == "138"
    browser.post("/apply/contact/", contact(ME))
    browser.post("/apply/health/", health(fever="yes", fever_since="2020-07-07", act="back"))
    assert browser.get("/apply/health/").context["form"]["fever_since"].value() == "2020-07-07"


def test_choosing_a_province_shows_its_counties_and_keeps_the_rest(browser: StrictClient) -> None:
    page = fill_in(browser, ME, travelled="yes", province_1="110000", since_1="2020-07-01", act="counties")
    assert not page.context["form"].errors
    assert '<option value="110106">丰台区</option>' in page.content.decode()
    assert page.context["form"]["since_1"].value() == "2020-07-01"


def test_a_place_more_can_be_asked_for_up_to_ten(browser: StrictClient) -> None:
    assert fill_in(browser, ME, act="more").context["form"].row_count == 2
    assert fill_in(browser, ME, act="more", rows="10").context["form"].row_count == 10


def test_two_places_are_two_stays(browser: StrictClient, account: Account) -> None:
    first = {"province_1": "110000", "county_1": "110106", "since_1": "2020-07-01", "until_1": "2020-07-02"}
    second = {"province_2": "330000", "county_2": "330105", "since_2": "2020-07-03"}
    fill_in(browser, ME, travelled="yes", rows="2", arrived_on="2020-07-02", **first, **second)
    records = person_of(account).evidence.order_by("at", "pk")
    assert [(r.kind, r.place, r.until is None) for r in records] == [
        ("area_stay", "110106", False),
        ("arrival", "", True),
        ("area_stay", "330105", True),
    ]


def test_a_later_step_cannot_be_had_before_the_one_before(browser: StrictClient) -> None:
    assert browser.get("/apply/contact/").headers["Location"] == "/apply/"
    browser.post("/apply/", who(ME))
    assert browser.get("/apply/health/").headers["Location"] == "/apply/contact/"


def test_sending_twice_makes_one_person_and_one_declaration(browser: StrictClient, account: Account) -> None:
    fever = {"fever": "yes", "fever_since": "2020-07-07"}
    browser.post("/apply/", who(ME))
    browser.post("/apply/contact/", contact(ME))
    before: dict[str, Any] = dict(browser.session)
    browser.post("/apply/health/", health(**fever))
    kept = browser.session
    kept.update(before)
    kept.save()
    assert browser.post("/apply/health/", health(**fever)).headers["Location"] == "/code/"
    assert EvidenceRecord.objects.filter(person=person_of(account)).count() == 1


def test_who_has_a_code_is_taken_to_it(citizen: Account, sign_in: SignIn) -> None:
    assert sign_in(citizen).get("/apply/").headers["Location"] == "/code/"


def test_a_name_that_does_not_fit_comes_back_to_the_name(browser: StrictClient) -> None:
    nobody = ME._replace(name="查无此人")
    assert fill_in(browser, nobody).headers["Location"] == "/apply/"
    page = browser.get("/apply/")
    assert page.context["form"].errors["name"] == ["姓名与证件号码不一致，请对照证件核对。"]
    assert not Person.objects.exists()


def test_a_register_that_is_down_loses_nothing(browser: StrictClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(self: DemoRegister, **said: object) -> bool:
        raise GatewayDown("register")

    monkeypatch.setattr(DemoRegister, "matches", down)
    assert fill_in(browser, ME, abroad="no").headers["Location"] == "/apply/health/"
    page = browser.get("/apply/health/")
    assert "暂时无法核对" in words_of(page)
    assert page.context["form"]["stay_code"].value() == "330106"


def test_the_draft_is_sealed_in_the_session(browser: StrictClient) -> None:
    browser.post("/apply/", who(ME))
    assert ME.document.number not in str(dict(browser.session))
    assert ME.name not in str(dict(browser.session))


def test_the_form_of_places_costs_few_queries(browser: StrictClient, django_assert_max_num_queries: Any) -> None:
    browser.post("/apply/", who(ME))
    browser.post("/apply/contact/", contact(ME))
    # Account, decision, rules, places to live in, provinces.
    with django_assert_max_num_queries(5):
        browser.get("/apply/health/")
