"""Showing and verifying codes: the colour now, whose it is, and a precise reason for every refusal."""

from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection
from django.test.utils import CaptureQueriesContext

from healthcode.access import current_decision_for_account
from healthcode.domain.colours import Colour
from healthcode.domain.instants import CHINA
from healthcode.domain.tokens import (
    Kind,
    Reason,
    Reference,
    ReferenceKey,
    Statement,
    TokenColour,
    encode_token,
    open_reference,
    seal_reference,
)
from healthcode.domain.tokens.envelope import read_token
from healthcode.models import Account, AuditEntry, CodeKey, DecisionRecord, Person
from healthcode.services.codes import issue_code, verify_code
from healthcode.services.decisions import status_of
from healthcode.services.keys import (
    SCOPES,
    NoSigningKey,
    forget_keys,
    reference_key,
    rotate_code_keys,
    signing_half,
    signing_key,
    verifying_keys,
)
from tests.people import code_of, fact, person_of, record, status

SECOND = timedelta(seconds=1)
YEAR = timedelta(days=365)


def sealed_for(person_id: int, at: datetime, *, iat_off: int = 0, key: ReferenceKey | None = None) -> str:
    """Make a code of our own key for a reference that the service would not make."""
    reference = Reference(person_id, int(at.timestamp()) + iat_off, Kind.OWN_PHONE, 7)
    return encode_token(
        key=signing_key(Kind.OWN_PHONE, at),
        statement=Statement(Kind.OWN_PHONE, TokenColour.GREEN, 330100),
        cti=seal_reference(key or reference_key(), reference),
        issued_at=at,
    )


def test_a_code_is_verified_as_its_holders(citizen: Account, at: datetime) -> None:
    checked = verify_code(text=code_of(citizen, at), at=at + SECOND)
    assert checked.verified.result is Reason.OK
    assert checked.status is not None
    assert checked.status.person == person_of(citizen)
    assert checked.status.colour is Colour.GREEN


def test_verifying_says_the_colour_now_not_the_codes(citizen: Account, at: datetime) -> None:
    shown = code_of(citizen, at)
    record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at + SECOND)
    checked = verify_code(text=shown, at=at + 2 * SECOND)
    assert checked.status is not None
    assert checked.status.colour is Colour.RED


@pytest.mark.parametrize(
    ("kind", "fields", "colour"),
    [
        ("arrival", {}, TokenColour.GREEN),
        ("symptom", {"symptom": "fever"}, TokenColour.YELLOW),
        ("close_contact", {}, TokenColour.RED),
    ],
)
def test_a_code_states_the_colour_shown(
    citizen: Account, at: datetime, kind: str, fields: dict[str, str], colour: TokenColour
) -> None:
    record(person_of(citizen), fact(kind, "07-08T10:00", **fields), at=at)
    assert read_token(code_of(citizen, at)).claims.statement.colour is colour


def test_a_code_lives_as_long_as_its_kind(citizen: Account, at: datetime) -> None:
    issued = issue_code(status=status(person_of(citizen), at), at=at)
    life = read_token(issued.token).claims.statement.life
    assert (issued.issued_at, issued.expires_at) == (at, at + timedelta(seconds=life.life))


def test_a_code_is_expired_afterwards(citizen: Account, at: datetime) -> None:
    shown = code_of(citizen, at)
    life = read_token(shown).claims.statement.life
    over = at + timedelta(seconds=life.life + life.skew_online)
    assert verify_code(text=shown, at=over - SECOND).verified.result is Reason.OK
    assert verify_code(text=shown, at=over).verified.result is Reason.EXPIRED


def test_two_codes_of_one_second_look_unrelated(citizen: Account, at: datetime) -> None:
    first, second = (read_token(code_of(citizen, at)).claims.cti for _time in range(2))
    assert first != second
    assert {open_reference(reference_key(), cti).person_ref for cti in (first, second)} == {person_of(citizen).pk}


@pytest.mark.parametrize(
    ("stay", "residence", "region"),
    [
        ("330106001", "330203", 330100),
        ("", "330203", 330200),
        ("", "", 330100),
        ("330000", "", 330100),
        ("海外", "", 330100),
    ],
)
def test_a_code_tells_no_more_than_the_prefecture(
    citizen: Account, at: datetime, stay: str, residence: str, region: int
) -> None:
    Person.objects.update(stay_code=stay, residence_code=residence)
    assert read_token(code_of(citizen, at)).claims.statement.region == region


@pytest.mark.parametrize("text", ["", "https://example.org/", "健康码", "HC1:" + "A" * 3000])
def test_another_text_is_unreadable_and_raises_nothing(province: None, at: datetime, text: str) -> None:
    checked = verify_code(text=text, at=at)
    assert (checked.verified.result, checked.status) == (Reason.UNREADABLE, None)


def test_a_tampered_code_is_not_genuine(citizen: Account, at: datetime) -> None:
    shown = code_of(citizen, at)
    results = {
        verify_code(
            text=shown[:place] + ("A" if shown[place] != "A" else "B") + shown[place + 1 :], at=at
        ).verified.result
        for place in range(len(shown) - 20, len(shown), 3)
    }
    assert Reason.OK not in results
    assert Reason.NOT_GENUINE in results


def test_a_reference_of_nobody_is_not_genuine(citizen: Account, at: datetime) -> None:
    checked = verify_code(text=sealed_for(10**9, at), at=at)
    assert (checked.verified.result, checked.status) == (Reason.NOT_GENUINE, None)


def test_a_reference_of_another_second_is_not_genuine(citizen: Account, at: datetime) -> None:
    text = sealed_for(person_of(citizen).pk, at, iat_off=-1)
    assert verify_code(text=text, at=at).verified.result is Reason.NOT_GENUINE


def test_a_reference_sealed_elsewhere_is_not_genuine(citizen: Account, at: datetime) -> None:
    text = sealed_for(person_of(citizen).pk, at, key=ReferenceKey(b"x" * 32))
    assert verify_code(text=text, at=at).verified.result is Reason.NOT_GENUINE


def test_a_paper_code_cannot_be_checked_without_a_list(citizen: Account, at: datetime) -> None:
    statement = Statement(Kind.PAPER, TokenColour.NONE, 330100, status_index=3)
    reference = Reference(person_of(citizen).pk, int(at.timestamp()), Kind.PAPER, 7)
    text = encode_token(
        key=signing_key(Kind.PAPER, at),
        statement=statement,
        cti=seal_reference(reference_key(), reference),
        issued_at=at,
    )
    assert verify_code(text=text, at=at).verified.result is Reason.CANNOT_CHECK


def test_showing_and_verifying_write_nothing(citizen: Account, at: datetime) -> None:
    before = (AuditEntry.objects.count(), DecisionRecord.objects.count())
    verify_code(text=code_of(citizen, at), at=at)
    assert (AuditEntry.objects.count(), DecisionRecord.objects.count()) == before


def test_showing_is_one_read_and_verifying_one(citizen: Account, at: datetime) -> None:
    signing_key(Kind.OWN_PHONE, at)
    with CaptureQueriesContext(connection) as showing:
        decision = current_decision_for_account(citizen)
        assert decision is not None
        shown = issue_code(status=status_of(decision, at), at=at).token
    with CaptureQueriesContext(connection) as verifying:
        verify_code(text=shown, at=at)
    assert (len(showing), len(verifying)) == (1, 1)


# --- keys -------------------------------------------------------------------------------------------------


def test_each_scope_has_one_signing_key_and_the_next(province: None, at: datetime) -> None:
    assert CodeKey.objects.filter(state="signing").count() == len(SCOPES)
    assert CodeKey.objects.filter(state="staged").count() == len(SCOPES)
    assert rotate_code_keys(by=None, at=at) == []
    assert AuditEntry.objects.filter(action="make_code_key").count() == 2 * len(SCOPES)


def test_every_kind_has_a_key_that_signs_it(province: None, at: datetime) -> None:
    assert all(kind in signing_key(kind, at).record.scope for kind in Kind)


@pytest.mark.parametrize("days", [90, 150, 205])
def test_a_key_near_its_end_is_followed_by_another(citizen: Account, at: datetime, days: int) -> None:
    shown, later = code_of(citizen, at), datetime(2020, 7, 1, tzinfo=CHINA) + timedelta(days=days)
    made = rotate_code_keys(by=None, at=later)
    forget_keys()
    assert len(made) == 2 * len(SCOPES)
    assert CodeKey.objects.filter(state="verifying").count() == len(SCOPES)
    assert verify_code(text=shown, at=at).verified.result is Reason.OK
    assert signing_key(Kind.OWN_PHONE, later).record.kid in {bytes(key.kid) for key in made}


def test_codes_go_on_through_the_change_of_keys(citizen: Account, at: datetime) -> None:
    later = at + timedelta(days=100)
    rotate_code_keys(by=None, at=later - timedelta(seconds=1))
    forget_keys()
    assert verify_code(text=code_of(citizen, later), at=later).verified.result is Reason.OK


def test_without_a_key_nothing_is_signed(citizen: Account, at: datetime) -> None:
    CodeKey.objects.all().delete()
    forget_keys()
    with pytest.raises(NoSigningKey) as refusal:
        code_of(citizen, at)
    assert refusal.value.code == "no_signing_key"


def test_without_keys_nothing_can_be_checked(citizen: Account, at: datetime) -> None:
    shown = code_of(citizen, at)
    CodeKey.objects.all().delete()
    forget_keys()
    assert verify_code(text=shown, at=at).verified.result is Reason.CANNOT_CHECK


def test_a_key_of_another_time_signs_nothing(province: None, at: datetime) -> None:
    with pytest.raises(NoSigningKey):
        signing_key(Kind.OWN_PHONE, at - YEAR)


def test_keys_are_read_once_in_a_while(province: None, at: datetime) -> None:
    verifying_keys(at)
    with CaptureQueriesContext(connection) as queries:
        verifying_keys(at + SECOND)
    assert len(queries) == 0


def test_a_private_key_is_sealed(province: None) -> None:
    key = CodeKey.objects.filter(state="signing").order_by("pk")[0]
    private = signing_half(key).private_key
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    number = private.private_numbers().private_value
    stored = bytes(key.private_sealed)
    assert number.to_bytes(32, "big") not in stored
    assert number.to_bytes(32, "big").hex().encode() not in stored
