"""Storing decisions and reading them: one current a person, and a read that never lies."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from healthcode.domain.cases import read_case
from healthcode.domain.colours import Colour
from healthcode.domain.decide import decide
from healthcode.domain.evidence import Designation, Evidence, Kind
from healthcode.domain.instants import CHINA
from healthcode.domain.orders import Measure
from healthcode.models import (
    Account,
    AreaDesignation,
    AuditEntry,
    Cause,
    DecisionRecord,
    EvidenceRecord,
    Outbox,
    Person,
    Recolouring,
    RuleSetVersion,
    Source,
)
from healthcode.services.decisions import (
    NoRuleSet,
    areas_for,
    decide_for,
    evidence_of,
    lock_people,
    ruleset_in_force,
    status_of,
    store_decisions,
)
from healthcode.services.evidence import NewEvidence, record_batch
from healthcode.services.rules import install_baseline
from tests.healthcode.case_strategies import random_cases
from tests.healthcode.rules_kit import signed
from tests.people import current, fact, join, order, person_of, record, status, stranger, strangers

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
LIFTED = datetime(2020, 7, 19, 10, tzinfo=CHINA)  # 14 days after the contact of 5 July, 10:00
CONTACT = ("close_contact", "07-05T10:00")


def store(people: list[Person], at: datetime, cause: Cause = Cause.RULESET) -> list[DecisionRecord]:
    with transaction.atomic():
        return store_decisions(by=None, people=lock_people([person.pk for person in people]), cause=cause, at=at)


def designate(**fields: Any) -> AreaDesignation:
    known: dict[str, Any] = {"level": "high", "name": "某地", "communities": []}
    return AreaDesignation.objects.create(**known | fields)


def test_a_first_decision_is_green_for_whom_nothing_is_known(citizen: Account, at: datetime) -> None:
    decision = current(person_of(citizen))
    assert (decision.colour, decision.grounds, decision.cause) == (Colour.GREEN, [], Cause.APPLICATION)


def test_a_new_decision_supersedes_the_one_before(citizen: Account, at: datetime) -> None:
    first = current(person_of(citizen))
    record(person_of(citizen), fact(*CONTACT), at=at)
    first.refresh_from_db()
    assert first.superseded_at == at
    assert DecisionRecord.objects.current().filter(person=person_of(citizen)).count() == 1


def test_deciding_again_appends_nothing(citizen: Account, at: datetime) -> None:
    record(person_of(citizen), fact(*CONTACT), at=at)
    assert store([person_of(citizen)], at + DAY) == []


def test_deciding_again_after_a_period_has_ended_appends_nothing(citizen: Account, at: datetime) -> None:
    record(person_of(citizen), fact(*CONTACT), at=at)
    assert store([person_of(citizen)], LIFTED + DAY) == []


def test_another_rule_set_gives_another_decision(citizen: Account, at: datetime) -> None:
    data = RuleSetVersion.objects.get().data
    signed(RuleSetVersion(code="zj-2020-110", data=data, state="in_force", recorded_at=at), valid_from=at)
    assert [decision.ruleset.code for decision in store([person_of(citizen)], at)] == ["zj-2020-110"]


def test_a_decision_is_audited_with_the_colour_before(citizen: Account, at: datetime) -> None:
    record(person_of(citizen), fact(*CONTACT), at=at)
    entry = AuditEntry.objects.filter(action="decide").order_by("-pk")[0]
    assert (entry.detail["was"], entry.detail["colour"], entry.detail["cause"]) == ("green", "red", "evidence")


def test_who_has_not_applied_is_coloured_but_not_told(sources: dict[str, Source], son: Person, at: datetime) -> None:
    record(son, fact("arrival", "07-05T10:00"), at=at)
    record(son, fact(*CONTACT), at=at)
    assert current(son).colour is not Colour.GREEN
    assert not Outbox.objects.exists()


def test_a_turn_that_no_sweep_has_told_is_told_by_the_next_decision(citizen: Account, at: datetime) -> None:
    record(person_of(citizen), fact(*CONTACT), at=at)
    later = "07-21"
    order = fact("isolation_order", later, until="07-25", recorded_at="07-19T11:00", mode="home", document="文")
    record(person_of(citizen), order, at=LIFTED + timedelta(hours=1))
    assert Outbox.objects.filter(topic="colour_changed").count() == 2


def test_no_rule_set_decides_nothing(db: None, at: datetime) -> None:
    with pytest.raises(NoRuleSet) as refusal:
        ruleset_in_force(at)
    assert refusal.value.code == "no_rule_set"


def test_a_rule_set_is_in_force_from_and_until(province: None) -> None:
    version = RuleSetVersion.objects.get()
    version.valid_until = LIFTED
    version.save(update_fields=["valid_until"])
    assert version.valid_from is not None
    assert ruleset_in_force(LIFTED - MICROSECOND) == version
    assert ruleset_in_force(version.valid_from) == version
    for outside in (LIFTED, version.valid_from - MICROSECOND):
        with pytest.raises(NoRuleSet):
            ruleset_in_force(outside)


def test_installing_the_baseline_twice_is_once(province: None, at: datetime) -> None:
    assert install_baseline(by=None, at=at + DAY) == RuleSetVersion.objects.get()
    assert AuditEntry.objects.filter(action="install_ruleset").count() == 1


def test_without_stays_no_area_is_asked_for(province: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert areas_for([fact(*CONTACT)]) == []
    assert len(queries) == 0


def test_areas_of_other_counties_are_left_aside(province: None, at: datetime) -> None:
    for code in ("110106", "110108"):
        designate(code=code, county=code, valid_from=at, recorded_at=at)
    stay = fact("area_stay", "07-05T10:00", place="110106005")
    assert [area.code for area in areas_for([stay])] == ["110106"]


def test_people_are_decided_in_a_fixed_number_of_queries(sources: dict[str, Source], at: datetime) -> None:
    people = strangers(6)
    designate(code="110106", county="110106", valid_from=at - 20 * DAY, recorded_at=at)
    for person in people:
        record(person, fact("area_stay", "07-05T10:00", place="110106005"), at=at)
    counts = []
    for some in (people[:2], people[2:]):
        with CaptureQueriesContext(connection) as queries:
            decided = decide_for([person.pk for person in some], at)
        assert {decision.colour for decision in decided.values()} == {Colour.YELLOW}
        counts.append(len(queries))
    assert counts == [3, 3]


# --- reading ----------------------------------------------------------------------------------------------


def test_the_colour_shown_turns_to_the_microsecond_without_a_sweep(citizen: Account, at: datetime) -> None:
    record(person_of(citizen), fact(*CONTACT), at=at)
    before, after = status(person_of(citizen), LIFTED - MICROSECOND), status(person_of(citizen), LIFTED)
    assert (before.colour, before.changes_at, before.becomes) == (Colour.RED, LIFTED, Colour.GREEN)
    assert (after.colour, after.changes_at, after.becomes, after.grounds) == (Colour.GREEN, None, None, ())


def test_a_clock_a_little_behind_reads_the_first_part(citizen: Account, at: datetime) -> None:
    record(person_of(citizen), fact(*CONTACT), at=at)
    assert status(person_of(citizen), at - timedelta(seconds=2)).colour is Colour.RED


def test_a_decision_older_than_an_unfinished_recolouring_is_decided_afresh(citizen: Account, at: datetime) -> None:
    person = person_of(citizen)
    record(person, fact("area_stay", "07-05T10:00", place="110106005"), at=at)
    assert status(person, at).colour is Colour.GREEN
    designate(code="110106", county="110106", valid_from=at - 20 * DAY, recorded_at=at)
    Recolouring.objects.create(cause=Cause.AREAS, effective_at=at, created_at=at)
    read = status(person, at)
    assert (read.colour, read.decided_at, read.ruleset) == (Colour.YELLOW, at, "zj-2020-109")
    assert current(person).colour == Colour.GREEN


def test_a_finished_recolouring_is_believed(citizen: Account, at: datetime) -> None:
    Recolouring.objects.create(cause=Cause.AREAS, effective_at=at, created_at=at, finished_at=at)
    decision = current(person_of(citizen))
    with CaptureQueriesContext(connection) as queries:
        assert status_of(decision, at).decided_at == decision.decided_at
    assert len(queries) == 0


def test_a_decision_remembers_the_newest_recolouring(citizen: Account, at: datetime) -> None:
    newest = Recolouring.objects.create(cause=Cause.AREAS, effective_at=at, created_at=at)
    record(person_of(citizen), fact(*CONTACT), at=at)
    decision = current(person_of(citizen))
    assert (decision.recolouring, decision.is_stale(at)) == (newest.pk, False)


# --- what is stored says what would be decided -------------------------------------------------------------


def _store_case(data: dict[str, Any], source: Source) -> tuple[Person, datetime]:
    """Put a case of the strategies into the database, as far as it is known at its instant."""
    case = read_case(data)
    person = person_of(join(stranger(int(data["id"].partition("-")[2]) + 1), at=case.at))
    told = [said for said in case.evidence if said.recorded_at <= case.at]
    names = {said.id: f"{person.pk}-{said.id}" for said in told if said.kind is not Kind.CONTROL_ORDER}
    names |= _ordered(person, [said for said in told if said.kind is Kind.CONTROL_ORDER], case.at)
    rows = [_row(person, said, names) for said in told if said.kind is not Kind.CONTROL_ORDER]
    for area in case.areas:
        _store_area(area)
    record_batch(by=None, source=source, rows=[row for row in rows if row], at=case.at)
    return person, case.at


def _ordered(person: Person, orders: list[Evidence], at: datetime) -> dict[str, str]:
    """Have the control orders made that are not over, as in life; return the public id of each one's record."""
    made = {}
    for said in orders:
        if said.until is not None and said.until > at:
            asked = order(person, at=at, until=said.until, measure=Measure(str(said.detail["colour"])))
            made[said.id] = str(EvidenceRecord.objects.get(order=asked).public_id)
    return made


def _row(person: Person, said: Evidence, names: dict[str, str]) -> NewEvidence | None:
    """Name the records of this person only; what names a record that is not there is left out."""
    named = [said.retracts] if said.retracts else list(said.detail.get("of", ()))  # type: ignore[call-overload]
    if not set(named) <= set(names) or (said.kind is Kind.RETRACTION and said.retracts == said.id):
        return None
    detail = {**said.detail, "of": [names[of] for of in named]} if said.kind is Kind.RELEASE else said.detail
    retracts = names[said.retracts] if said.retracts else ""
    return NewEvidence(person.pk, replace(said, id=names[said.id], retracts=retracts, detail=detail))


def _store_area(area: Designation) -> None:
    designate(
        level="medium" if area.level == "outbreak" else area.level.value,
        code=area.code,
        county=area.code[:6],
        communities=sorted(area.communities),
        valid_from=area.valid_from,
        valid_until=area.valid_until,
        recorded_at=area.valid_from,
        end_recorded_at=area.valid_until,
    )


@pytest.fixture
def any_source(province: None) -> Source:
    signed(RuleSetVersion.objects.get(), valid_from=datetime(2020, 1, 1, tzinfo=CHINA))
    kinds = [kind.value for kind in Kind]
    return Source.objects.create(code="any", category="national", name="x", name_en="x", kinds=kinds)


def _orders(seed: int) -> bool:
    """Tell whether the case of a seed holds a control order that can be made at its instant."""
    case = read_case(random_cases(1, seed)[0])
    known = [said for said in case.evidence if said.recorded_at <= case.at and said.kind is Kind.CONTROL_ORDER]
    return any(said.until is not None and said.until > case.at for said in known)


WITH_ORDERS = [seed for seed in range(40, 600) if _orders(seed)][:8]


def test_the_cases_hold_orders_that_are_carried_out(any_source: Source) -> None:
    assert len(WITH_ORDERS) == 8
    _store_case(random_cases(1, WITH_ORDERS[0])[0] | {"id": "case-0"}, any_source)
    assert EvidenceRecord.objects.filter(kind=Kind.CONTROL_ORDER).exists()


@pytest.mark.parametrize("seed", [*range(40), *WITH_ORDERS])
def test_a_stored_decision_read_later_is_what_would_be_decided_then(any_source: Source, seed: int) -> None:
    person, at = _store_case(random_cases(1, seed)[0] | {"id": f"case-{seed}"}, any_source)
    evidence = evidence_of([person.pk])[person.pk]
    areas, rules = areas_for(evidence), ruleset_in_force(at).as_domain()
    stored = current(person)
    assert [part.begins for part in stored.segments()] == [
        part.begins for part in decide_for([person.pk], at)[person.pk].timeline
    ]
    for later in _instants(at, stored):
        afresh, read = decide(evidence, areas, rules, later), status_of(stored, later)
        assert (read.colour, read.grounds, read.needs_detail) == (afresh.colour, afresh.grounds, afresh.needs_detail)
        assert (read.changes_at, read.becomes) == (afresh.changes_at, afresh.becomes)


def _instants(at: datetime, stored: DecisionRecord) -> list[datetime]:
    """Return instants just before, at and after each part of the timeline, and far beyond it."""
    begins = [part.begins for part in stored.segments()]
    near = [begin + step for begin in begins for step in (-MICROSECOND, timedelta(0), MICROSECOND, DAY / 3)]
    return [instant for instant in [*near, begins[-1] + 90 * DAY] if instant >= at]
