"""Cases of isolation: proposed by the sweep, confirmed by officers of the division, followed by the colour."""

from datetime import datetime
from typing import Any

import pytest

from healthcode.access import NotPermitted
from healthcode.domain.colours import Colour
from healthcode.domain.instants import CHINA
from healthcode.domain.orders import Measure
from healthcode.models import (
    Account,
    AuditEntry,
    EvidenceRecord,
    IsolationCase,
    IsolationChange,
    Outbox,
    Person,
    Topic,
)
from healthcode.services.conversions import convert_due
from healthcode.services.errors import Refused
from healthcode.services.evidence import retract_evidence
from healthcode.services.isolation import propose_isolation, remind_isolation
from healthcode.services.isolation_orders import (
    Moved,
    cancel_isolation,
    change_end,
    confirm_isolation,
    record_paper,
    release_isolation,
)
from healthcode.services.roles import Role
from tests.healthcode.isolation_kit import CONTACT_ENDS, DAY, PAPER, case_of, confirmed, contact, order_record
from tests.people import employ, fact, order, person_of, record, status


@pytest.fixture
def person(citizen: Account) -> Person:
    return person_of(citizen)


# --- the sweep --------------------------------------------------------------------------------------------


def test_a_red_ground_is_proposed_once(person: Person, at: datetime) -> None:
    case = contact(person)
    assert (case.state, case.stage, case.rule) == ("proposed", "central", "close_contact")
    assert (case.valid_until, case.given_until, case.division) == (CONTACT_ENDS, CONTACT_ENDS, "330106")
    assert propose_isolation(at=at) == 0
    record(person, fact("symptom", "07-08T11:00", symptom="fever"), at=at)
    propose_isolation(at=at)
    assert IsolationCase.objects.count() == 1


def test_proposing_is_audited(person: Person) -> None:
    case = contact(person)
    entry = AuditEntry.objects.get(action="propose_isolation")
    assert (entry.person, entry.actor_label, entry.detail["case"]) == (person, "isolation", str(case.public_id))


def test_green_and_yellow_people_have_no_case(person: Person, at: datetime) -> None:
    record(person, fact("symptom", "07-08T11:00", symptom="fever"), at=at)
    assert propose_isolation(at=at) == 0
    assert not IsolationCase.objects.exists()


def test_a_control_order_asks_for_no_place(person: Person, at: datetime) -> None:
    order(person, at=at - DAY, until=at + 7 * DAY, measure=Measure.RED)
    propose_isolation(at=at)
    assert status(person, at).colour is Colour.RED
    assert not IsolationCase.objects.exists()


def test_the_next_stage_is_proposed_a_day_before(person: Person, at: datetime) -> None:
    record(person, fact("overseas_entry", "07-01T10:00", country="ITA"), at=at)
    propose_isolation(at=at)
    turn = datetime(2020, 7, 15, 10, tzinfo=CHINA)
    assert propose_isolation(at=turn - 2 * DAY) == 0
    propose_isolation(at=turn - DAY)
    stages = IsolationCase.objects.order_by("valid_from").values_list("stage", "state", "valid_from")
    assert [(stage, state) for stage, state, _from in stages] == [("central", "proposed"), ("home", "proposed")]
    assert case_of(person).valid_from == turn


def test_a_case_ends_with_its_time_and_the_code_by_itself(officer: Account, person: Person) -> None:
    confirmed(officer, person)
    convert_due(at=CONTACT_ENDS)
    propose_isolation(at=CONTACT_ENDS)
    case = case_of(person)
    assert (case.state, case.end, case.closed_at) == ("ended", "time", CONTACT_ENDS)
    assert status(person, CONTACT_ENDS).colour is Colour.GREEN


def test_a_withdrawn_ground_ends_its_case(officer: Account, person: Person, at: datetime) -> None:
    case = contact(person)
    retract_evidence(by=officer, record=case.ground, reason="同名同姓", at=at)
    propose_isolation(at=at)
    assert (case_of(person).state, case_of(person).end) == ("ended", "ground_gone")


def test_a_moved_end_of_the_ground_moves_the_case(person: Person, at: datetime) -> None:
    record(person, fact("diagnosis", "07-05T10:00", status="confirmed"), at=at)
    propose_isolation(at=at)
    assert case_of(person).valid_until is None
    left = at + DAY
    record(person, fact("discharge", "07-09T12:00"), at=left)
    propose_isolation(at=left)
    cases = IsolationCase.objects.order_by("pk").values_list("stage", "state", "valid_until")
    assert list(cases) == [("hospital", "ended", None), ("convalescence", "proposed", left + 14 * DAY)]


# --- confirming -------------------------------------------------------------------------------------------


def test_confirming_within_the_rule_records_no_evidence(officer: Account, person: Person, at: datetime) -> None:
    before = EvidenceRecord.objects.count()
    case = confirmed(officer, person)
    assert (case.state, case.confirmed_by, case.confirmed_at) == ("confirmed", officer, at)
    assert (case.order.document, case.order.paper_document_at, case.order.evidence) == ("西防 12 号", at, None)
    assert (case.order.place, case.order.supply, case.order.valid_until) == (PAPER.place, PAPER.supply, CONTACT_ENDS)
    assert EvidenceRecord.objects.count() == before + 1


def test_an_order_beyond_the_rule_is_evidence_and_the_colour_follows(officer: Account, person: Person) -> None:
    until = CONTACT_ENDS + 3 * DAY
    case = confirmed(officer, person, until=until)
    order = order_record(person)
    assert (order.kind, order.source.code, order.until, order.recorded_by) == (
        "isolation_order",
        "zj-office",
        until,
        officer,
    )
    assert order.detail == {"mode": "central", "document": "西防 12 号"}
    assert (case.valid_until, status(person, until - DAY).colour) == (until, Colour.RED)
    assert status(person, until).colour is Colour.GREEN


def test_an_order_is_no_ground_for_a_case_of_its_own(officer: Account, person: Person, at: datetime) -> None:
    confirmed(officer, person, until=CONTACT_ENDS + 3 * DAY)
    propose_isolation(at=at)
    propose_isolation(at=CONTACT_ENDS)
    assert (IsolationCase.objects.count(), case_of(person).state) == (1, "confirmed")
    convert_due(at=CONTACT_ENDS + 3 * DAY)
    propose_isolation(at=CONTACT_ENDS + 3 * DAY)
    assert case_of(person).end == "time"


def test_a_spoken_order_comes_first_and_its_paper_later(officer: Account, person: Person, at: datetime) -> None:
    case = confirmed(officer, person, document="", verbal_at=at)
    assert (case.order.verbal_at, case.order.document) == (at, "")
    record_paper(by=officer, case=case, document="西防 13 号", at=at + DAY)
    order = case_of(person).order
    assert (order.document, order.paper_document_at) == ("西防 13 号", at + DAY)
    with pytest.raises(Refused, match="paper_there"):
        record_paper(by=officer, case=case, document="西防 14 号", at=at + DAY)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"document": ""}, "order_needs_basis"),
        ({"document": "", "verbal_at": CONTACT_ENDS}, "order_needs_basis"),
        ({"until": CONTACT_ENDS - DAY}, "shorter_than_rule"),
        ({"until": datetime(2020, 7, 7, tzinfo=CHINA)}, "end_in_past"),
        ({"document": "", "verbal_at": PAPER.until, "until": CONTACT_ENDS + DAY}, "order_needs_basis"),
    ],
)
def test_what_an_order_must_say(officer: Account, person: Person, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        confirmed(officer, person, **changes)
    assert (refusal.value.code, case_of(person).state) == (code, "proposed")


def test_beyond_the_rule_a_spoken_order_is_not_enough(officer: Account, person: Person, at: datetime) -> None:
    with pytest.raises(Refused, match="document_required"):
        confirmed(officer, person, document="", verbal_at=at, until=CONTACT_ENDS + DAY)


def test_a_hospital_stay_has_no_end_to_order(officer: Account, person: Person, at: datetime) -> None:
    record(person, fact("diagnosis", "07-05T10:00", status="confirmed"), at=at)
    propose_isolation(at=at)
    with pytest.raises(Refused, match="end_is_open"):
        confirm_isolation(by=officer, case=case_of(person), order=PAPER._replace(until=CONTACT_ENDS), at=at)
    case = confirm_isolation(by=officer, case=case_of(person), order=PAPER, at=at)
    with pytest.raises(Refused, match="hospital_by_doctors"):
        release_isolation(by=officer, case=case, document="文", at=at)


def test_a_case_is_confirmed_once(officer: Account, person: Person, at: datetime) -> None:
    case = confirmed(officer, person)
    with pytest.raises(Refused, match="case_state"):
        confirm_isolation(by=officer, case=case, order=PAPER, at=at)


# --- moving the end ---------------------------------------------------------------------------------------


def test_extending_keeps_the_end_before_and_records_anew(officer: Account, person: Person, at: datetime) -> None:
    case = confirmed(officer, person, until=CONTACT_ENDS + DAY)
    first = order_record(person)
    moved = Moved(CONTACT_ENDS + 4 * DAY, "同住人阳性", "西防 15 号")
    change_end(by=officer, case=case, moved=moved, at=at + DAY)
    change = IsolationChange.objects.get()
    assert (change.change, change.previous_until) == ("extended", CONTACT_ENDS + DAY)
    assert first.retractions.get().reason == "同住人阳性"
    assert order_record(person).until == CONTACT_ENDS + 4 * DAY
    assert status(person, CONTACT_ENDS + 4 * DAY).colour is Colour.GREEN
    assert status(person, CONTACT_ENDS + 3 * DAY).colour is Colour.RED


def test_shortening_to_the_rule_withdraws_the_order(officer: Account, person: Person, at: datetime) -> None:
    case = confirmed(officer, person, until=CONTACT_ENDS + 4 * DAY)
    change_end(by=officer, case=case, moved=Moved(CONTACT_ENDS, "误判", "西防 16 号"), at=at + DAY)
    assert (IsolationChange.objects.get().change, case_of(person).order.evidence) == ("shortened", None)
    assert status(person, CONTACT_ENDS).colour is Colour.GREEN


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": " "}, "reason_required"),
        ({"document": ""}, "document_required"),
        ({"until": CONTACT_ENDS}, "end_is_same"),
        ({"until": CONTACT_ENDS - DAY}, "shorter_than_rule"),
    ],
)
def test_what_moving_an_end_needs(
    officer: Account, person: Person, at: datetime, changes: dict[str, Any], code: str
) -> None:
    moved = Moved(CONTACT_ENDS + DAY, "因", "文")._replace(**changes)
    with pytest.raises(Refused) as refusal:
        change_end(by=officer, case=confirmed(officer, person), moved=moved, at=at)
    assert refusal.value.code == code


# --- releasing and dropping -------------------------------------------------------------------------------


def test_a_release_turns_the_code_and_ends_the_case(officer: Account, person: Person, at: datetime) -> None:
    case = confirmed(officer, person, until=CONTACT_ENDS + DAY)
    release_isolation(by=officer, case=case, document="西解 1 号", at=at + DAY)
    assert status(person, at + DAY).colour is Colour.GREEN
    case = case_of(person)
    assert (case.state, case.end, case.close_document, case.closed_by) == ("ended", "released", "西解 1 号", officer)
    assert {record.detail["document"] for record in EvidenceRecord.objects.filter(kind="release")} == {"西解 1 号"}


@pytest.mark.parametrize(("whole", "colour"), [(False, Colour.RED), (True, Colour.GREEN)])
def test_leaving_central_isolation_early(
    officer: Account, person: Person, at: datetime, whole: bool, colour: Colour
) -> None:
    record(person, fact("overseas_entry", "07-01T10:00", country="ITA"), at=at)
    propose_isolation(at=at)
    case = confirm_isolation(by=officer, case=case_of(person), order=PAPER, at=at)
    release_isolation(by=officer, case=case, document="西解 2 号", whole=whole, at=at + DAY)
    propose_isolation(at=at + DAY)
    assert status(person, at + DAY).colour is colour
    assert IsolationCase.objects.filter(stage="home", state="proposed").exists() is (not whole)


def test_a_release_needs_its_document(officer: Account, person: Person, at: datetime) -> None:
    with pytest.raises(Refused, match="document_required"):
        release_isolation(by=officer, case=confirmed(officer, person), document=" ", at=at)


def test_a_dropped_case_stays_dropped_and_the_colour_stays(officer: Account, person: Person, at: datetime) -> None:
    case = confirmed(officer, person, until=CONTACT_ENDS + DAY)
    cancel_isolation(by=officer, case=case, reason="由户籍地管理", at=at)
    propose_isolation(at=at + DAY)
    assert (IsolationCase.objects.count(), case_of(person).state) == (1, "cancelled")
    assert status(person, CONTACT_ENDS - DAY).colour is Colour.RED
    assert status(person, CONTACT_ENDS).colour is Colour.GREEN


# --- notices ----------------------------------------------------------------------------------------------


def test_the_end_is_announced_a_day_before_once(officer: Account, person: Person) -> None:
    confirmed(officer, person)
    assert remind_isolation(at=CONTACT_ENDS - 2 * DAY) == 0
    assert (remind_isolation(at=CONTACT_ENDS - DAY), remind_isolation(at=CONTACT_ENDS - DAY)) == (1, 0)
    assert Outbox.objects.get(topic=Topic.ISOLATION_ENDING).person == person


def test_a_moved_end_is_announced_again(officer: Account, person: Person) -> None:
    case = confirmed(officer, person)
    remind_isolation(at=CONTACT_ENDS - DAY)
    until = CONTACT_ENDS + 3 * DAY
    change_end(by=officer, case=case, moved=Moved(until, "因", "文"), at=CONTACT_ENDS - DAY)
    assert remind_isolation(at=until - DAY) == 1
    assert Outbox.objects.filter(topic=Topic.ISOLATION_ENDING).count() == 2


def test_a_turn_of_stage_is_told_and_a_turn_of_colour_by_its_own_message(
    officer: Account, person: Person, at: datetime
) -> None:
    record(person, fact("overseas_entry", "07-01T10:00", country="ITA"), at=at)
    propose_isolation(at=at)
    confirm_isolation(by=officer, case=case_of(person), order=PAPER, at=at)
    propose_isolation(at=datetime(2020, 7, 15, 10, tzinfo=CHINA))
    assert Outbox.objects.filter(topic=Topic.ISOLATION_TURNED).count() == 1
    confirm_isolation(by=officer, case=case_of(person), order=PAPER, at=datetime(2020, 7, 15, 11, tzinfo=CHINA))
    end = datetime(2020, 7, 22, 10, tzinfo=CHINA)
    convert_due(at=end)
    propose_isolation(at=end)
    assert Outbox.objects.filter(topic=Topic.ISOLATION_TURNED).count() == 1
    assert case_of(person).end == "time"


# --- who may ----------------------------------------------------------------------------------------------

HANGZHOU, ZHEJIANG, NINGBO = "330100", "330000", "330200"


@pytest.mark.parametrize(
    ("division", "may"), [("330106", True), (HANGZHOU, True), (ZHEJIANG, True), ("330105", False), (NINGBO, False)]
)
def test_an_officer_of_the_division_confirms(person: Person, at: datetime, division: str, may: bool) -> None:
    by = employ(f"officer-{division}", Role.COUNTY_OFFICER, division)
    if may:
        assert confirmed(by, person).state == "confirmed"
    else:
        with pytest.raises(NotPermitted):
            confirmed(by, person)


def test_roles_without_the_permission_do_not_confirm(person: Person, auditor: Account) -> None:
    with pytest.raises(NotPermitted):
        confirmed(auditor, person)
