"""My code on paper, and printing at the service desk: who may, what is told, what is written down."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.urls import reverse

from healthcode.models import Account, AuditEntry, CodeKey, PaperCode
from healthcode.services.keys import forget_keys
from healthcode.services.paper import issue_paper_code
from tests.client import StrictClient
from tests.healthcode.admin_kit import list_url, page_url
from tests.healthcode.portal_kit import words_of
from tests.people import person_of

SignIn = Callable[[Account], StrictClient]
PAGE, SHEET = "/code/paper/", "/code/paper/a4.pdf"


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    """Stop the clock of the views at noon."""
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def browser(citizen: Account, sign_in: SignIn) -> StrictClient:
    return sign_in(citizen)


def make(browser: StrictClient) -> str:
    return words_of(browser.post(PAGE, {"act": "make"}, follow=True))


def test_the_page_is_linked_from_my_code(browser: StrictClient) -> None:
    assert f'href="{PAGE}"' in browser.get("/code/").content.decode()


def test_a_code_is_made_downloaded_and_taken_back(browser: StrictClient) -> None:
    assert browser.get(SHEET).status_code == 404
    make(browser)
    sheet = browser.get(SHEET)
    assert (sheet.status_code, sheet.headers["Content-Type"], sheet.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert "no-store" in sheet.headers["Cache-Control"]
    browser.post(PAGE, {"act": "revoke"})
    assert browser.get(SHEET).status_code == 404
    assert PaperCode.objects.get().end == "lost"


def test_the_page_shows_what_counts(browser: StrictClient) -> None:
    make(browser)
    page = words_of(browser.get(PAGE))
    assert "王*明" in page
    assert PaperCode.objects.get().public_id.hex[:8].upper() in page


def test_opening_the_page_makes_nothing(browser: StrictClient) -> None:
    browser.get(PAGE)
    assert not PaperCode.objects.exists()


@pytest.mark.parametrize("act", ["revoke", "paint", ""])
def test_an_act_that_is_none_is_refused(browser: StrictClient, act: str) -> None:
    assert browser.post(PAGE, {"act": act}).status_code == 302
    assert not PaperCode.objects.exists()


def test_without_a_key_the_page_says_so(browser: StrictClient) -> None:
    CodeKey.objects.all().delete()
    forget_keys()
    assert browser.post(PAGE, {"act": "make"}).status_code == 302
    assert not PaperCode.objects.exists()


@pytest.mark.parametrize("path", [PAGE, SHEET, "/code/paper/poster.pdf"])
def test_who_has_no_code_has_no_paper(newcomer: Account, sign_in: SignIn, path: str) -> None:
    assert sign_in(newcomer).get(path).status_code == 404


@pytest.mark.parametrize("path", [PAGE, SHEET])
def test_a_stranger_signs_in_first(client: StrictClient, province: None, path: str) -> None:
    assert client.get(path).status_code == 302


# --- the service desk -------------------------------------------------------------------------------------


def desk(citizen: Account, verb: str) -> str:
    return page_url(person_of(citizen), verb)


def sheet_url(citizen: Account, size: str) -> str:
    return reverse("admin:healthcode_person_sheet", args=[str(person_of(citizen).public_id), size])


def test_an_officer_prints_for_somebody_of_the_division(citizen: Account, officer: Account, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    assert desk(citizen, "print") in browser.get(desk(citizen, "change")).content.decode()
    assert browser.get(desk(citizen, "print")).status_code == 200
    browser.post(desk(citizen, "print"))
    assert PaperCode.objects.get().issued_by == officer
    assert sheet_url(citizen, "card") in browser.get(desk(citizen, "change")).content.decode()
    assert browser.get(sheet_url(citizen, "card")).content[:5] == b"%PDF-"
    assert AuditEntry.objects.filter(actor=officer, action="read_person", detail__purpose="print_paper").exists()


def test_an_officer_takes_a_lost_paper_back(citizen: Account, officer: Account, sign_in: SignIn, at: datetime) -> None:
    browser = sign_in(officer)
    assert browser.get(desk(citizen, "take_back")).status_code == 404
    issue_paper_code(by=citizen, person=person_of(citizen), at=at)
    browser.get(desk(citizen, "take_back"))
    browser.post(desk(citizen, "take_back"))
    assert PaperCode.objects.get().revoked_by == officer


@pytest.mark.parametrize(("who", "status"), [("other_officer", 404), ("auditor", 403), ("operator", 404)])
def test_nobody_else_prints(
    citizen: Account, sign_in: SignIn, who: str, status: int, request: pytest.FixtureRequest
) -> None:
    browser = sign_in(request.getfixturevalue(who))
    for url in (desk(citizen, "print"), desk(citizen, "take_back"), sheet_url(citizen, "a4")):
        assert browser.post(url).status_code in (status, 403)
    assert not PaperCode.objects.exists()


# --- withdrawing a key ------------------------------------------------------------------------------------


def test_the_provincial_office_withdraws_a_key_with_a_reason(reviewer: Account, sign_in: SignIn) -> None:
    key, browser = CodeKey.objects.get(state="signing", scope__contains=1), sign_in(reviewer)
    assert page_url(key, "withdraw") in browser.get(page_url(key)).content.decode()
    assert browser.post(page_url(key, "withdraw"), {"reason": ""}).status_code == 200
    browser.post(page_url(key, "withdraw"), {"reason": "疑似泄露"})
    key.refresh_from_db()
    assert (key.state, key.withdrawn_by, key.withdrawal_reason) == ("withdrawn", reviewer, "疑似泄露")
    assert page_url(key, "withdraw") not in browser.get(page_url(key)).content.decode()


def test_an_operator_looks_at_keys_and_withdraws_none(operator: Account, sign_in: SignIn) -> None:
    key, browser = CodeKey.objects.order_by("pk")[0], sign_in(operator)
    assert browser.get(list_url(CodeKey)).status_code == 200
    assert browser.post(page_url(key, "withdraw"), {"reason": "x"}).status_code == 403
    assert not CodeKey.objects.filter(state="withdrawn").exists()
