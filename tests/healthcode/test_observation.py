"""Observation day by day: reports of the person, visits and tasks of the officers."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from healthcode.access import NotPermitted
from healthcode.domain.colours import Colour
from healthcode.domain.isolation import Duty
from healthcode.models import Account, CheckIn, EvidenceRecord, IsolationVisit, Person, VisitWay
from healthcode.services.conversions import convert_due
from healthcode.services.errors import Refused
from healthcode.services.isolation import propose_isolation
from healthcode.services.isolation_orders import confirm_isolation
from healthcode.services.observation import Symptom, VisitFields, check_in, record_visit, tasks_due
from tests.healthcode.isolation_kit import CONTACT_ENDS, DAY, PAPER, confirmed, contact
from tests.people import XIHU, current, fact, person_of, record, strangers

SEEN = VisitFields(VisitWay.IN_PERSON, datetime.fromisoformat("2020-07-08T11:00+08:00"), True, Decimal("36.6"), "好")


@pytest.fixture
def person(citizen: Account) -> Person:
    return person_of(citizen)


def report(
    by: Account, at: datetime, temperature: str = "36.6", form_id: str = "f" * 16, symptom: Symptom = Symptom.COUGH
) -> CheckIn:
    symptoms = [symptom, symptom]
    person = person_of(by)
    return check_in(by=by, person=person, temperature=Decimal(temperature), symptoms=symptoms, form_id=form_id, at=at)


def test_a_report_is_kept_once_however_often_it_is_sent(citizen: Account, person: Person, at: datetime) -> None:
    contact(person)
    assert report(citizen, at).pk == report(citizen, at).pk
    kept = CheckIn.objects.get()
    assert (kept.symptoms, kept.evidence, str(kept.temperature)) == (["cough"], None, "36.6")


def test_a_fever_becomes_a_symptom_of_their_own_saying(citizen: Account, person: Person, at: datetime) -> None:
    contact(person)
    evidence = report(citizen, at, "37.3").evidence
    assert evidence is not None
    assert (evidence.kind, evidence.source.code, evidence.at) == ("symptom", "self", at)
    assert [ground["rule"] for ground in current(person).grounds] == ["close_contact", "fever"]


def test_a_fever_is_declared_once_a_day(citizen: Account, person: Person, at: datetime) -> None:
    contact(person)
    first, again = report(citizen, at, "38.0"), report(citizen, at, "38.5", "g" * 16)
    assert first.evidence == again.evidence
    report(citizen, at + DAY, "38.5", "h" * 16)
    assert EvidenceRecord.objects.filter(kind="symptom").count() == 2


def test_a_report_makes_nobody_greener(citizen: Account, person: Person, at: datetime) -> None:
    contact(person)
    report(citizen, at)
    assert current(person).segment_at(at).colour is Colour.RED


def test_who_is_not_observed_has_nothing_to_report(citizen: Account, at: datetime) -> None:
    with pytest.raises(Refused, match="not_observed"):
        report(citizen, at)


@pytest.mark.parametrize("temperature", ["33.9", "43.1"])
def test_a_temperature_of_no_body_is_refused(citizen: Account, person: Person, at: datetime, temperature: str) -> None:
    contact(person)
    with pytest.raises(Refused, match="bad_temperature"):
        report(citizen, at, temperature)


def test_nobody_reports_for_another(citizen: Account, mother: Account, person: Person, at: datetime) -> None:
    contact(person)
    with pytest.raises(NotPermitted):
        check_in(by=mother, person=person, temperature=Decimal(37), symptoms=[], form_id="f" * 16, at=at)


def stranger_in_isolation(at: datetime) -> Person:
    """Return somebody of the same county whose proposal nobody has settled."""
    (other,) = strangers(1)
    contact(other, at)
    return other


# --- visits -----------------------------------------------------------------------------------------------


def test_a_visit_is_kept(officer: Account, person: Person, at: datetime) -> None:
    record_visit(by=officer, case=confirmed(officer, person), visit=SEEN, at=at)
    visit = IsolationVisit.objects.get()
    assert (visit.way, visit.visited_at, visit.met, visit.note, visit.by) == (
        "in_person",
        SEEN.visited_at,
        True,
        "好",
        officer,
    )


def test_what_a_visit_cannot_be(officer: Account, person: Person, at: datetime) -> None:
    case = contact(person)
    with pytest.raises(Refused, match="case_state"):
        record_visit(by=officer, case=case, visit=SEEN, at=at)
    case = confirmed(officer, person)
    with pytest.raises(Refused, match="visited_in_future"):
        record_visit(by=officer, case=case, visit=SEEN._replace(visited_at=at + DAY), at=at)
    with pytest.raises(Refused, match="bad_temperature"):
        record_visit(by=officer, case=case, visit=SEEN._replace(temperature=Decimal(20)), at=at)


def test_officers_elsewhere_record_no_visit(
    officer: Account, other_officer: Account, person: Person, at: datetime
) -> None:
    case = confirmed(officer, person)
    with pytest.raises(NotPermitted):
        record_visit(by=other_officer, case=case, visit=SEEN, at=at)


def test_a_fever_found_at_a_visit_is_put_on_record_once_a_day(officer: Account, person: Person, at: datetime) -> None:
    case = confirmed(officer, person)
    hot = SEEN._replace(temperature=Decimal("38.2"))
    first, again = (record_visit(by=officer, case=case, visit=hot, at=at) for _time in range(2))
    assert first.evidence == again.evidence
    evidence = EvidenceRecord.objects.get(kind="symptom")
    assert (first.evidence, evidence.source.code, evidence.at) == (evidence, "zj-health", hot.visited_at)
    assert [ground["rule"] for ground in current(person).grounds] == ["close_contact", "fever"]


# --- tasks ------------------------------------------------------------------------------------------------


def test_a_proposal_is_a_task_and_a_report_settles_the_day(
    officer: Account, citizen: Account, person: Person, at: datetime
) -> None:
    case = contact(person)
    assert [one.tasks[0].duty for one in tasks_due(division="330106", at=at)] == [Duty.CONFIRM]
    confirm_isolation(by=officer, case=case, order=PAPER, at=at)
    assert [one.tasks[0].duty for one in tasks_due(division="330106", at=at)] == [Duty.CHECK_IN]
    report(citizen, at)
    assert tasks_due(division="330106", at=at) == []
    (tomorrow,) = tasks_due(division="330106", at=at + DAY)
    assert [task.is_overdue(at + DAY) for task in tomorrow.tasks] == [False]
    assert tasks_due(division="330106", at=at + 2 * DAY)[0].tasks[0].is_overdue(at + 2 * DAY)


@pytest.mark.parametrize(
    ("division", "cases"), [("330106", 1), ("330105", 1), ("330100", 2), ("330000", 2), ("330200", 0), ("", 0)]
)
def test_tasks_are_those_of_the_division(
    person: Person, outsider: Account, at: datetime, division: str, cases: int
) -> None:
    contact(person)
    contact(person_of(outsider))
    assert len(tasks_due(division=division, at=at)) == cases


def test_an_ended_case_has_no_task(officer: Account, person: Person) -> None:
    confirmed(officer, person)
    convert_due(at=CONTACT_ENDS)
    propose_isolation(at=CONTACT_ENDS)
    assert tasks_due(division="330106", at=CONTACT_ENDS) == []


@pytest.mark.parametrize(
    ("temperature", "symptom", "alerts"),
    [("38.0", Symptom.COUGH, True), ("36.6", Symptom.BREATH, True), ("36.6", Symptom.COUGH, False)],
)
def test_who_reports_ill_heads_the_list_until_visited(
    officer: Account, citizen: Account, person: Person, at: datetime, temperature: str, symptom: Symptom, alerts: bool
) -> None:
    case = confirmed(officer, person)
    overdue = stranger_in_isolation(at)
    later = at + 2 * DAY
    report(citizen, later, temperature, symptom=symptom)
    first = tasks_due(division=XIHU, at=later)[0]
    assert (first.case.person, first.is_ill) == ((person, True) if alerts else (overdue, False))
    seen = SEEN._replace(visited_at=later, temperature=None)
    record_visit(by=officer, case=case, visit=seen, at=later)
    assert not any(one.is_ill for one in tasks_due(division=XIHU, at=later))


def test_a_call_that_took_the_temperature_is_the_report_of_the_day(
    officer: Account, person: Person, at: datetime
) -> None:
    case = confirmed(officer, person)
    record_visit(by=officer, case=case, visit=SEEN._replace(temperature=None, visited_at=at), at=at)
    assert [task.duty for task in tasks_due(division=XIHU, at=at)[0].tasks] == [Duty.CHECK_IN]
    record_visit(by=officer, case=case, visit=SEEN._replace(visited_at=at), at=at)
    assert tasks_due(division=XIHU, at=at) == []


def test_the_tasks_of_many_take_one_query(sources: object, at: datetime) -> None:
    for person in strangers(20):
        record(person, fact("close_contact", "07-05T10:00"), at=at)
    propose_isolation(at=at)
    with CaptureQueriesContext(connection) as queries:
        assert len(tasks_due(division=XIHU, at=at)) == 20
    assert len(queries) == 1
