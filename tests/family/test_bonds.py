"""Binding, narrowing, objecting, settling and ending, through the services."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import IntegrityError

from family.domain.bonds import BondAct, BondEnd, BondState, Proof, Right, comes_of_age_at
from family.models import Bond, BondEvent
from family.services.bonds import (
    Witnessed,
    bind_in_person,
    end_bonds,
    narrow_rights,
    object_to_bond,
    revoke_bond,
    settle_dispute,
)
from family.services.guardians import bind_child
from healthcode.access import NotPermitted
from healthcode.models import Account, AuditEntry, Outbox, Person, Source
from healthcode.services.errors import Refused
from tests.family.kit import bind_mother, bind_son, child
from tests.people import JOINED, SON, current, person_of, stranger

LATER = JOINED + timedelta(days=3)


def test_a_guardian_gets_every_right_until_the_eighteenth_birthday(citizen: Account) -> None:
    bond = bind_son(citizen)
    assert bond.valid_until == comes_of_age_at(SON.born)
    assert set(bond.rights) == set(Right)
    assert current(bond.dependant).colour == "green"


def test_both_guardians_may_bind_one_child(citizen: Account, outsider: Account) -> None:
    assert bind_son(citizen).dependant_id == bind_son(outsider).dependant_id


def test_an_adult_is_not_bound_by_a_guardian(citizen: Account) -> None:
    with pytest.raises(Refused, match="not_a_minor"):
        bind_child(by=citizen, guardian=person_of(citizen), child=child(stranger(1)), at=JOINED)


def test_who_is_no_guardian_gets_nothing_and_leaves_nothing(citizen: Account) -> None:
    before = Person.objects.count()
    with pytest.raises(Refused, match="identity_mismatch"):
        bind_child(by=citizen, guardian=person_of(citizen), child=child()._replace(name="查无此人"), at=JOINED)
    assert (Person.objects.count(), Bond.objects.count()) == (before, 0)


def test_a_pair_is_bound_once(citizen: Account) -> None:
    bind_son(citizen)
    with pytest.raises(Refused, match="already_bound"):
        bind_son(citizen)


def test_a_carer_has_so_many_dependants_and_no_more(citizen: Account, settings: LazySettings) -> None:
    settings.HC_FAMILY_CAP = 1
    bind_son(citizen)
    other = SON._replace(name="王小欢", sequence=13)
    with pytest.raises(Refused, match="too_many_dependants"):
        bind_child(by=citizen, guardian=person_of(citizen), child=child(other), at=JOINED)


def test_either_side_ends_an_adults_bond(citizen: Account, mother: Account) -> None:
    first = revoke_bond(by=mother, bond=bind_mother(citizen), at=LATER)
    assert (first.end, first.state_at(LATER)) == (BondEnd.BY_DEPENDANT, BondState.ENDED)
    second = revoke_bond(by=citizen, bond=bind_mother(citizen, at=LATER), at=LATER)
    assert second.end == BondEnd.BY_CARER


def test_a_stranger_ends_nothing(citizen: Account, mother: Account, outsider: Account, officer: Account) -> None:
    bond = bind_mother(citizen)
    for who in (outsider, officer):
        with pytest.raises(NotPermitted):
            revoke_bond(by=who, bond=bond, at=LATER)
    assert Bond.objects.get().ended_at is None


def test_rights_are_only_ever_taken_away(citizen: Account, mother: Account) -> None:
    bond = bind_mother(citizen, {Right.SHOW, Right.PRINT})
    assert narrow_rights(by=mother, bond=bond, rights={Right.SHOW}, at=LATER).rights == ["show"]
    with pytest.raises(Refused, match="rights_not_given"):
        narrow_rights(by=citizen, bond=bond, rights={Right.PRINT}, at=LATER)


def test_an_objection_freezes_until_an_officer_of_the_division_settles_it(
    citizen: Account, mother: Account, officer: Account, other_officer: Account
) -> None:
    bond = object_to_bond(by=mother, bond=bind_mother(citizen), reason="我没有同意", at=LATER)
    assert not bond.has_right(Right.SHOW, LATER)
    with pytest.raises(NotPermitted):
        settle_dispute(by=other_officer, bond=bond, keep=True, reason="已核实", at=LATER)
    kept = settle_dispute(by=officer, bond=bond, keep=True, reason="已核实", at=LATER)
    assert kept.has_right(Right.SHOW, LATER)
    over = settle_dispute(by=officer, bond=bond, keep=False, reason="冒用", at=LATER)
    assert over.end == BondEnd.BY_OFFICER


def test_the_other_guardian_may_object_and_a_stranger_not(citizen: Account, mother: Account, outsider: Account) -> None:
    bond = bind_son(citizen)
    bind_son(mother)
    with pytest.raises(NotPermitted):
        object_to_bond(by=outsider, bond=bond, reason="不认识", at=LATER)
    assert object_to_bond(by=mother, bond=bond, reason="争议", at=LATER).state_at(LATER) is BondState.FROZEN


def test_what_needs_a_reason_is_refused_without(citizen: Account, mother: Account, officer: Account) -> None:
    bond = bind_mother(citizen)
    with pytest.raises(Refused, match="reason_required"):
        object_to_bond(by=mother, bond=bond, reason=" ", at=LATER)
    with pytest.raises(Refused, match="reason_required"):
        settle_dispute(by=officer, bond=bond, keep=False, reason="", at=LATER)


def test_at_eighteen_the_bond_is_over_at_once_and_written_down_once(citizen: Account) -> None:
    bond = bind_son(citizen)
    turn = bond.valid_until
    assert bond.state_at(turn) is BondState.ENDED
    assert (end_bonds(at=turn), end_bonds(at=turn)) == (1, 0)
    bond.refresh_from_db()
    assert (bond.end, bond.ended_at) == (BondEnd.CAME_OF_AGE, turn)


def test_a_pair_whose_bond_has_lapsed_is_bound_anew_before_the_sweep(citizen: Account, mother: Account) -> None:
    first = bind_mother(citizen)
    second = bind_mother(citizen, at=first.valid_until)
    first.refresh_from_db()
    assert (first.end, second.ended_at) == (BondEnd.EXPIRED, None)


def test_every_act_is_told_to_both_and_written_down(citizen: Account, mother: Account) -> None:
    bond = bind_mother(citizen)
    revoke_bond(by=mother, bond=bond, at=LATER)
    assert [event.act for event in BondEvent.objects.order_by("pk")] == [BondAct.BIND, BondAct.REVOKE]
    assert Outbox.objects.filter(topic="news", person=bond.carer).count() == 2
    assert Outbox.objects.filter(topic="news", person=bond.dependant).count() == 2
    entry = AuditEntry.objects.get(action="revoke_bond")
    assert (entry.person_id, entry.detail["bond"]) == (bond.dependant_id, str(bond.public_id))


@pytest.mark.parametrize(
    "wrong",
    [{"rights": []}, {"rights": ["vote"]}, {"end": "expired"}, {"proof": "officer"}, {"relation": "friend"}],
)
def test_the_database_refuses_what_no_service_writes(
    citizen: Account, sources: dict[str, Source], wrong: dict[str, Any]
) -> None:
    bond = bind_son(citizen)
    with pytest.raises(IntegrityError):
        Bond.objects.filter(pk=bond.pk).update(**wrong)


@pytest.mark.parametrize("proof", [Proof.SERVICE_POINT, Proof.OFFICER])
def test_documents_are_seen_by_staff_of_the_division(
    citizen: Account, mother: Account, officer: Account, other_officer: Account, proof: Proof
) -> None:
    seen = Witnessed(frozenset({Right.SHOW}), proof, "双方证件已核验")
    both = {"carer": person_of(citizen), "dependant": person_of(mother)}
    with pytest.raises(NotPermitted):
        bind_in_person(by=other_officer, **both, seen=seen, at=JOINED)
    with pytest.raises(Refused, match="reason_required"):
        bind_in_person(by=officer, **both, seen=seen._replace(reason=" "), at=JOINED)
    assert bind_in_person(by=officer, **both, seen=seen, at=JOINED).proof == proof


def test_a_citizen_witnesses_nothing(citizen: Account, mother: Account, outsider: Account) -> None:
    seen = Witnessed(frozenset(Right), Proof.OFFICER, "我说的")
    with pytest.raises(NotPermitted):
        bind_in_person(by=citizen, carer=person_of(citizen), dependant=person_of(mother), seen=seen, at=JOINED)
