"""Asking an adult's consent, and that asking tells a stranger nothing."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from family.domain.bonds import Proof, Right
from family.models import Bond, ConsentRequest
from family.services.consents import (
    LIFE,
    answer_asking,
    ask_consent,
    destroy_consents,
    give_code,
    open_askings,
    send_consent_codes,
)
from healthcode.access import NotPermitted
from healthcode.models import Account, InboxMessage
from healthcode.services.errors import Refused
from tests.family.kit import ALL, asked, bind_mother
from tests.people import CITIZEN, JOINED, MOTHER, Member, code_sent_to, person_of, stranger

NOBODY = stranger(7)


def ask(carer: Account, member: Member) -> ConsentRequest:
    return ask_consent(by=carer, carer=person_of(carer), asked=asked(member), rights=ALL, at=JOINED)


def test_a_daughter_is_told_the_code_by_her_mother(citizen: Account, mother: Account) -> None:
    bond = bind_mother(citizen, {Right.SHOW, Right.DECLARE})
    assert (bond.carer, bond.dependant) == (person_of(citizen), person_of(mother))
    assert (set(bond.rights), bond.proof) == ({"show", "declare"}, Proof.PHONE)


def test_the_message_says_who_asks_and_no_health_word(citizen: Account, mother: Account) -> None:
    ask(citizen, MOTHER)
    send_consent_codes(at=JOINED)
    text = InboxMessage.objects.order_by("-pk")[0].text
    assert "王*明" in text
    assert CITIZEN.name not in text


MISNAMED = MOTHER._replace(name="李桂兰")


@pytest.mark.parametrize("member", [MOTHER, MISNAMED, NOBODY], ids=["known", "misnamed", "nobody"])
def test_asking_does_the_same_work_whoever_is_asked(citizen: Account, mother: Account, member: Member) -> None:
    with CaptureQueriesContext(connection) as queries:
        made = ask(citizen, member)
    assert (made.answer, made.sent_at, len(made.code)) == ("", None, 6)
    assert len(queries) == len(_queries_for_nobody(citizen))


def _queries_for_nobody(citizen: Account) -> CaptureQueriesContext:
    with CaptureQueriesContext(connection) as queries:
        ask(citizen, stranger(8))
    return queries


@pytest.mark.parametrize("member", [MISNAMED, NOBODY], ids=["misnamed", "nobody"])
def test_a_strangers_attempt_fails_like_a_wrong_code(citizen: Account, mother: Account, member: Member) -> None:
    made = ask(citizen, member)
    before = InboxMessage.objects.count()
    assert send_consent_codes(at=JOINED) == 0
    assert InboxMessage.objects.count() == before
    with pytest.raises(Refused, match="wrong_code"):
        give_code(by=citizen, carer=person_of(citizen), request_id=made.public_id, code=made.code, at=JOINED)


def test_three_guesses_and_the_code_is_dead(citizen: Account, mother: Account) -> None:
    made = ask(citizen, MOTHER)
    wrong = f"{(int(made.code) + 1) % 10**6:06d}"
    for code in (wrong, wrong, wrong, made.code):
        with pytest.raises(Refused, match="wrong_code"):
            give_code(by=citizen, carer=person_of(citizen), request_id=made.public_id, code=code, at=JOINED)
    assert not Bond.objects.exists()


def test_a_code_dies_at_its_end(citizen: Account, mother: Account) -> None:
    made = ask(citizen, MOTHER)
    with pytest.raises(Refused, match="wrong_code"):
        give_code(by=citizen, carer=person_of(citizen), request_id=made.public_id, code=made.code, at=JOINED + LIFE)


def test_a_code_is_good_for_who_asked_alone(citizen: Account, mother: Account, outsider: Account) -> None:
    made = ask(citizen, MOTHER)
    with pytest.raises(Refused, match="wrong_code"):
        give_code(by=outsider, carer=person_of(outsider), request_id=made.public_id, code=made.code, at=JOINED)


def test_a_code_is_used_once(citizen: Account, mother: Account) -> None:
    bind_mother(citizen)
    made = ConsentRequest.objects.get()
    with pytest.raises(Refused, match="wrong_code"):
        give_code(
            by=citizen, carer=person_of(citizen), request_id=made.public_id, code=code_sent_to(MOTHER.phone), at=JOINED
        )


def test_so_many_askings_a_day_by_one_and_about_one_document(
    citizen: Account, outsider: Account, settings: LazySettings
) -> None:
    settings.HC_ASKINGS_A_DAY = 1
    ask(citizen, NOBODY)
    with pytest.raises(Refused, match="too_many_askings"):
        ask(citizen, stranger(8))
    with pytest.raises(Refused, match="too_many_askings"):
        ask(outsider, NOBODY)


def test_the_mother_answers_in_her_own_portal(citizen: Account, mother: Account, outsider: Account) -> None:
    ask(citizen, MOTHER)
    (made,) = open_askings(person=person_of(mother), at=JOINED)
    with pytest.raises(NotPermitted):
        answer_asking(by=outsider, request_id=made.public_id, agree=True, at=JOINED)
    bond = answer_asking(by=mother, request_id=made.public_id, agree=True, at=JOINED)
    assert bond is not None
    assert bond.proof == Proof.PORTAL
    assert open_askings(person=person_of(mother), at=JOINED) == []


def test_a_refusal_kills_the_code(citizen: Account, mother: Account) -> None:
    made = ask(citizen, MOTHER)
    assert answer_asking(by=mother, request_id=made.public_id, agree=False, at=JOINED) is None
    with pytest.raises(Refused, match="wrong_code"):
        give_code(by=citizen, carer=person_of(citizen), request_id=made.public_id, code=made.code, at=JOINED)
    with pytest.raises(Refused, match="already_answered"):
        answer_asking(by=mother, request_id=made.public_id, agree=True, at=JOINED)


def test_an_unknown_asking_is_a_wrong_code(citizen: Account) -> None:
    with pytest.raises(Refused, match="wrong_code"):
        give_code(by=citizen, carer=person_of(citizen), request_id=uuid4(), code="000000", at=JOINED)


def test_askings_are_destroyed_after_a_week(citizen: Account, mother: Account) -> None:
    ask(citizen, MOTHER)
    week = timedelta(days=7)
    assert (destroy_consents(at=JOINED + week - timedelta(seconds=1)), destroy_consents(at=JOINED + week)) == (0, 1)


def test_nobody_asks_themself(citizen: Account) -> None:
    with pytest.raises(Refused, match="bond_with_oneself"):
        ask(citizen, CITIZEN)
