"""Evidence in the back office: recorded, withdrawn, never edited."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from healthcode.domain.colours import Colour
from healthcode.models import Account, AuditEntry, DecisionRecord, Division, EvidenceRecord, Person, Source
from tests.client import StrictClient
from tests.healthcode.admin_kit import SignIn, give, list_url, page_url, words_of
from tests.people import CITIZEN, OUTSIDER, fact, person_of, record, status

ADD = "/admin/healthcode/evidencerecord/add/"


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock of the pages at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def office(officer: Account, sign_in: SignIn) -> StrictClient:
    """The browser of West Lake district's officer."""
    return sign_in(officer)


@pytest.fixture
def person(citizen: Account) -> Person:
    """The citizen's record."""
    return person_of(citizen)


def send(browser: StrictClient, person: Person, kind: str, source: str = "zj-health", **fields: Any) -> Any:
    """Send the form of one kind of record."""
    said = {"form_id": "form-one", "source": Source.objects.get(code=source).pk, **fields}
    return browser.post(f"{ADD}?person={person.public_id}&kind={kind}", said)


def test_the_number_of_the_document_never_stands_in_an_address(office: StrictClient, person: Person) -> None:
    response = office.post(ADD, {"person": CITIZEN.document.number, "kind": "symptom"})
    assert response.headers["Location"] == f"{ADD}?person={person.public_id}&kind=symptom"


@pytest.mark.parametrize("typed", [OUTSIDER.document.number, "330106199001011234", "王晓明", ""])
def test_who_is_not_known_in_the_division_is_refused_at_the_field(
    typed: str, office: StrictClient, person: Person, outsider: Account
) -> None:
    response = office.post(ADD, {"person": typed, "kind": "symptom"})
    assert list(response.context["form"].errors) == ["person"]


def test_recording_turns_the_code(office: StrictClient, person: Person, officer: Account, at: datetime) -> None:
    response = send(office, person, "close_contact", at="2020-07-07 09:00")
    assert response.headers["Location"] == page_url(person)
    assert status(person, at).colour is Colour.RED
    made = EvidenceRecord.objects.get()
    assert (made.recorded_by, made.recorded_at, made.source.code) == (officer, at, "zj-health")


@pytest.mark.parametrize(
    ("kind", "source", "fields"),
    [
        ("diagnosis", "zj-health", {"at": "2020-07-07", "status": "confirmed"}),
        ("discharge", "zj-health", {"at": "2020-07-07"}),
        ("overseas_entry", "hz-customs", {"at": "2020-07-07", "country": "ITA"}),
        (
            "area_stay",
            "zj-transport",
            {"at": "2020-07-01", "left": "2020-07-02", "place": "110106", "community": "花乡"},
        ),
        ("arrival", "zj-transport", {"at": "2020-07-07"}),
        ("isolation_order", "zj-office", {"at": "2020-07-07", "until": "2020-07-20", "mode": "home", "document": "17"}),
        ("nat_result", "zj-health", {"at": "2020-07-07", "result": "negative", "reported_at": "2020-07-08 08:00"}),
        ("symptom", "zj-health", {"at": "2020-07-07 20:00"}),
        ("symptom_cleared", "zj-health", {"at": "2020-07-07"}),
    ],
)
def test_every_kind_can_be_recorded(
    kind: str, source: str, fields: dict[str, str], office: StrictClient, person: Person
) -> None:
    Division.objects.create(code="110106", name="丰台区", parent_code="110100")
    assert office.get(f"{ADD}?person={person.public_id}&kind={kind}").status_code == 200
    response = send(office, person, kind, source, **fields)
    assert response.status_code == 302, response.context["form"].errors
    assert EvidenceRecord.objects.get().kind == kind


def test_a_release_names_the_persons_own_records(office: StrictClient, person: Person, at: datetime) -> None:
    entry = give(person, "overseas_entry", "07-01T10:00", country="ITA")
    response = send(office, person, "release", at="2020-07-07", stage="all", of=[str(entry.public_id)])
    assert response.status_code == 302
    assert status(person, at).colour is Colour.GREEN


def test_a_release_cannot_name_another_persons_record(office: StrictClient, person: Person, mother: Account) -> None:
    entry = give(person_of(mother), "overseas_entry", "07-01T10:00", country="ITA")
    response = send(office, person, "release", at="2020-07-07", stage="all", of=[str(entry.public_id)])
    assert list(response.context["form"].errors) == ["of"]


@pytest.mark.parametrize(
    ("kind", "source", "fields", "field"),
    [
        ("symptom", "zj-health", {"at": "yesterday"}, "at"),
        ("symptom", "zj-health", {"at": ""}, "at"),
        ("symptom", "zj-health", {"at": "2020-07-09"}, "at"),
        ("diagnosis", "zj-health", {"at": "2020-07-07", "status": "green"}, "status"),
        (
            "nat_result",
            "zj-health",
            {"at": "2020-07-07", "result": "negative", "reported_at": "2020-07-01"},
            "reported_at",
        ),
        (
            "isolation_order",
            "zj-office",
            {"at": "2020-07-07", "until": "2020-07-01", "mode": "home", "document": "1"},
            "until",
        ),
        ("isolation_order", "zj-office", {"at": "2020-07-07", "until": "2020-07-20", "mode": "home"}, "document"),
        ("area_stay", "zj-transport", {"at": "2020-07-01", "place": "999999"}, "place"),
        ("area_stay", "zj-transport", {"at": "2020-07-05", "left": "2020-07-01", "place": "330106"}, "left"),
        ("symptom", "hz-customs", {"at": "2020-07-07", "form_id": ""}, "form_id"),
        ("symptom", "zj-police", {"at": "2020-07-07"}, "source"),
        ("symptom", "self", {"at": "2020-07-07"}, "source"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    kind: str, source: str, fields: dict[str, str], field: str, office: StrictClient, person: Person
) -> None:
    Division.objects.create(code="330106", name="西湖区", parent_code="330100")
    response = send(office, person, kind, source, **fields)
    assert list(response.context["form"].errors) == [field]
    assert not EvidenceRecord.objects.exists()


def test_a_place_may_be_named(office: StrictClient, person: Person) -> None:
    Division.objects.create(code="110106", name="丰台区", parent_code="110100")
    send(office, person, "area_stay", "zj-transport", at="2020-07-01", place="丰台区")
    assert EvidenceRecord.objects.get().place == "110106"


def test_a_name_of_several_places_is_asked_about(office: StrictClient, person: Person) -> None:
    for code in ("110105", "220104"):
        Division.objects.create(code=code, name="朝阳区", parent_code=f"{code[:4]}00")
    response = send(office, person, "area_stay", "zj-transport", at="2020-07-01", place="朝阳区")
    assert "110105, 220104" in response.content.decode()


def test_a_form_sent_twice_is_one_record(office: StrictClient, person: Person) -> None:
    for _time in range(2):
        send(office, person, "symptom", at="2020-07-07")
    assert EvidenceRecord.objects.count() == 1


def test_a_preview_says_what_would_change_and_writes_nothing(
    office: StrictClient, person: Person, at: datetime
) -> None:
    response = send(office, person, "close_contact", at="2020-07-07 09:00", preview="1")
    assert "badge--red" in response.content.decode()
    assert not EvidenceRecord.objects.exists()
    assert status(person, at).colour is Colour.GREEN


def test_nothing_is_recorded_about_another_countys_person(office: StrictClient, outsider: Account) -> None:
    response = send(office, person_of(outsider), "symptom", at="2020-07-07")
    assert response.status_code == 200
    assert not EvidenceRecord.objects.exists()


@pytest.mark.parametrize("who", ["auditor", "operator"])
def test_only_who_may_record_reaches_the_form(
    who: str, person: Person, sign_in: SignIn, request: pytest.FixtureRequest
) -> None:
    browser = sign_in(request.getfixturevalue(who))
    assert browser.get(ADD).status_code == 403
    assert send(browser, person, "symptom", at="2020-07-07").status_code == 403


def test_the_page_of_withdrawing_says_what_the_code_would_show(office: StrictClient, person: Person) -> None:
    contact = give(person, "close_contact", "07-07T09:00")
    response = office.get(page_url(contact, "retract"))
    assert "badge--green" in response.content.decode()
    assert not EvidenceRecord.objects.filter(kind="retraction").exists()


def test_withdrawing_with_a_reason_turns_the_code_back(office: StrictClient, person: Person, at: datetime) -> None:
    contact = give(person, "close_contact", "07-07T09:00")
    response = office.post(page_url(contact, "retract"), {"reason": "同名误录"})
    assert response.headers["Location"] == page_url(contact)
    assert status(person, at).colour is Colour.GREEN
    assert "同名误录" in words_of(office.get(page_url(contact)))


def test_withdrawing_needs_a_reason(office: StrictClient, person: Person) -> None:
    contact = give(person, "close_contact", "07-07T09:00")
    response = office.post(page_url(contact, "retract"), {"reason": "  "})
    assert list(response.context["form"].errors) == ["reason"]


def test_what_is_withdrawn_cannot_be_withdrawn_again(office: StrictClient, person: Person) -> None:
    contact = give(person, "close_contact", "07-07T09:00")
    office.post(page_url(contact, "retract"), {"reason": "同名误录"})
    retraction = EvidenceRecord.objects.get(kind="retraction")
    assert [office.post(page_url(row, "retract"), {"reason": "x"}).status_code for row in (contact, retraction)] == [
        403,
        403,
    ]


@pytest.mark.parametrize("who", ["other_officer", "auditor"])
def test_only_who_may_withdraw_does(who: str, person: Person, sign_in: SignIn, request: pytest.FixtureRequest) -> None:
    contact = give(person, "close_contact", "07-07T09:00")
    browser = sign_in(request.getfixturevalue(who))
    refused = {"other_officer": 404, "auditor": 403}[who]
    assert browser.post(page_url(contact, "retract"), {"reason": "x"}).status_code == refused


def test_an_officer_does_not_withdraw_what_a_person_declared(office: StrictClient, person: Person) -> None:
    said = fact("symptom", "07-07T09:00", symptom="fever")
    made = record(person, said, at=said.recorded_at, source=Source.objects.get(code="self")).records[0]
    assert office.post(page_url(made, "retract"), {"reason": "x"}).status_code == 403


def test_a_record_says_which_ground_rests_on_it(office: StrictClient, person: Person) -> None:
    contact = give(person, "close_contact", "07-07T09:00")
    assert "通知一（一）" in words_of(office.get(page_url(contact))).replace("(", "（").replace(")", "）")


@pytest.mark.parametrize("state", ["counts", "withdrawn"])
def test_the_list_tells_what_counts(state: str, office: StrictClient, person: Person) -> None:
    kept, taken = give(person, "symptom", "07-07T09:00", symptom="fever"), give(person, "close_contact", "07-07T09:00")
    office.post(page_url(taken, "retract"), {"reason": "x"})
    page = office.get(list_url(EvidenceRecord), {"state": state}).content.decode()
    assert (str(kept.public_id) in page, str(taken.public_id) in page) == (state == "counts", state == "withdrawn")


def test_the_persons_number_finds_the_persons_evidence(office: StrictClient, person: Person, mother: Account) -> None:
    mine, hers = (
        give(person, "symptom", "07-07T09:00", symptom="fever"),
        give(person_of(mother), "close_contact", "07-07T09:00"),
    )
    page = office.get(list_url(EvidenceRecord), {"q": CITIZEN.document.number}).content.decode()
    assert (str(mine.public_id) in page, str(hers.public_id) in page) == (True, False)


def test_opening_a_record_is_noted(office: StrictClient, person: Person) -> None:
    office.get(page_url(give(person, "close_contact", "07-07T09:00")))
    office.get(page_url(DecisionRecord.objects.current().get()))
    purposes = [entry.detail["purpose"] for entry in AuditEntry.objects.filter(action="read_person").order_by("pk")]
    assert purposes == ["evidence_page", "decision_page"]


def test_the_history_of_django_shows_nothing(office: StrictClient, person: Person) -> None:
    contact = give(person, "close_contact", "07-07T09:00")
    assert office.get(reverse("admin:healthcode_evidencerecord_history", args=[contact.public_id])).status_code == 404
