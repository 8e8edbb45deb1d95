"""What rows say of themselves, and the filters."""

from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.db.models import Model

from healthcode.domain.evidence import Kind
from healthcode.domain.tokens import CustodyDown
from healthcode.models import (
    Account,
    AreaDesignation,
    CodeKey,
    DecisionRecord,
    Division,
    EvidenceBatch,
    InboxMessage,
    Outbox,
    Person,
    Source,
    vault,
)
from healthcode.services.keys import signing_half
from healthcode.services.persons import send_sign_in_code
from tests.healthcode.row_kit import HOUR, NOON, ROWS, make
from tests.people import CITIZEN, GONGSHU, XIHU, ZHEJIANG, person_of
from venues.models import Guard, Scan

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_every_row_has_a_name_for_lists(model: type[Model]) -> None:
    assert str(make(model)).strip()


def test_no_name_for_lists_tells_who_it_is(citizen: Account) -> None:
    person = person_of(citizen)
    send_sign_in_code(phone=CITIZEN.phone, code="123456", at=NOON)
    rows = [person, citizen, Outbox.objects.get(), InboxMessage.objects.get(), DecisionRecord.objects.get()]
    shown = " ".join(f"{row} {row!r}" for row in rows)
    assert not [secret for secret in (CITIZEN.name, CITIZEN.document.number, CITIZEN.phone) if secret in shown]


def test_a_batch_is_named_by_its_file() -> None:
    assert str(EvidenceBatch(name="0708.csv")) == "0708.csv"


@pytest.mark.parametrize(("shown", "expected"), [("何科长", "何科长"), ("", "xihu")])
def test_staff_are_shown_by_their_name(shown: str, expected: str) -> None:
    account = Account(username="xihu", display_name=shown)
    assert (account.get_full_name(), account.get_short_name(), str(account)) == (expected,) * 3


def test_an_account_without_a_phone_has_none() -> None:
    assert (Account(username="xihu").phone, Person().phone) == ("", "")


def test_the_first_operator_may_do_everything() -> None:
    operator = Account.objects.create_superuser("root", "a-long-password")
    assert operator.check_password("a-long-password")
    assert operator.has_perm("healthcode.anything")


@pytest.mark.parametrize(
    ("division", "expected"),
    [(XIHU, 1), (GONGSHU, 1), ("330100", 2), (ZHEJIANG, 2), ("110000", 1), ("320000", 0), ("", 0)],
)
def test_people_of_a_division_live_or_stay_there(division: str, expected: int) -> None:
    make(Person, stay_code="330106001", residence_code="110106")
    make(Person, residence_code=GONGSHU)
    make(Person)
    assert Person.objects.for_division(division).count() == expected


def test_designations_that_go_on_and_those_near_a_place() -> None:
    going_on = make(AreaDesignation)
    make(AreaDesignation, code="330106", county="330106", valid_until=NOON, end_recorded_at=NOON)
    assert list(AreaDesignation.objects.open()) == [going_on]
    assert list(AreaDesignation.objects.touching({"110106999999", "510104"})) == [going_on]


def test_divisions_that_are_and_those_below() -> None:
    present, gone = make(Division, code="330106"), make(Division, code="330103", last_seen="2021-04")
    assert list(Division.objects.current()) == [present]
    assert set(Division.objects.below("3301")) == {present, gone}
    assert not Division.objects.below("3302").exists()


@pytest.mark.parametrize(
    ("kind", "active", "expected"),
    [
        (Kind.ARRIVAL, True, True),
        (Kind.ARRIVAL, False, False),
        (Kind.DIAGNOSIS, True, False),
        (Kind.RETRACTION, True, True),
        (Kind.RETRACTION, False, False),
    ],
)
def test_a_source_asserts_its_kinds_and_withdraws_them(kind: Kind, active: bool, expected: bool) -> None:
    assert Source(kinds=["arrival"], is_active=active).may_assert(kind) is expected


@pytest.mark.parametrize(
    ("at", "until", "expected"),
    [
        (NOON, None, True),
        (NOON - HOUR, None, False),
        (NOON, NOON + HOUR, True),
        (NOON + HOUR, NOON + HOUR, False),
    ],
)
def test_a_guard_is_on_duty_from_and_until(at: datetime, until: datetime | None, expected: bool) -> None:
    assert Guard(valid_from=NOON, valid_until=until).is_on_duty(at) is expected


def test_scans_of_one_venue_since() -> None:
    scan = make(Scan)
    make(Scan)
    assert list(Scan.objects.at_venue_since(scan.venue, NOON)) == [scan]
    assert not Scan.objects.at_venue_since(scan.venue, NOON + timedelta(seconds=1)).exists()


def test_a_key_of_another_sort_is_no_code_key() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = CodeKey(public_der=public, private_sealed=vault().seal(der.hex(), "codekey.private"))
    with pytest.raises(TypeError):
        key.verifying()
    with pytest.raises(CustodyDown):
        signing_half(key)
