"""People in the back office: masked, scoped, found by the whole number alone, and reading is noted."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from healthcode.domain.colours import Colour
from healthcode.domain.identity import Document, DocumentType
from healthcode.models import Account, AuditEntry, Cause, Person, Recolouring
from healthcode.services.persons import ensure_person
from tests.client import StrictClient
from tests.healthcode.admin_kit import SignIn, give, list_url, page_url, words_of
from tests.people import CITIZEN, OUTSIDER, XIHU, person_of


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


def found(office: StrictClient, typed: str) -> str:
    """Search as the page does, by POST, and return what it leads to."""
    return words_of(office.post(list_url(Person), {"q": typed}, follow=True))


def test_a_list_shows_masked_people_of_the_division_alone(
    office: StrictClient, person: Person, outsider: Account
) -> None:
    text = words_of(office.get(list_url(Person)))
    assert "王*明" in text
    assert "赵*勇" not in text


@pytest.mark.parametrize("secret", [CITIZEN.name, CITIZEN.document.number, CITIZEN.phone, CITIZEN.phone[3:]])
def test_no_page_shows_anything_whole(secret: str, office: StrictClient, person: Person) -> None:
    record = give(person, "symptom", "07-07T09:00", symptom="fever")
    for url in (list_url(Person), page_url(person), page_url(record), page_url(record, "retract")):
        assert secret not in office.get(url).content.decode()


def test_another_countys_person_is_not_found(office: StrictClient, outsider: Account) -> None:
    assert office.get(page_url(person_of(outsider))).status_code == 404


def test_a_primary_key_finds_nobody(office: StrictClient, person: Person) -> None:
    assert office.get(reverse("admin:healthcode_person_change", args=[person.pk])).status_code == 404


@pytest.mark.parametrize("dressed", [str, str.lower, lambda number: f" {number[:6]} {number[6:14]}-{number[14:]} "])
def test_the_whole_number_finds_the_person_however_it_is_typed(
    dressed: object, office: StrictClient, person: Person
) -> None:
    typed = dressed(CITIZEN.document.number)  # type: ignore[operator]  # one of three functions of a text
    assert "王*明" in found(office, typed)


@pytest.mark.parametrize("typed", ["王晓明", "王", CITIZEN.document.number[:17], CITIZEN.document.number[6:14], "%"])
def test_a_part_of_name_or_number_finds_nobody(typed: str, office: StrictClient, person: Person) -> None:
    assert "王*明" not in found(office, typed)


def test_a_passport_is_found_with_its_country(office: StrictClient, person: Person, at: datetime) -> None:
    document = Document(DocumentType.PASSPORT, "E1234567")
    guest = ensure_person(document=document, nationality="GBR", name="JOHN SMITH", at=at)
    Person.objects.filter(pk=guest.pk).update(stay_code=XIHU)
    assert "J*** SMITH" in found(office, "gbr e1234567")
    assert "J*** SMITH" not in found(office, "USA E1234567")


def test_the_public_id_finds_the_person(office: StrictClient, person: Person) -> None:
    assert "王*明" in found(office, str(person.public_id))


def test_no_number_stands_in_an_address(office: StrictClient, person: Person) -> None:
    answer = office.post(list_url(Person), {"q": CITIZEN.document.number})
    assert answer.headers["Location"] == f"{list_url(Person)}?q={person.public_id}"
    assert "王*明" not in words_of(office.get(list_url(Person), {"q": CITIZEN.document.number}))


def test_finding_nobody_is_said(office: StrictClient, person: Person) -> None:
    assert "没有找到" in found(office, "330106190001010000")


def test_a_search_needs_the_right_to_see_people(operator: Account, sign_in: SignIn, person: Person) -> None:
    answer = sign_in(operator).post(list_url(Person), {"q": CITIZEN.document.number})
    assert answer.status_code == 403


def test_another_countys_number_finds_nobody(office: StrictClient, outsider: Account) -> None:
    assert "赵*勇" not in found(office, OUTSIDER.document.number)


@pytest.mark.parametrize("probe", ["number_index", "name_sealed__startswith", "account__username", "stay_code"])
def test_columns_cannot_be_probed_by_filters_of_ones_own(probe: str, office: StrictClient, person: Person) -> None:
    response = office.get(list_url(Person), {probe: "x"})
    assert response.status_code in (302, 400)


def test_opening_a_record_is_noted(office: StrictClient, person: Person, officer: Account, at: datetime) -> None:
    office.get(page_url(person))
    entry = AuditEntry.objects.get(action="read_person")
    assert (entry.actor, entry.person, entry.at, entry.detail) == (officer, person, at, {"purpose": "person_page"})


def test_a_list_is_no_reading_of_a_record(office: StrictClient, person: Person) -> None:
    office.get(list_url(Person))
    assert not AuditEntry.objects.filter(action="read_person").exists()


def test_the_record_says_colour_ground_and_exit(office: StrictClient, person: Person) -> None:
    give(person, "close_contact", "07-07T09:00")
    text = words_of(office.get(page_url(person)))
    assert "红码" in text
    assert "2020-07-21 09:00" in text


def test_the_colour_is_of_now_and_not_of_the_last_sweep(
    office: StrictClient, person: Person, clock: time_machine.Traveller
) -> None:
    give(person, "close_contact", "07-07T09:00")
    clock.move_to(datetime.fromisoformat("2020-07-21T09:00+08:00"))
    assert "badge--green" in office.get(list_url(Person)).content.decode()


def test_a_colour_older_than_a_change_of_areas_is_decided_afresh(
    office: StrictClient, person: Person, at: datetime
) -> None:
    Recolouring.objects.create(cause=Cause.AREAS, effective_at=at, counties=["110106"], created_at=at)
    assert "badge--green" in office.get(list_url(Person)).content.decode()


@pytest.mark.parametrize(("after", "found"), [(timedelta(0), Colour.RED), (timedelta(days=14), Colour.GREEN)])
def test_the_filter_goes_by_what_the_code_shows(
    after: timedelta, found: Colour, office: StrictClient, person: Person, clock: time_machine.Traveller
) -> None:
    give(person, "close_contact", "07-07T09:00")
    clock.shift(after)
    for colour in Colour:
        text = words_of(office.get(list_url(Person), {"shows": colour.value}))
        assert ("王*明" in text) is (colour is found)


def test_who_may_not_record_gets_no_button(person: Person, auditor: Account, sign_in: SignIn) -> None:
    response = sign_in(auditor).get(page_url(person))
    assert reverse("admin:healthcode_evidencerecord_add") not in response.content.decode()


def test_an_operator_sees_nobody(operator: Account, sign_in: SignIn, person: Person) -> None:
    browser = sign_in(operator)
    assert [browser.get(url).status_code for url in (list_url(Person), page_url(person))] == [403, 404]
