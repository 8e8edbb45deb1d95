"""Pages of isolation and transfers: the person's own, and those of officers by their division."""

from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from healthcode.domain.colours import Colour
from healthcode.models import Account, CheckIn, Division, IsolationCase, IsolationVisit, Transfer
from healthcode.services.transfers import start_transfer
from tests.client import StrictClient
from tests.healthcode.admin_kit import SignIn, list_url, page_url, words_of
from tests.healthcode.isolation_kit import CONTACT_ENDS, DAY, case_of, confirmed, contact
from tests.people import person_of, status

TASKS = "/admin/healthcode/isolationcase/tasks/"
ORDER = {"mode": "central", "ordered_by": "西湖区疾控中心", "document": "西防 1 号", "place": "之江酒店", "supply": ""}


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Any:
    with time_machine.travel(at, tick=False):
        yield


# --- the person's own page --------------------------------------------------------------------------------


def test_a_stranger_is_asked_to_sign_in(client: StrictClient, province: None) -> None:
    assert client.get("/observation/").status_code == 302


def test_who_is_not_observed_sees_no_form(citizen: Account, sign_in: SignIn) -> None:
    assert "form_id" not in sign_in(citizen).get("/observation/").content.decode()


def test_the_page_shows_the_order(citizen: Account, officer: Account, sign_in: SignIn) -> None:
    case = confirmed(officer, person_of(citizen))
    words = words_of(sign_in(citizen).get("/observation/"))
    assert case.order.place in words
    assert case.order.supply in words


def test_a_report_is_sent_once(citizen: Account, sign_in: SignIn) -> None:
    contact(person_of(citizen))
    browser = sign_in(citizen)
    sent = {"form_id": "f" * 16, "temperature": "36.6", "symptoms": ["cough"]}
    for _time in range(2):
        assert browser.post("/observation/", sent).headers["Location"] == "/observation/"
    assert CheckIn.objects.get().symptoms == ["cough"]
    assert "36.6 °C" in words_of(browser.get("/observation/"))


@pytest.mark.parametrize("sent", [{}, {"temperature": "50"}, {"temperature": "36.6", "symptoms": ["gold"]}])
def test_a_wrong_report_is_asked_for_again(citizen: Account, sign_in: SignIn, sent: dict[str, Any]) -> None:
    contact(person_of(citizen))
    assert sign_in(citizen).post("/observation/", {"form_id": "f" * 16, **sent}).status_code == 200
    assert not CheckIn.objects.exists()


def test_a_report_of_somebody_not_observed_says_why(citizen: Account, sign_in: SignIn) -> None:
    answer = sign_in(citizen).post("/observation/", {"form_id": "f" * 16, "temperature": "36.6"})
    assert answer.status_code == 200
    assert not CheckIn.objects.exists()


# --- the officers' pages ----------------------------------------------------------------------------------


def test_an_officer_confirms_from_the_task_list(officer: Account, citizen: Account, sign_in: SignIn) -> None:
    case, browser = contact(person_of(citizen)), sign_in(officer)
    assert page_url(case) in browser.get(TASKS).content.decode()
    assert browser.get(page_url(case, "confirm")).status_code == 200
    assert browser.post(page_url(case, "confirm"), ORDER).headers["Location"] == page_url(case)
    assert case_of(person_of(citizen)).state == "confirmed"
    assert ORDER["place"] in words_of(browser.get(page_url(case)))
    assert browser.get(list_url(IsolationCase)).status_code == 200


def test_a_refusal_stands_on_the_form(officer: Account, citizen: Account, sign_in: SignIn) -> None:
    case = contact(person_of(citizen))
    answer = sign_in(officer).post(page_url(case, "confirm"), {**ORDER, "document": ""})
    assert answer.status_code == 200
    assert case_of(person_of(citizen)).state == "proposed"


def test_an_officer_extends_visits_and_releases(officer: Account, citizen: Account, sign_in: SignIn) -> None:
    person = person_of(citizen)
    case, browser = confirmed(officer, person), sign_in(officer)
    moved = {"until": "2020-07-22", "reason": "同住人阳性", "document": "西防 2 号"}
    assert browser.post(page_url(case, "change_end"), moved).status_code == 302
    assert status(person, CONTACT_ENDS + DAY).colour is Colour.RED
    visit = {"way": "phone", "visited_at": "2020-07-08 11:00", "met": "on"}
    assert browser.post(page_url(case, "record_visit"), visit).status_code == 302
    assert IsolationVisit.objects.get().met
    assert browser.post(page_url(case, "release"), {"document": "西解 1 号"}).status_code == 302
    assert case_of(person).end == "released"
    assert "西防 2 号" in words_of(browser.get(page_url(case)))


def test_an_officer_adds_the_paper(officer: Account, citizen: Account, sign_in: SignIn, at: datetime) -> None:
    case, browser = confirmed(officer, person_of(citizen), document="", verbal_at=at), sign_in(officer)
    assert page_url(case, "record_paper") in browser.get(page_url(case)).content.decode()
    assert browser.post(page_url(case, "record_paper"), {"document": "西防 3 号"}).status_code == 302
    assert page_url(case, "record_paper") not in browser.get(page_url(case)).content.decode()


def test_an_officer_drops_a_case(officer: Account, citizen: Account, sign_in: SignIn) -> None:
    case = contact(person_of(citizen))
    assert sign_in(officer).post(page_url(case, "cancel"), {"reason": "由户籍地管理"}).status_code == 302
    assert case_of(person_of(citizen)).state == "cancelled"


@pytest.mark.parametrize("verb", ["change", "confirm", "release", "cancel"])
def test_another_county_finds_nothing(other_officer: Account, citizen: Account, sign_in: SignIn, verb: str) -> None:
    case = contact(person_of(citizen))
    browser = sign_in(other_officer)
    assert browser.get(page_url(case, verb)).status_code in (302, 404)
    assert page_url(case) not in browser.get(TASKS).content.decode()
    assert browser.post(page_url(case, "confirm"), ORDER).status_code in (302, 404)
    assert case_of(person_of(citizen)).state == "proposed"


def test_an_auditor_reads_and_changes_nothing(auditor: Account, citizen: Account, sign_in: SignIn) -> None:
    case, browser = contact(person_of(citizen)), sign_in(auditor)
    assert browser.get(page_url(case)).status_code == 200
    assert browser.post(page_url(case, "confirm"), ORDER).status_code == 403


def test_an_operator_sees_no_case(operator: Account, citizen: Account, sign_in: SignIn) -> None:
    case, browser = contact(person_of(citizen)), sign_in(operator)
    assert browser.get(TASKS).status_code == 403
    assert browser.get(page_url(case)).status_code in (302, 403, 404)


# --- transfers --------------------------------------------------------------------------------------------


def test_a_transfer_goes_through_its_pages(officer: Account, citizen: Account, sign_in: SignIn) -> None:
    Division.objects.create(code="330106", name="西湖区", first_seen="1980-12")
    browser = sign_in(officer)
    given = {"person": str(person_of(citizen).public_id), "origin": "家", "destination": "酒店"}
    started = browser.post(reverse("admin:healthcode_transfer_add"), {**given, "destination_division": "330106"})
    assert started.status_code == 302
    transfer = Transfer.objects.get()
    leg = {"place_from": "家", "place_to": "酒店", "vehicle": "浙A1", "handed_over_by": "何科长"}
    times = {"sealed_at": "2020-07-08 11:00", "departed_at": "2020-07-08 11:05"}
    assert browser.get(page_url(transfer, "leg")).status_code == 200
    assert browser.post(page_url(transfer, "leg"), {**leg, **times}).status_code == 302
    assert page_url(transfer, "receive") in browser.get(page_url(transfer)).content.decode()
    came = {"received_by": "周医生", "arrived_at": "2020-07-08 11:40"}
    assert browser.post(page_url(transfer, "receive"), came).status_code == 302
    assert Transfer.objects.get().finished_at is not None
    assert browser.get(list_url(Transfer)).status_code == 200


def test_the_receiving_division_sees_a_pseudonym(
    officer: Account, other_officer: Account, citizen: Account, at: datetime, sign_in: SignIn
) -> None:
    person = person_of(citizen)
    transfer = start_transfer(by=officer, person=person, way=("家", "酒店"), destination_division="330105", at=at)
    page = sign_in(other_officer).get(page_url(transfer)).content.decode()
    assert transfer.pseudonym in page
    assert not [part for part in (str(person.public_id), "王") if part in page]
    assert transfer.pseudonym not in sign_in(officer).get(page_url(transfer)).content.decode()


def test_a_transfer_is_called_off(officer: Account, citizen: Account, at: datetime, sign_in: SignIn) -> None:
    way = ("家", "酒店")
    transfer = start_transfer(by=officer, person=person_of(citizen), way=way, destination_division="330105", at=at)
    assert sign_in(officer).post(page_url(transfer, "call_off"), {"reason": "误"}).status_code == 302
    assert Transfer.objects.get().called_off_reason == "误"
