"""The pages of control orders and alarms: each step for whom it is, and a forged one refused."""

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from healthcode.models import Account, ControlOrderRequest, EvidenceRecord, HeldBatch, Person
from healthcode.services.evidence import NewEvidence, record_batch
from healthcode.services.persons import enrol_people
from tests.client import StrictClient
from tests.healthcode.admin_kit import SignIn, page_url, words_of
from tests.people import CITIZEN, JOINED, MOTHER, fact, person_of, source_for, stranger

ADD = "/admin/healthcode/controlorderrequest/add/"


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    """Stop the clock of the pages at noon."""
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def asked(citizen: Account, reviewer: Account, sign_in: SignIn) -> ControlOrderRequest:
    """An order asked for on the page."""
    said = {"document": "文", "reason": "cluster", "measure": "red", "until": "2020-07-20"}
    browser = sign_in(reviewer)
    assert browser.get(ADD).status_code == 200
    sent = {**said, "people": CITIZEN.document.number, "origin": "named_one_by_one", "list_name": ""}
    response = browser.post(ADD, sent)
    assert response.status_code == 302, response.context["form"].errors
    return ControlOrderRequest.objects.get()


def test_an_order_is_asked_for(asked: ControlOrderRequest, citizen: Account) -> None:
    assert asked.valid_until.isoformat() == "2020-07-20T16:00:00+00:00"
    assert [one.person for one in asked.people.order_by("pk")] == [person_of(citizen)]


def test_two_bodies_approve_on_their_pages(
    asked: ControlOrderRequest, reviewer: Account, colleague: Account, commission: Account, sign_in: SignIn
) -> None:
    page = page_url(asked, "approve")
    assert [sign_in(who).post(page).status_code for who in (reviewer, colleague, commission)] == [403, 302, 302]
    asked.refresh_from_db()
    assert asked.approved_at is not None
    assert not EvidenceRecord.objects.exists()


@pytest.mark.parametrize("verb", ["approve", "stop"])
def test_another_county_does_not_find_it(
    verb: str, asked: ControlOrderRequest, other_officer: Account, sign_in: SignIn
) -> None:
    assert sign_in(other_officer).post(page_url(asked, verb), {"reason": "x"}).status_code == 404


def test_an_operator_sees_none(asked: ControlOrderRequest, operator: Account, sign_in: SignIn) -> None:
    assert sign_in(operator).get(page_url(asked)).status_code == 404


def test_nobody_unknown_is_named(reviewer: Account, sources: object, sign_in: SignIn) -> None:
    said = {"document": "文", "reason": "cluster", "measure": "red", "until": "2020-07-20", "people": "x\ny"}
    response = sign_in(reviewer).post(ADD, {**said, "origin": "screening", "list_name": "名单"})
    assert "1, 2" in words_of(response)


def test_it_is_stopped_with_a_reason(asked: ControlOrderRequest, reviewer: Account, sign_in: SignIn) -> None:
    browser = sign_in(reviewer)
    assert browser.post(page_url(asked, "stop"), {"reason": ""}).status_code == 200
    assert browser.post(page_url(asked, "stop"), {"reason": "有误"}).status_code == 302


@pytest.fixture
def held(sources: object, at: datetime) -> HeldBatch:
    """A batch that was frozen."""
    people: list[Person] = enrol_people(
        by=None, applications=[stranger(n).application for n in range(1, 31)], at=JOINED
    )
    said = {"until": "07-20", "mode": "central", "document": "文"}
    rows = [NewEvidence(person.pk, fact("isolation_order", "07-08T08:00", **said)) for person in people]
    record_batch(by=None, source=source_for("control_order"), rows=rows, at=at)
    return HeldBatch.objects.get()


def act(browser: StrictClient, held: HeldBatch, verb: str, **said: str) -> int:
    """Open the page of a step, then send it; return the answer's status."""
    browser.get(page_url(held, verb))
    return int(browser.post(page_url(held, verb), said).status_code)


def test_two_supervisors_release_on_their_pages(
    held: HeldBatch, supervisor: Account, second_supervisor: Account, sign_in: SignIn
) -> None:
    first, second = sign_in(supervisor), sign_in(second_supervisor)
    assert act(first, held, "propose", outcome="release", reason="核实") == 302
    assert act(first, held, "confirm") == 200, "their own proposal is refused on the page"
    assert act(second, held, "confirm") == 302
    assert EvidenceRecord.objects.count() == 30
    assert second.get(page_url(held)).status_code == 200


@pytest.mark.parametrize("who", ["reviewer", "auditor", "operator", "commission"])
def test_nobody_else_judges(who: str, held: HeldBatch, sign_in: SignIn, request: pytest.FixtureRequest) -> None:
    browser = sign_in(request.getfixturevalue(who))
    assert act(browser, held, "propose", outcome="release", reason="x") == 403


@pytest.mark.parametrize("page", ["alarm", "heldbatch"])
def test_supervisors_read_alarms(page: str, held: HeldBatch, supervisor: Account, sign_in: SignIn) -> None:
    address = reverse(f"admin:healthcode_{page}_changelist")
    assert sign_in(supervisor).get(address).context["cl"].result_list


# --- lists --------------------------------------------------------------------------------------------------

TERMS = {"document": "文", "reason": "cluster", "measure": "red", "until": "2020-07-20", "people": ""}
NAMED = {"origin": "screening", "list_name": "排查名单"}


def workbook(*lines: list[str]) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.worksheets[0].append(line)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def csv(*lines: list[str]) -> bytes:
    return "\n".join(",".join(line) for line in lines).encode("gb18030")


def upload(browser: StrictClient, data: bytes, **said: str) -> Any:
    """Send the form with a file."""
    assert browser.get(ADD).status_code == 200
    return browser.post(ADD, {**TERMS, **NAMED, **said, "file": SimpleUploadedFile("名单", data)})


@pytest.mark.parametrize("form", [workbook, csv])
def test_a_list_is_taken_from_a_file(
    form: Callable[..., bytes], citizen: Account, mother: Account, reviewer: Account, sign_in: SignIn
) -> None:
    lines = [[who.name, who.document.number] for who in (CITIZEN, MOTHER)]
    assert upload(sign_in(reviewer), form(["姓名", "证件号码"], *lines)).status_code == 302
    named = {one.person for one in ControlOrderRequest.objects.get().people.order_by("pk")}
    assert named == {person_of(citizen), person_of(mother)}


@pytest.mark.parametrize(
    ("data", "said", "field", "code"),
    [
        (b"\x00\xff\xfe", {}, "file", "malformed"),
        (b"x" * (1 << 20) + b"x", {}, "file", "file_too_large"),
        (csv(["姓名", "电话"], ["王", "1"]), {}, "file", "malformed"),
        (csv(["证件号码"], ["330106"]), {}, "__all__", "unknown_person"),
        (csv(["证件号码"], [CITIZEN.document.number]), {"people": "x"}, "__all__", "list_twice"),
        (csv([CITIZEN.document.number], [MOTHER.document.number]), {"list_name": ""}, "__all__", "list_needs_name"),
        (csv(["证件号码"]), {}, "__all__", "nobody_named"),
    ],
)
def test_a_list_that_is_none_is_refused_in_words(
    data: bytes,
    said: dict[str, str],
    field: str,
    code: str,
    citizen: Account,
    mother: Account,
    reviewer: Account,
    sign_in: SignIn,
) -> None:
    form = upload(sign_in(reviewer), data, **said).context["form"]
    assert form.has_error(field, code), form.errors
    assert not ControlOrderRequest.objects.exists()


def test_the_line_of_whom_nobody_knows_is_that_of_the_file(
    citizen: Account, reviewer: Account, sign_in: SignIn
) -> None:
    lines = csv(["证件号码"], [CITIZEN.document.number], [""], [MOTHER.document.number])
    assert " 4" in words_of(upload(sign_in(reviewer), lines))


def test_a_frozen_order_is_told_as_frozen(sources: object, reviewer: Account, sign_in: SignIn) -> None:
    people = [stranger(n) for n in range(1, 31)]
    enrol_people(by=None, applications=[one.application for one in people], at=JOINED)
    browser = sign_in(reviewer)
    browser.cookies["language"] = "en"
    listed = upload(browser, csv(*([one.document.number] for one in people)))
    words = words_of(browser.get(listed["Location"]))
    assert "Frozen by an alarm" in words
    assert "Two supervisors have to release it first." in browser.get(listed["Location"]).content.decode() + words
