"""What may happen once in a family, tried twice at once on two real connections."""

from functools import partial

import pytest
from django.conf import LazySettings

from family.models import Bond, BondEvent
from family.services.bonds import end_bonds, revoke_bond
from family.services.consents import answer_asking, ask_consent, give_code, send_consent_codes
from family.services.guardians import bind_child
from healthcode.models import Account
from healthcode.services.errors import Refused
from tests.family.kit import ALL, asked, bind_son, child
from tests.healthcode.at_once import at_once, behind_a_lock
from tests.people import JOINED, MOTHER, SON, person_of

pytestmark = pytest.mark.django_db(transaction=True)


def refused(outcomes: list[object]) -> list[str]:
    return [outcome.code for outcome in outcomes if isinstance(outcome, Refused)]


def test_two_children_at_once_do_not_pass_the_cap(citizen: Account, settings: LazySettings) -> None:
    settings.HC_FAMILY_CAP = 1
    guardian = person_of(citizen)
    children = [child(SON), child(SON._replace(name="王小欢", sequence=13))]
    calls = [partial(bind_child, by=citizen, guardian=guardian, child=one, at=JOINED) for one in children]
    assert refused(behind_a_lock([guardian], *calls)) == ["too_many_dependants"]
    assert Bond.objects.count() == 1


def test_one_child_bound_twice_at_once_is_bound_once(citizen: Account) -> None:
    guardian = person_of(citizen)
    call = partial(bind_child, by=citizen, guardian=guardian, child=child(), at=JOINED)
    assert refused(behind_a_lock([guardian], call, call)) == ["already_bound"]


def test_a_code_and_an_answer_at_once_make_one_bond(citizen: Account, mother: Account) -> None:
    carer = person_of(citizen)
    made = ask_consent(by=citizen, carer=carer, asked=asked(MOTHER), rights=ALL, at=JOINED)
    send_consent_codes(at=JOINED)
    told = partial(give_code, by=citizen, carer=carer, request_id=made.public_id, code=made.code, at=JOINED)
    answered = partial(answer_asking, by=mother, request_id=made.public_id, agree=True, at=JOINED)
    outcomes = at_once(told, answered)
    assert refused(outcomes) in (["already_answered"], ["wrong_code"])
    assert Bond.objects.count() == 1


def test_guesses_made_at_once_are_counted_each(citizen: Account, mother: Account) -> None:
    carer = person_of(citizen)
    made = ask_consent(by=citizen, carer=carer, asked=asked(MOTHER), rights=ALL, at=JOINED)
    wrong = f"{(int(made.code) + 1) % 10**6:06d}"
    guess = partial(give_code, by=citizen, carer=carer, request_id=made.public_id, code=wrong, at=JOINED)
    at_once(*[guess] * 5)
    made.refresh_from_db()
    assert made.tries == 3


def test_a_code_is_sent_once_by_two_workers(citizen: Account, mother: Account) -> None:
    ask_consent(by=citizen, carer=person_of(citizen), asked=asked(MOTHER), rights=ALL, at=JOINED)
    sweep = partial(send_consent_codes, at=JOINED)
    assert sorted(at_once(sweep, sweep)) == [0, 1]


def test_bonds_end_once_with_two_workers(citizen: Account, mother: Account) -> None:
    until = max(bind_son(citizen).valid_until, bind_son(mother).valid_until)
    sweep = partial(end_bonds, at=until)
    assert sum(at_once(sweep, sweep)) == 2
    assert BondEvent.objects.filter(act="lapse").count() == 2


def test_revoking_twice_at_once_ends_once(citizen: Account) -> None:
    revoke = partial(revoke_bond, by=citizen, bond=bind_son(citizen), at=JOINED)
    assert refused(at_once(revoke, revoke)) == ["wrong_transition"]
