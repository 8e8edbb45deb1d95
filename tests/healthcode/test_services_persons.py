"""Accounts and applications: one code a person, whoever applies, however often."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache

from healthcode import gateways
from healthcode.domain.identity import Document, DocumentType
from healthcode.domain.ports import GatewayDown
from healthcode.models import Account, AuditEntry, DecisionRecord, Outbox, Person, Source
from healthcode.services.errors import Refused
from healthcode.services.persons import (
    account_of_phone,
    apply_for_code,
    claim_code,
    enrol_people,
    ensure_person,
    number_index,
    open_account,
    send_claim,
    send_sign_in_code,
    verify_phone,
)
from tests.people import CITIZEN, SON, code_sent_to, current, fact, person_of, record, sign_up, stranger

MINUTE = timedelta(minutes=1)


class Down:
    """A gateway that does not answer."""

    def send(self, *, phone: str, text: str, reference: str, at: datetime) -> None:
        """Refuse."""
        raise GatewayDown("sms")

    def matches(self, *, document: Document, nationality: str, name: str) -> bool:
        """Refuse."""
        raise GatewayDown("register")


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


# --- accounts ---------------------------------------------------------------------------------------------


def test_a_phone_has_one_account(province: None, at: datetime) -> None:
    first = open_account(phone=CITIZEN.phone, at=at)
    assert open_account(phone=CITIZEN.phone, at=at + MINUTE) == first
    assert AuditEntry.objects.filter(action="open_account").count() == 1


def test_an_account_shows_nothing_of_its_phone(province: None, at: datetime) -> None:
    account = open_account(phone=CITIZEN.phone, at=at)
    assert account.phone == CITIZEN.phone
    assert CITIZEN.phone[-8:] not in account.username
    assert CITIZEN.phone.encode() not in bytes(account.phone_sealed or b"")


def test_no_password_opens_a_phone_account(province: None, at: datetime) -> None:
    assert not open_account(phone=CITIZEN.phone, at=at).has_usable_password()


def test_an_inactive_account_is_not_found_and_not_opened_twice(province: None, at: datetime) -> None:
    account = open_account(phone=CITIZEN.phone, at=at)
    Account.objects.update(is_active=False)
    assert account_of_phone(CITIZEN.phone) is None
    assert open_account(phone=CITIZEN.phone, at=at) == account


def test_a_phone_is_verified_once(province: None, at: datetime) -> None:
    account = open_account(phone=CITIZEN.phone, at=at)
    verify_phone(account=account, at=at)
    verify_phone(account=account, at=at + MINUTE)
    account.refresh_from_db()
    assert account.phone_verified_at == at
    assert AuditEntry.objects.filter(action="verify_phone", actor=account).count() == 1


def test_a_sign_in_code_goes_out_at_once(province: None, at: datetime) -> None:
    send_sign_in_code(phone=CITIZEN.phone, code="123456", at=at)
    assert code_sent_to(CITIZEN.phone) == "123456"
    assert not Outbox.objects.exists()


# --- applications -----------------------------------------------------------------------------------------


def test_applying_gives_a_code_and_a_message(citizen: Account) -> None:
    person = person_of(citizen)
    assert (person.name, person.number, person.phone) == (CITIZEN.name, CITIZEN.document.number, CITIZEN.phone)
    assert current(person).cause == "application"
    assert Outbox.objects.get().dedupe_key == f"issued:{person.public_id}"
    assert AuditEntry.objects.get(action="apply").person == person


def test_the_row_holds_nothing_in_the_clear(citizen: Account) -> None:
    row = Person.objects.values().get()
    stored = b"|".join(
        bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode() for value in row.values()
    )
    for secret in (CITIZEN.name, CITIZEN.document.number, CITIZEN.phone):
        assert secret.encode() not in stored


def test_applying_again_is_taken_to_the_first_code(citizen: Account, at: datetime) -> None:
    again = apply_for_code(by=citizen, application=CITIZEN.application, at=at)
    assert again == person_of(citizen)
    assert (DecisionRecord.objects.count(), Outbox.objects.count()) == (1, 1)


def test_evidence_known_before_colours_the_first_code(sources: dict[str, Source], at: datetime) -> None:
    person = ensure_person(document=CITIZEN.document, nationality="", name=CITIZEN.name, at=at)
    record(person, fact("close_contact", "07-05T10:00"), at=at)
    applied = apply_for_code(by=sign_up(CITIZEN), application=CITIZEN.application, at=at)
    assert (applied.pk, current(applied).colour) == (person.pk, "red")


def test_a_name_the_register_does_not_know_is_refused(newcomer: Account, at: datetime) -> None:
    with pytest.raises(Refused, match="identity_mismatch"):
        apply_for_code(by=newcomer, application=CITIZEN.application._replace(name="查无此人"), at=at)
    assert Person.objects.count() == 0


def test_no_answer_from_the_register_makes_no_code(
    newcomer: Account, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "identity_authority", Down)
    with pytest.raises(GatewayDown):
        apply_for_code(by=newcomer, application=CITIZEN.application, at=at)
    assert Person.objects.count() == 0


def test_an_account_shows_one_persons_code(citizen: Account, at: datetime) -> None:
    with pytest.raises(Refused, match="account_has_code"):
        apply_for_code(by=citizen, application=SON.application, at=at)
    assert Person.objects.count() == 1


def test_a_code_held_by_another_phone_is_not_given_twice(citizen: Account, newcomer: Account, at: datetime) -> None:
    with pytest.raises(Refused, match="held_by_another"):
        apply_for_code(by=newcomer, application=CITIZEN.application, at=at)
    assert person_of(citizen).account == citizen


@pytest.mark.parametrize(
    ("kind", "one"),
    [(DocumentType.PASSPORT, False), (DocumentType.OTHER, False), (DocumentType.PERMANENT_RESIDENT_CARD, True)],
)
def test_only_numbers_that_countries_give_out_are_told_apart_by_country(kind: DocumentType, one: bool) -> None:
    document = replace(CITIZEN.document, type=kind, number="E1234567")
    assert (number_index(document, "GBR") == number_index(document, "ITA")) is one


def test_many_are_enrolled_at_once_and_only_once(sources: dict[str, Source], citizen: Account, at: datetime) -> None:
    applications = [CITIZEN.application, SON.application, SON.application, stranger(1).application]
    made = enrol_people(by=None, applications=applications, at=at)
    assert (len(made), Person.objects.filter(applied_at__isnull=False).count()) == (2, 3)
    assert enrol_people(by=None, applications=applications, at=at) == []
    assert AuditEntry.objects.filter(action="enrol").count() == 2


def test_enrolling_without_a_phone_leaves_it_empty(sources: dict[str, Source], at: datetime) -> None:
    enrol_people(by=None, applications=[SON.application], at=at)
    assert (Person.objects.get().phone, current(Person.objects.get()).colour) == ("", "green")


# --- the same code on another phone -----------------------------------------------------------------------


@pytest.fixture
def claim(citizen: Account, newcomer: Account, at: datetime) -> str:
    """The digits that reached the first phone, for ``newcomer`` to type."""
    send_claim(by=newcomer, application=CITIZEN.application, at=at)
    return code_sent_to(CITIZEN.phone)


def test_the_code_moves_to_the_phone_that_knows_the_digits(
    citizen: Account, newcomer: Account, claim: str, at: datetime
) -> None:
    person = claim_code(by=newcomer, code=claim, at=at)
    assert (person.account, person.name) == (newcomer, CITIZEN.name)
    assert AuditEntry.objects.get(action="claim_code").detail == {"before": citizen.username}


def test_the_digits_work_once(newcomer: Account, claim: str, at: datetime) -> None:
    claim_code(by=newcomer, code=claim, at=at)
    with pytest.raises(Refused, match="claim_expired"):
        claim_code(by=newcomer, code=claim, at=at)


def test_three_wrong_tries_end_the_claim(citizen: Account, newcomer: Account, claim: str, at: datetime) -> None:
    for code in ("wrong_code", "wrong_code", "claim_expired"):
        with pytest.raises(Refused, match=code):
            claim_code(by=newcomer, code=wrong(claim), at=at)
    with pytest.raises(Refused, match="claim_expired"):
        claim_code(by=newcomer, code=claim, at=at)
    assert person_of(citizen).account == citizen


def test_the_third_try_may_be_right(newcomer: Account, claim: str, at: datetime) -> None:
    for _try in range(2):
        with pytest.raises(Refused, match="wrong_code"):
            claim_code(by=newcomer, code=wrong(claim), at=at)
    assert claim_code(by=newcomer, code=claim, at=at).account == newcomer


def test_the_digits_are_of_the_account_that_asked(claim: str, outsider: Account, at: datetime) -> None:
    with pytest.raises(Refused, match="claim_expired"):
        claim_code(by=outsider, code=claim, at=at)


def test_a_claim_whose_count_of_tries_is_lost_is_over(newcomer: Account, claim: str, at: datetime) -> None:
    cache.delete(f"claim-tries:{newcomer.pk}")
    with pytest.raises(Refused, match="claim_expired"):
        claim_code(by=newcomer, code=claim, at=at)


def test_who_has_a_code_claims_no_second(citizen: Account, mother: Account, at: datetime) -> None:
    send_claim(by=mother, application=CITIZEN.application, at=at)
    with pytest.raises(Refused, match="account_has_code"):
        claim_code(by=mother, code=code_sent_to(CITIZEN.phone), at=at)
    assert person_of(citizen).account == citizen


def test_there_is_nothing_to_claim_of_whom_nobody_applied_for(newcomer: Account, son: Person, at: datetime) -> None:
    for application in (SON.application, stranger(7).application):
        with pytest.raises(Refused, match="no_such_code"):
            send_claim(by=newcomer, application=application, at=at)


def test_a_code_without_a_phone_is_claimed_at_a_service_point(
    citizen: Account, newcomer: Account, at: datetime
) -> None:
    Person.objects.update(phone_sealed=None, phone_index=None)
    with pytest.raises(Refused, match="no_phone"):
        send_claim(by=newcomer, application=CITIZEN.application, at=at)


def test_a_claim_that_could_not_be_sent_is_none(
    citizen: Account, newcomer: Account, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "sms", Down)
    with pytest.raises(GatewayDown):
        send_claim(by=newcomer, application=CITIZEN.application, at=at)
    with pytest.raises(Refused, match="claim_expired"):
        claim_code(by=newcomer, code="000000", at=at)
