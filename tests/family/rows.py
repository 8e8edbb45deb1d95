"""One valid row of each model of the family app, and each of their constraints with what breaks it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count
from typing import Any

from django.db.models import Model

from family.models import Bond, BondEvent, Companion, CompanionGroup, ConsentRequest, LookUp, LookUpComplaint
from healthcode.models import Account, Person
from tests.healthcode.row_kit import HOUR, NOON, Row
from tests.healthcode.row_kit import make as make_other

_numbers = count(1)
DAY = timedelta(days=1)


def _bond() -> Row:
    who = {"carer": make_other(Person), "dependant": make_other(Person), "made_by": make_other(Account)}
    return {
        **who,
        "relation": "consent",
        "proof": "phone",
        "rights": ["show"],
        "made_at": NOON,
        "valid_until": NOON + DAY,
    }


def _event() -> Row:
    return {"bond": make(Bond), "act": "bind", "at": NOON}


def _request() -> Row:
    sealed = {"number_index": b"i" * 32, "code_sealed": b"c"}
    span = {"asked_at": NOON, "valid_until": NOON + HOUR}
    return {"carer": make_other(Person), "dependant": make_other(Person), "rights": ["show"], **sealed, **span}


def _group() -> Row:
    return {
        "leader": make_other(Person),
        "join_code": f"{next(_numbers):08d}",
        "made_at": NOON,
        "valid_until": NOON + DAY,
    }


def _companion() -> Row:
    return {"group": make(CompanionGroup), "person": make_other(Person), "joined_by": "bond", "joined_at": NOON}


def _lookup() -> Row:
    said = {"place": "市场", "purpose": "entry", "basis": "presence", "outcome": "shown", "at": NOON}
    return {"person": make_other(Person), "by": make_other(Account), **said}


def _complaint() -> Row:
    return {"lookup": make(LookUp), "text": "不是我", "made_at": NOON}


ROWS: Mapping[type[Model], Callable[[], Row]] = {
    Bond: _bond,
    BondEvent: _event,
    ConsentRequest: _request,
    CompanionGroup: _group,
    Companion: _companion,
    LookUp: _lookup,
    LookUpComplaint: _complaint,
}


def make(model: type[Model], **changes: Any) -> Any:
    """Insert a valid row of ``model`` with these changes and return it."""
    return model._default_manager.create(**ROWS[model]() | changes)


def _same_pair() -> Row:
    first = make(Bond)
    return {"carer": first.carer, "dependant": first.dependant}


def _with_oneself() -> Row:
    person = make_other(Person)
    return {"carer": person, "dependant": person}


def _same_leader() -> Row:
    return {"leader": make(CompanionGroup).leader}


def _same_code() -> Row:
    return {"join_code": make(CompanionGroup).join_code}


def _same_companion() -> Row:
    first = make(Companion)
    return {"group": first.group, "person": first.person}


BROKEN: list[tuple[type[Model], Row | Callable[[], Row], str]] = [
    (Bond, {"relation": "某"}, "family_bond_relation_word"),
    (Bond, {"proof": "某"}, "family_bond_proof_word"),
    (Bond, {"end": "某", "ended_at": NOON}, "family_bond_end_word"),
    (Bond, _same_pair, "bond_one_live_a_pair"),
    (Bond, _with_oneself, "bond_not_with_oneself"),
    (Bond, {"valid_until": NOON}, "bond_from_until"),
    (Bond, {"rights": []}, "bond_rights_words"),
    (Bond, {"rights": ["show", "某"]}, "bond_rights_words"),
    (Bond, {"ended_at": NOON}, "bond_end_and_instant"),
    (Bond, {"end": "expired"}, "bond_end_and_instant"),
    (Bond, {"proof": "officer"}, "bond_by_staff_has_reason"),
    (BondEvent, {"act": "某"}, "family_bondevent_act_word"),
    (BondEvent, {"act": "object"}, "bond_event_reason"),
    (ConsentRequest, {"valid_until": NOON}, "consent_from_until"),
    (ConsentRequest, {"rights": []}, "consent_rights_words"),
    (ConsentRequest, {"answered_at": NOON}, "consent_answer_and_instant"),
    (ConsentRequest, {"answered_at": NOON, "answer": "agreed", "dependant": None}, "consent_answer_and_instant"),
    (CompanionGroup, {"valid_until": NOON}, "group_from_until"),
    (CompanionGroup, _same_leader, "group_one_a_leader_and_day"),
    (CompanionGroup, _same_code, "group_join_code_of_day"),
    (Companion, {"joined_by": "某"}, "family_companion_joined_by_word"),
    (Companion, _same_companion, "companion_once_in_a_group"),
    (Companion, {"left_at": NOON - HOUR}, "companion_joined_left"),
    (LookUp, {"purpose": "某"}, "family_lookup_purpose_word"),
    (LookUp, {"basis": "某"}, "family_lookup_basis_word"),
    (LookUp, {"outcome": "某"}, "family_lookup_outcome_word"),
    (LookUp, {"place": ""}, "lookup_place_given"),
    (LookUp, {"outcome": "not_shown"}, "lookup_shown_has_person"),
    (LookUp, {"person": None}, "lookup_shown_has_person"),
    (LookUpComplaint, {"text": ""}, "complaint_text_given"),
    (LookUpComplaint, {"answer": "好"}, "complaint_answer_is_whole"),
]
# A column of each append-only model that somebody might like to change.
KEPT: dict[type[Model], tuple[str, Any]] = {BondEvent: ("reason", "改"), LookUp: ("place", "改")}
