"""Importing in the back office: the way there, the preview page, the confirmation."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from healthcode.models import Account, EvidenceBatch, EvidenceRecord, EvidenceUpload, Source
from tests.client import StrictClient
from tests.healthcode.admin_kit import SignIn, list_url, page_url, words_of
from tests.healthcode.file_kit import contact, csv_bytes, row
from tests.people import CITIZEN, person_of, status

IMPORT = reverse("admin:healthcode_evidencebatch_import")


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def health(sources: dict[str, Source]) -> Source:
    return sources["zj-health"]


@pytest.fixture
def office(reviewer: Account, health: Source, sign_in: SignIn) -> StrictClient:
    return sign_in(reviewer)


def send(browser: StrictClient, health: Source, *rows: list[str], data: bytes | None = None) -> str:
    """Upload a file and return the address of its preview."""
    file = SimpleUploadedFile("rows.csv", csv_bytes(*rows) if data is None else data, "text/csv")
    response = browser.post(IMPORT, {"source": health.pk, "file": file})
    return str(response.headers.get("Location", ""))


def confirm(browser: StrictClient, address: str) -> str:
    digest = browser.get(address).context["form"]["digest"].value()
    return str(browser.post(address, {"digest": digest}).headers["Location"])


@pytest.mark.parametrize("model", [EvidenceBatch, EvidenceRecord])
def test_the_lists_lead_there_for_whoever_may(
    model: type, office: StrictClient, officer: Account, sign_in: SignIn
) -> None:
    assert f'href="{IMPORT}"' in office.get(list_url(model)).content.decode()
    assert IMPORT not in sign_in(officer).get(list_url(EvidenceRecord)).content.decode()


def test_the_preview_is_shown_and_names_nobody_in_full(office: StrictClient, health: Source, citizen: Account) -> None:
    page = office.get(send(office, health, row("1", result="阳性"), row("2", "no")))
    words = words_of(page)
    assert "王*明" in words
    for hidden in (CITIZEN.name, CITIZEN.document.number):
        assert hidden not in page.content.decode()
    what, turns, faults = page.context["page"].tables
    assert [number for _words, number in what.rows] == [1, 0, 1, 0, 1, 0]
    assert (len(turns.rows), faults.rows[0][:2]) == (1, (3, "证件号码"))


def test_confirmed_it_leads_to_the_batch(office: StrictClient, health: Source, citizen: Account, at: datetime) -> None:
    address = send(office, health, row("1", result="阳性"))
    assert confirm(office, address) == page_url(EvidenceBatch.objects.get())
    assert status(person_of(citizen), at).colour == "red"
    assert office.get(address).headers["Location"] == page_url(EvidenceBatch.objects.get())


def test_a_forged_digest_records_nothing(office: StrictClient, health: Source, citizen: Account) -> None:
    address = send(office, health, row("1", result="阳性"))
    assert office.post(address, {"digest": "x"}).headers["Location"] == address
    assert not EvidenceRecord.objects.exists()


def test_an_import_frozen_by_an_alarm_says_so(office: StrictClient, health: Source) -> None:
    Source.objects.filter(pk=health.pk).update(category="police")
    address = send(office, health, *[contact(str(n), n) for n in range(40)])
    assert "40 / 40" in words_of(office.get(address))
    page = office.get(confirm(office, address))
    assert [message.level_tag for message in page.context["messages"]] == ["success", "warning"]


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"PK\x03\x04x", b"x" * (2 * 1024 * 1024 + 1)])
def test_a_file_that_is_none_is_told_at_the_field(data: bytes, office: StrictClient, health: Source) -> None:
    file = SimpleUploadedFile("rows.csv", data)
    response = office.post(IMPORT, {"source": health.pk, "file": file})
    assert response.context["form"].errors["file"]
    assert not EvidenceUpload.objects.exists()


@pytest.mark.parametrize("who", ["officer", "auditor", "operator", "supervisor", "administrator"])
def test_nobody_else_may(who: str, health: Source, sign_in: SignIn, request: pytest.FixtureRequest) -> None:
    browser = sign_in(request.getfixturevalue(who))
    assert browser.get(IMPORT).status_code == 403
    send(browser, health, row("1"))
    assert not EvidenceUpload.objects.exists()


def test_a_preview_is_its_officers_alone(
    office: StrictClient, health: Source, colleague: Account, sign_in: SignIn
) -> None:
    address = send(office, health, row("1"))
    assert sign_in(colleague).get(address).status_code == 404
    assert sign_in(colleague).post(address, {"digest": "x"}).status_code == 404
