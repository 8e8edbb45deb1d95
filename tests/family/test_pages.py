"""The pages of acting for others: who may, what is shown, what strangers learn (nothing)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from family.models import Bond, ConsentRequest
from family.services.consents import ask_consent, send_consent_codes
from healthcode.domain.tokens import Kind
from healthcode.models import Account, EvidenceRecord
from healthcode.services.codes import verify_code
from tests.client import StrictClient
from tests.family.kit import ALL, asked, bind_mother, bind_son
from tests.healthcode.portal_kit import health, know_places, who, words_of
from tests.people import MOTHER, SON, code_sent_to, person_of, stranger

SignIn = Callable[[Account], StrictClient]
RIGHTS = ["show", "declare", "appeal", "print"]


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    """Stop the clock of the views at noon."""
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def browser(citizen: Account, sign_in: SignIn) -> StrictClient:
    know_places()
    return sign_in(citizen)


def test_a_guardian_binds_a_child_and_shows_its_code(browser: StrictClient) -> None:
    sent = {**who(SON), "residence_code": "330106"}
    response = browser.post("/family/add/child/", sent, follow=True)
    words = words_of(response)
    assert "王*乐" in words
    assert SON.name not in words
    assert response.redirect_chain[-1][0].startswith("/code/of/")


def test_a_child_with_a_passport_needs_a_day_of_birth(browser: StrictClient) -> None:
    passport = {"document_type": "passport", "number": "K1234567", "nationality": "SGP", "name": "TAN, WEI"}
    sent = {**passport, "residence_code": "330106"}
    assert "出生日期" in words_of(browser.post("/family/add/child/", sent))
    response = browser.post("/family/add/child/", {**sent, "birth_on": "2014-05-04"}, follow=True)
    assert "W** TAN" in words_of(response)


def test_a_daughter_binds_her_mother_by_the_code_told(browser: StrictClient, mother: Account, at: datetime) -> None:
    waiting = browser.post("/family/add/adult/", {**who(MOTHER), "rights": RIGHTS}).headers["Location"]
    send_consent_codes(at=at)
    assert "不对" in words_of(browser.post(waiting, {"code": "000000"})) or code_sent_to(MOTHER.phone) == "000000"
    response = browser.post(waiting, {"code": code_sent_to(MOTHER.phone)}, follow=True)
    assert "李*芳" in words_of(response)
    assert "本人" in words_of(response)


@pytest.mark.parametrize("member", [MOTHER, MOTHER._replace(name="李桂兰"), stranger(7)])
def test_the_answer_to_asking_is_the_same_for_everybody(browser: StrictClient, mother: Account, member: Any) -> None:
    response = browser.post("/family/add/adult/", {**who(member), "rights": RIGHTS})
    assert response.headers["Location"] == f"/family/asked/{ConsentRequest.objects.get().public_id}/"
    page = words_of(browser.get(response.headers["Location"]))
    assert member.name not in page
    assert "如果这些信息" in page


def test_the_mother_agrees_in_her_own_pages(
    browser: StrictClient, citizen: Account, mother: Account, sign_in: SignIn, at: datetime
) -> None:
    made = ask_consent(by=citizen, carer=person_of(citizen), asked=asked(MOTHER), rights=ALL, at=at)
    hers = sign_in(mother)
    assert "王*明" in words_of(hers.get("/family/"))
    hers.post(f"/family/asked/{made.public_id}/answer/", {"act": "agree"})
    assert Bond.objects.get().dependant == person_of(mother)


def test_the_token_says_that_a_family_member_shows_it(
    browser: StrictClient, citizen: Account, mother: Account, at: datetime
) -> None:
    bond = bind_mother(citizen)
    token = browser.get(f"/code/of/{bond.dependant.public_id}/token/").json()["token"]
    checked = verify_code(text=token, at=at)
    assert checked.status is not None
    assert checked.verified.claims is not None
    assert checked.status.person == bond.dependant
    assert checked.verified.claims.statement.kind is Kind.FAMILY


def test_what_is_declared_for_another_is_by_who_declared_it(
    browser: StrictClient, citizen: Account, mother: Account, at: datetime
) -> None:
    bond = bind_mother(citizen)
    path = f"/declare/of/{bond.dependant.public_id}/"
    form_id = browser.get(path).context["form"]["form_id"].value()
    fields = health(form_id=form_id, fever="yes", fever_since="2020-07-08")
    assert browser.post(path, fields).headers["Location"] == f"/code/of/{bond.dependant.public_id}/"
    record = EvidenceRecord.objects.get()
    assert (record.person, record.recorded_by) == (bond.dependant, citizen)


PATHS = ["/code/of/{person}/", "/code/of/{person}/token/", "/code/of/{person}/why/", "/declare/of/{person}/"]


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_sees_nothing_of_anybody(browser: StrictClient, outsider: Account, path: str) -> None:
    for person in (person_of(outsider).public_id, uuid4()):
        assert browser.get(path.format(person=person)).status_code == 404


@pytest.mark.parametrize(
    ("right", "path"), [("declare", PATHS[0]), ("declare", PATHS[1]), ("declare", PATHS[2]), ("show", PATHS[3])]
)
def test_one_right_is_not_another(
    browser: StrictClient, citizen: Account, mother: Account, right: Any, path: str
) -> None:
    bond = bind_mother(citizen, {right})
    assert browser.get(path.format(person=bond.dependant.public_id)).status_code == 404


def test_an_objection_hides_the_code_at_once(
    browser: StrictClient, citizen: Account, mother: Account, sign_in: SignIn
) -> None:
    bond = bind_mother(citizen)
    path = f"/code/of/{bond.dependant.public_id}/"
    assert browser.get(path).status_code == 200
    sign_in(mother).post(f"/family/{bond.public_id}/object/", {"reason": "我没有同意"})
    assert browser.get(path).status_code == 404


def test_both_sides_see_the_bond_and_a_stranger_not(
    browser: StrictClient, citizen: Account, mother: Account, outsider: Account, officer: Account, sign_in: SignIn
) -> None:
    path = f"/family/{bind_mother(citizen).public_id}/"
    assert [sign_in(who).get(path).status_code for who in (citizen, mother, outsider, officer)] == [200, 200, 404, 404]


def test_a_guardian_sees_the_other_guardian(browser: StrictClient, citizen: Account, mother: Account) -> None:
    bond = bind_son(citizen)
    bind_son(mother)
    assert "李*芳" in words_of(browser.get(f"/family/{bond.public_id}/"))


def test_rights_are_narrowed_and_the_bond_ended(browser: StrictClient, citizen: Account, mother: Account) -> None:
    bond = bind_mother(citizen)
    browser.post(f"/family/{bond.public_id}/narrow/", {"rights": ["show"]})
    bond.refresh_from_db()
    assert bond.rights == ["show"]
    browser.post(f"/family/{bond.public_id}/revoke/")
    bond.refresh_from_db()
    assert bond.end == "by_carer"


def test_who_has_no_code_has_no_family_here(newcomer: Account, sign_in: SignIn) -> None:
    assert sign_in(newcomer).get("/family/").status_code == 404
