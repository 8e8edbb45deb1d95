"""The pages of 转码: showing what is from elsewhere, our own reports for others, and the officer's desk."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from healthcode.domain.foreign import IssuerKey, Trusted, Use, read_home_token
from healthcode.domain.qr import qr_png
from healthcode.domain.tokens import TokenColour, VerifyingKey
from healthcode.models import Account, EvidenceRecord, ForeignReport, Source, SystemGrant
from healthcode.services.keys import verifying_keys
from tests.client import StrictClient
from tests.healthcode.admin_kit import list_url, page_url
from tests.healthcode.admin_kit import words_of as words_of_office
from tests.healthcode.dcc_kit import VACCINATION, authority, certificate
from tests.healthcode.foreign_kit import Province, issuer_fields, province, trust
from tests.healthcode.portal_kit import know_places
from tests.people import fact, person_of, record

pytestmark = pytest.mark.django_db
SignIn = Callable[[Account], StrictClient]
HOUR = timedelta(hours=1)
PAGE = "/code/other/"


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock of the views at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shanghai(reviewer: Account, leader: Account, at: datetime) -> Province:
    """Shanghai, trusted."""
    found = province(at)
    trust(issuer_fields(found.keys, at), proposer=reviewer, approver=leader, at=at - HOUR)
    return found


@pytest.fixture
def browser(citizen: Account, shanghai: Province, sign_in: SignIn) -> StrictClient:
    know_places()
    return sign_in(citizen)


def test_a_red_home_code_asks_and_colours_nothing(browser: StrictClient, shanghai: Province, at: datetime) -> None:
    response = browser.post(PAGE, {"text": shanghai.code(TokenColour.RED, at)}, follow=True)
    assert 'href="/declare/"' in response.content.decode()
    assert not EvidenceRecord.objects.exists()
    assert browser.get("/code/").context["card"]["colour"] == "green"


def test_a_photo_is_read(browser: StrictClient, shanghai: Province, at: datetime) -> None:
    photo = SimpleUploadedFile("code.png", qr_png(shanghai.code(TokenColour.GREEN, at), scale=6), "image/png")
    browser.post(PAGE, {"photo": photo, "text": ""})
    assert ForeignReport.objects.get().shown == "home_green"


@pytest.mark.parametrize("text", ["", "JK1:", "HC1:ABC", "hello", authority().sign(certificate(VACCINATION, "v"))])
def test_what_is_not_taken_says_why(browser: StrictClient, text: str) -> None:
    response = browser.post(PAGE, {"text": text})
    assert response.status_code == 200
    assert response.context["form"].non_field_errors()
    assert not ForeignReport.objects.exists()


def test_an_empty_picture_says_why(browser: StrictClient) -> None:
    photo = SimpleUploadedFile("code.png", io.BytesIO(b"no picture").read(), "image/png")
    assert browser.post(PAGE, {"photo": photo}).context["form"].non_field_errors()


def test_whoever_has_no_code_applies_first(newcomer: Account, sign_in: SignIn) -> None:
    assert sign_in(newcomer).get(PAGE).headers["Location"] == "/apply/"


def test_nobody_comes_without_signing_in(client: StrictClient) -> None:
    for page in (PAGE, "/code/report/"):
        assert "/sign-in/" in client.get(page).headers["Location"]


def test_the_same_is_said_again(browser: StrictClient, shanghai: Province, at: datetime) -> None:
    text = shanghai.test("negative", at - HOUR, at)
    for _time in range(2):
        response = browser.post(PAGE, {"text": text}, follow=True)
    assert len(list(response.context["messages"])) == 1
    assert ForeignReport.objects.count() == 1


def test_the_desk_confirms_with_the_document_in_hand(
    browser: StrictClient, shanghai: Province, officer: Account, sign_in: SignIn, at: datetime
) -> None:
    browser.post(PAGE, {"text": shanghai.test("negative", at - HOUR, at)})
    report, desk = ForeignReport.objects.get(), sign_in(officer)
    assert page_url(report) in desk.get(list_url(ForeignReport)).content.decode()
    assert page_url(report, "confirm") in desk.get(page_url(report)).content.decode()
    desk.post(page_url(report, "confirm"), {})
    report.refresh_from_db()
    assert report.evidence is not None
    assert page_url(report, "confirm") not in desk.get(page_url(report)).content.decode()
    assert desk.get(page_url(report, "decline")).status_code == 403


def test_the_desk_of_another_county_sees_nothing(
    browser: StrictClient, shanghai: Province, other_officer: Account, sign_in: SignIn, at: datetime
) -> None:
    browser.post(PAGE, {"text": shanghai.test("negative", at - HOUR, at)})
    assert sign_in(other_officer).get(page_url(ForeignReport.objects.get())).status_code == 404


def test_the_desk_declines_for_a_reason(
    browser: StrictClient, shanghai: Province, officer: Account, sign_in: SignIn, at: datetime
) -> None:
    browser.post(PAGE, {"text": shanghai.test("negative", at - HOUR, at)})
    report, desk = ForeignReport.objects.get(), sign_in(officer)
    desk.post(page_url(report, "decline"), {"reason": "姓名不符"})
    assert "姓名不符" in words_of_office(desk.get(page_url(report)))
    assert not EvidenceRecord.objects.exists()


# --- our own, for others ----------------------------------------------------------------------------------


def tokens(browser: StrictClient) -> list[str]:
    """Return the texts of the person's own reports."""
    return re.findall(r"JK1:[^<]+", browser.get("/code/report/").content.decode())


def _issuer_key(key: VerifyingKey) -> IssuerKey:
    return IssuerKey(key.kid, key.public_key, key.valid_from, key.valid_until)


def test_our_reports_are_read_by_another_province(browser: StrictClient, citizen: Account, at: datetime) -> None:
    said = fact("nat_result", "07-07T09:00", result="negative")
    record(person_of(citizen), said, at=at - HOUR)
    (text,) = tokens(browser)
    keys = [Trusted("zj", frozenset({Use.TEST_REPORT}), _issuer_key(key)) for key in verifying_keys(at).keys]
    found = read_home_token(text, keys=keys, at=at)
    assert (found.colour, found.issued_at, found.region) == (TokenColour.GREEN, said.at, 330100)
    assert [text] == tokens(browser)


def test_reports_end_after_seven_days(
    browser: StrictClient, citizen: Account, at: datetime, clock: time_machine.Traveller
) -> None:
    record(person_of(citizen), fact("nat_result", "07-07T09:00", result="negative"), at=at - HOUR)
    assert len(tokens(browser)) == 1
    clock.move_to(at + timedelta(days=6))
    assert tokens(browser) == []


def test_what_came_from_elsewhere_is_not_ours_to_sign(browser: StrictClient, shanghai: Province, at: datetime) -> None:
    browser.post(PAGE, {"text": shanghai.test("positive", at - HOUR, at)})
    assert EvidenceRecord.objects.count() == 1
    assert tokens(browser) == []


def test_the_back_office_grants_and_takes_back(reviewer: Account, sign_in: SignIn, citizen: Account) -> None:
    browser = sign_in(reviewer)
    source = Source.objects.get(code="zj-transport").pk
    said = {"source": source, "scope": "verify_code", "document": "甲"}
    assert browser.post("/admin/healthcode/systemgrant/add/", said).status_code == 302
    grant = SystemGrant.objects.get()
    assert browser.post(page_url(grant, "revoke"), {}).status_code == 302
    grant.refresh_from_db()
    assert grant.revoked_by == reviewer
    assert browser.get(page_url(grant, "revoke")).status_code == 403
