"""How rules come into force: by whom, in which order, and what readers see at the instant (N3.1)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import product

import pgtrigger
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction

from healthcode.access import NotPermitted, parties_on_rules
from healthcode.domain.colours import Colour
from healthcode.domain.governance import TRANSITIONS, Party, RuleAct, RuleState, WrongTransition, transition
from healthcode.domain.rulesets import shipped_data
from healthcode.models import Account, AuditEntry, DecisionRecord, Recolouring, RuleSetEvent, RuleSetVersion
from healthcode.services.conversions import convert_due
from healthcode.services.decisions import RulesNotGenuine, lock_people, ruleset_in_force, store_decisions
from healthcode.services.errors import Refused
from healthcode.services.governance import (
    approve_ruleset,
    draft_ruleset,
    enact_rules,
    propose_ruleset,
    schedule_ruleset,
    withdraw_ruleset,
)
from healthcode.services.recolouring import run_recolouring
from healthcode.services.rules import verify
from healthcode.services.simulations import simulate
from tests.healthcode.at_once import at_once
from tests.healthcode.rules_kit import CODE, HOUR, approved, drafted, fields_of, office, proposed, scheduled, signed
from tests.people import ZHEJIANG, current, fact, person_of, record, status

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

# What each party may do in each state; whatever is not here is refused.
TABLE = {
    (RuleState.DRAFT, RuleAct.REVISE): {Party.AUTHOR},
    (RuleState.DRAFT, RuleAct.PROPOSE): {Party.AUTHOR},
    (RuleState.DRAFT, RuleAct.WITHDRAW): {Party.AUTHOR},
    (RuleState.PROPOSED, RuleAct.APPROVE): {Party.OFFICE},
    (RuleState.PROPOSED, RuleAct.WITHDRAW): {Party.AUTHOR, Party.OFFICE},
    (RuleState.APPROVED, RuleAct.SCHEDULE): {Party.OFFICE},
    (RuleState.APPROVED, RuleAct.WITHDRAW): {Party.OFFICE},
    (RuleState.SCHEDULED, RuleAct.WITHDRAW): {Party.OFFICE},
    (RuleState.SCHEDULED, RuleAct.ENACT): {Party.SYSTEM},
    (RuleState.IN_FORCE, RuleAct.RETIRE): {Party.SYSTEM},
}


@pytest.mark.parametrize(("state", "act"), list(product(RuleState, RuleAct)))
def test_every_act_in_every_state(state: RuleState, act: RuleAct) -> None:
    if (state, act) in TABLE:
        assert transition(state, act).parties == TABLE[state, act]
    else:
        with pytest.raises(WrongTransition):
            transition(state, act)


def test_every_state_but_the_last_ones_leads_on() -> None:
    assert {state for state, _act in TRANSITIONS} == set(RuleState) - {RuleState.RETIRED, RuleState.WITHDRAWN}


STATES: dict[str, Callable[[Account, datetime], RuleSetVersion]] = {
    "draft": drafted,
    "proposed": proposed,
    "approved": approved,
    "scheduled": lambda by, at: scheduled(by, at, at + DAY),
}
ACTS: dict[str, Callable[[Account, RuleSetVersion, datetime], RuleSetVersion]] = {
    "propose": lambda by, v, at: propose_ruleset(by=by, code=v.code, reason="因", at=at),
    "approve": lambda by, v, at: approve_ruleset(by=by, code=v.code, seen=v.fingerprint, at=at),
    "schedule": lambda by, v, at: schedule_ruleset(by=by, code=v.code, valid_from=at + 2 * DAY, at=at),
    "withdraw": lambda by, v, at: withdraw_ruleset(by=by, code=v.code, reason="因", at=at),
    "revise": lambda by, v, at: draft_ruleset(by=by, fields=fields_of(contact=10), at=at, revises=v.code),
}


@pytest.mark.parametrize("who", ["author", "other county", "office", "auditor"])
@pytest.mark.parametrize(("state", "act"), list(product(STATES, ACTS)))
def test_who_may_do_what(
    state: str, act: str, who: str, officer: Account, other_officer: Account, auditor: Account, at: datetime
) -> None:
    version = STATES[state](officer, at)
    actors = {"author": officer, "other county": other_officer, "office": office(3), "auditor": auditor}
    allowed = TABLE.get((RuleState(state), RuleAct(act)), set())
    if parties_on_rules(actors[who], version) & allowed:
        ACTS[act](actors[who], version, at)
        assert RuleSetEvent.objects.latest("pk").actor == actors[who]
    else:
        before = list(RuleSetVersion.objects.order_by("pk").values())
        with pytest.raises((NotPermitted, Refused)):
            ACTS[act](actors[who], version, at)
        assert list(RuleSetVersion.objects.order_by("pk").values()) == before


def test_a_permission_without_the_office_approves_nothing(officer: Account, at: datetime) -> None:
    version = proposed(officer, at)
    vendor = Account.objects.create_superuser("vendor", "a-word-for-tests-only", division=ZHEJIANG)
    with pytest.raises(NotPermitted):
        approve_ruleset(by=vendor, code=version.code, seen=version.fingerprint, at=at)


def test_one_person_cannot_approve_twice(officer: Account, at: datetime) -> None:
    version = proposed(officer, at)
    approve = partial(approve_ruleset, by=office(1), code=version.code, seen=version.fingerprint, at=at)
    assert approve().state == RuleState.PROPOSED
    with pytest.raises(Refused, match="approved_by_you"):
        approve()


def test_the_office_does_not_approve_its_own_proposal(province: None, at: datetime) -> None:
    version = proposed(office(1), at)
    with pytest.raises(Refused, match="own_proposal"):
        approve_ruleset(by=office(1), code=version.code, seen=version.fingerprint, at=at)


@pytest.mark.django_db(transaction=True)
def test_one_person_approving_at_once_is_one_approval(officer: Account, at: datetime) -> None:
    version, first = proposed(officer, at), office(1)
    approve = partial(approve_ruleset, by=first, code=version.code, seen=version.fingerprint, at=at)
    outcomes = at_once(approve, approve)
    assert sorted(isinstance(outcome, Refused) for outcome in outcomes) == [False, True]
    assert RuleSetVersion.objects.get(code=CODE).state == RuleState.PROPOSED


@pytest.mark.django_db(transaction=True)
def test_two_people_approving_at_once_approve(officer: Account, at: datetime) -> None:
    version = proposed(officer, at)
    one, two = office(1), office(2)
    at_once(
        *(partial(approve_ruleset, by=who, code=version.code, seen=version.fingerprint, at=at) for who in (one, two))
    )
    made = RuleSetVersion.objects.get(code=CODE)
    assert made.state == RuleState.APPROVED
    assert {made.first_approval_by, made.second_approval_by} == {one, two}


def test_what_was_not_simulated_is_not_approved(officer: Account, at: datetime) -> None:
    version = propose_ruleset(by=officer, code=drafted(officer, at).code, reason="因", at=at)
    with pytest.raises(Refused, match="not_simulated"):
        approve_ruleset(by=office(1), code=version.code, seen=version.fingerprint, at=at)


def test_a_simulation_of_another_text_does_not_count(officer: Account, at: datetime) -> None:
    simulate(by=officer, version=drafted(officer, at), at=at)
    draft_ruleset(by=officer, fields=fields_of(contact=28), at=at, revises=CODE)
    version = propose_ruleset(by=officer, code=CODE, reason="因", at=at)
    with pytest.raises(Refused, match="not_simulated"):
        approve_ruleset(by=office(1), code=CODE, seen=version.fingerprint, at=at)


def test_a_version_words_every_clause(officer: Account, at: datetime) -> None:
    fields = fields_of(contact=21)
    with pytest.raises(Refused, match="invalid_texts"):
        draft_ruleset(by=officer, fields=fields._replace(texts={"N1.1": {"zh": "一", "en": "a"}}), at=at)


def test_a_simulation_beside_retired_rules_does_not_count(officer: Account, at: datetime) -> None:
    version = proposed(officer, at)
    signed(RuleSetVersion.objects.get(code="zj-2020-109"), valid_until=at + HOUR)
    data = {**shipped_data("zj-2020-109"), "id": "between"}
    made = RuleSetVersion(code="between", data=data, state="in_force", recorded_at=at)
    signed(made, valid_from=at + HOUR)
    approve = partial(approve_ruleset, by=office(1), code=CODE, seen=version.fingerprint, at=at + DAY)
    with pytest.raises(Refused, match="not_simulated"):
        approve()
    simulate(by=None, version=version, at=at + DAY)
    assert approve().first_approval_by == office(1)


def test_another_text_than_the_one_read_is_not_approved(officer: Account, at: datetime) -> None:
    proposed(officer, at)
    with pytest.raises(Refused, match="text_differs"):
        approve_ruleset(by=office(1), code=CODE, seen="0" * 64, at=at)


def test_the_database_keeps_a_proposal_as_it_is(officer: Account, at: datetime) -> None:
    proposed(officer, at)
    rows = RuleSetVersion.objects.filter(code=CODE)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        rows.update(data={})
    with pytest.raises(IntegrityError, match="ruleset_first_approval"), transaction.atomic():
        rows.update(first_approval_by=officer, first_approval_at=at)
    with pytest.raises(IntegrityError, match="ruleset_needs_two_approvals"), transaction.atomic():
        rows.update(state=RuleState.APPROVED)


def test_a_draft_that_changes_nothing_is_refused(officer: Account, at: datetime) -> None:
    with pytest.raises(Refused, match="rules_unchanged"):
        draft_ruleset(by=officer, fields=fields_of(), at=at)


@pytest.mark.parametrize(
    "texts", [{"N9.9": {"zh": "一", "en": "a"}}, {"N1.1": {"zh": "一", "en": " "}}, {"N1.1": {"zh": "一"}}]
)
def test_a_clause_needs_both_languages(officer: Account, at: datetime, texts: object) -> None:
    with pytest.raises(Refused, match="invalid_texts"):
        draft_ruleset(by=officer, fields=fields_of(texts=texts, contact=21), at=at)


def test_an_instant_that_has_passed_is_refused(officer: Account, at: datetime) -> None:
    version = approved(officer, at)
    with pytest.raises(Refused, match="valid_from_passed"):
        schedule_ruleset(by=office(1), code=version.code, valid_from=at, at=at)


# --- the instant ------------------------------------------------------------------------------------------------

BEGINS = timedelta(days=2)


@pytest.fixture
def contact(citizen: Account, at: datetime) -> Account:
    """The citizen with a contact that is 14 days old in two days and a half."""
    record(person_of(citizen), fact("close_contact", "06-27T00:00"), at=at)
    return citizen


def test_a_status_changes_at_the_instant_without_any_sweep(contact: Account, officer: Account, at: datetime) -> None:
    begins = at + BEGINS + 12 * HOUR
    ended = begins + HOUR
    person = person_of(contact)
    assert status(person, ended).colour is Colour.GREEN
    scheduled(officer, at, begins)
    assert status(person, begins - SECOND).ruleset == "zj-2020-109"
    assert status(person, begins - SECOND).colour is Colour.RED
    after = status(person, ended)
    assert (after.ruleset, after.colour) == (CODE, Colour.RED)
    assert ruleset_in_force(begins - SECOND).code == "zj-2020-109"
    assert ruleset_in_force(begins).code == CODE


def test_a_decision_made_while_rules_wait_is_not_believed_after(
    contact: Account, officer: Account, at: datetime
) -> None:
    begins = at + BEGINS
    scheduled(officer, at, begins)
    order = fact("isolation_order", "07-08T11:00", until="07-09T12:00", mode="home", document="文")
    record(person_of(contact), order, at=at + HOUR / 2)
    assert current(person_of(contact)).recolouring == Recolouring.objects.get().pk
    assert status(person_of(contact), at + 3 * DAY).colour is Colour.RED


def test_no_forecast_goes_beyond_the_rules(contact: Account, officer: Account, at: datetime) -> None:
    assert status(person_of(contact), at).becomes is Colour.GREEN
    scheduled(officer, at, at + BEGINS)
    assert (status(person_of(contact), at).colour, status(person_of(contact), at).becomes) == (Colour.RED, None)


def test_nothing_is_converted_that_other_rules_decide(contact: Account, officer: Account, at: datetime) -> None:
    scheduled(officer, at, at + BEGINS)
    assert convert_due(at=at + 3 * DAY) == 0
    assert run_recolouring(at=at + HOUR) is None
    enact_rules(at=at + 3 * DAY)
    run_recolouring(at=at + 3 * DAY)
    decision = current(person_of(contact))
    assert (decision.colour, decision.ruleset.code, decision.cause) == (Colour.RED, CODE, "ruleset")


def test_what_turns_before_the_instant_is_converted(contact: Account, officer: Account, at: datetime) -> None:
    scheduled(officer, at, at + 5 * DAY)
    assert convert_due(at=at + 3 * DAY) == 1
    assert current(person_of(contact)).colour == Colour.GREEN
    assert status(person_of(contact), at + 6 * DAY).colour is Colour.RED


def test_enacting_is_once_and_retires_the_one_before(officer: Account, at: datetime) -> None:
    scheduled(officer, at, at + DAY)
    assert enact_rules(at=at + DAY - SECOND) is None
    made = enact_rules(at=at + DAY)
    assert made is not None
    assert enact_rules(at=at + DAY) is None
    states = dict(RuleSetVersion.objects.values_list("code", "state"))
    assert states == {"zj-2020-109": RuleState.RETIRED, CODE: RuleState.IN_FORCE}
    assert AuditEntry.objects.filter(action__in=["enact_rules", "retire_rules"]).count() == 2


def test_nobody_is_decided_under_retired_rules(contact: Account, officer: Account, at: datetime) -> None:
    scheduled(officer, at, at + BEGINS)
    enact_rules(at=at + BEGINS)
    record(person_of(contact), fact("arrival", "07-08T11:00"), at=at + BEGINS - SECOND)
    decision = current(person_of(contact))
    assert (decision.ruleset.code, decision.at) == (CODE, at + BEGINS)


def test_a_withdrawn_schedule_leaves_no_trace_in_any_status(contact: Account, officer: Account, at: datetime) -> None:
    scheduled(officer, at, at + BEGINS)
    withdraw_ruleset(by=office(2), code=CODE, reason="数据有误", at=at + HOUR)
    assert status(person_of(contact), at + 3 * DAY).colour is Colour.GREEN
    assert ruleset_in_force(at + 9 * DAY).code == "zj-2020-109"
    assert not Recolouring.objects.filter(finished_at__isnull=True).exists()


def test_what_is_in_force_is_not_withdrawn_even_before_the_sweep(officer: Account, at: datetime) -> None:
    scheduled(officer, at, at + DAY)
    with pytest.raises(Refused, match="wrong_transition"):
        withdraw_ruleset(by=office(2), code=CODE, reason="因", at=at + DAY)


# --- what is signed ---------------------------------------------------------------------------------------------


def test_what_is_scheduled_is_signed(officer: Account, at: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    version = scheduled(officer, at, at + DAY)
    assert verify(version).holds
    call_command("verify_ruleset")
    assert capsys.readouterr().out.count("text unchanged, signature holds") == 2
    version.valid_from = at + 2 * DAY
    assert not verify(version).signature_holds
    version.data["days"]["contact"] = 1
    assert not verify(version).data_hold


CHANGED_BY_HAND: dict[str, Callable[[RuleSetVersion], object]] = {
    "data": lambda version: version.data["days"].update(contact=1),
    "text": lambda version: version.data["texts"]["N1.1"].update(zh="另一句"),
    "instant": lambda version: setattr(version, "valid_from", version.recorded_at - 300 * DAY),
    "signature": lambda version: setattr(version, "signature", "A" * 86),
    "no base64": lambda version: setattr(version, "signature", "é"),
    "no key": lambda version: setattr(version, "signed_with", None),
}


@pytest.mark.parametrize("change", CHANGED_BY_HAND.values(), ids=CHANGED_BY_HAND.keys())
def test_nothing_is_decided_by_rules_that_are_not_what_was_signed(
    change: Callable[[RuleSetVersion], object], citizen: Account, at: datetime
) -> None:
    version = RuleSetVersion.objects.get()
    change(version)
    with pgtrigger.ignore("healthcode.RuleSetVersion:ruleset_text_stays"):
        version.save()
    with pytest.raises(RulesNotGenuine) as refusal:
        record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    assert refusal.value.code == "rules_not_genuine"


def test_a_version_that_never_bound_is_not_verified(officer: Account, at: datetime) -> None:
    with pytest.raises(CommandError):
        call_command("verify_ruleset", drafted(officer, at).code)


def test_a_decision_says_the_new_rules_after_storing(contact: Account, officer: Account, at: datetime) -> None:
    scheduled(officer, at, at + BEGINS)
    with transaction.atomic():
        person = person_of(contact)
        people = lock_people([person.pk])
        cause = DecisionRecord.objects.current().get(person=person).cause
        made = store_decisions(by=None, people=people, cause=cause, at=at + BEGINS)
    assert [decision.ruleset.code for decision in made] == [CODE]
