"""Test results in sets: the short way reads as the long one does, and skipping a decision changes none."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from healthcode.access import NotPermitted
from healthcode.domain.cases import Malformed, read_case, read_evidence
from healthcode.domain.decide import decide
from healthcode.domain.evidence import Evidence
from healthcode.domain.evidence_table import json_form, read_cells, read_header
from healthcode.domain.instants import CHINA
from healthcode.domain.rulesets import shipped_ruleset
from healthcode.domain.test_results import LIFTED_BY_TESTS, ResultReader, is_idle
from healthcode.models import (
    Account,
    AuditEntry,
    DecisionRecord,
    EvidenceBatch,
    EvidenceRecord,
    HeldBatch,
    LateRecord,
    Outbox,
    Person,
    RuleSetVersion,
    Source,
)
from healthcode.services import imports
from healthcode.services.decisions import NoRuleSet, decide_for
from healthcode.services.errors import Refused
from healthcode.services.feeds import install_feeds
from healthcode.services.imports import ImportReport, Line, RefusedRow, Table, load_evidence
from healthcode.services.withdrawals import withdraw_batch
from tests.healthcode.at_once import at_once
from tests.healthcode.case_strategies import random_cases
from tests.people import CITIZEN, fact, person_of, record, source_for, status, stranger

NAMES = ("编号", "姓名", "证件类型", "证件号码", "类型", "时间", "结果", "报告时间")
HEADER = read_header(NAMES)
AT = datetime(2020, 7, 8, 12, tzinfo=CHINA)
WORDS = {
    "编号": ["A1", " A2 ", "", "ａ3", "x" * 65, "A\t4", "\u200bA5"],
    "类型": ["核酸检测", "核酸", "nat_result", " NAT_RESULT", "ｎａｔ_result", "确诊", "", "检测"],
    "时间": [
        "2020/7/1 9:00",
        "2020年7月2日",
        "2020-07-01T09:00:00Z",
        "2020-07-09",
        "2020-02-30",
        "",
        "昨天",
        "2020-07-08",
    ],
    "结果": ["阴性", "阳", "negative", "POSITIVE", "阴 ", "不明", ""],
    "报告时间": ["2020/7/1 20:00", "2020-07-02", "2020-06-30", "", " ", "x", "2020年7月2日 18时30分"],
}


def the_long_way(cells: Sequence[str]) -> Evidence | None:
    try:
        form = json_form(read_cells(HEADER, cells), {})
        return read_evidence({**form, "recorded_at": AT.isoformat(), "source": "health"}, "row")
    except Malformed:
        return None


@given(st.tuples(*(st.sampled_from(WORDS.get(name, ["某"])) for name in NAMES)), st.integers(0, 2))
def test_the_short_way_reads_what_the_long_way_reads(cells: tuple[str, ...], cut: int) -> None:
    row = cells[: len(cells) - cut]
    short = ResultReader(HEADER, "health", AT).read(row)
    assert short is None or short == the_long_way(row)


@pytest.mark.parametrize("result", ["阴性", "阳性"])
@pytest.mark.parametrize("reported", ["2020/7/1 20:00", "2020-07-02", ""])
def test_usual_rows_go_the_short_way(result: str, reported: str) -> None:
    row = ["A1", "王", "身份证", "1", "核酸检测", "2020/7/1 9:00", result, reported]
    said = ResultReader(HEADER, "health", AT).read(row)
    assert said is not None
    assert said == the_long_way(row)


def test_a_negative_test_changes_nothing_where_there_is_nothing_to_lift() -> None:
    cases = [read_case(data) for data in random_cases(4_000, seed=3)]
    cases = [case for case in cases if not any(one.kind in LIFTED_BY_TESTS for one in case.evidence)]
    told, rules = 0, shipped_ruleset()
    for case in cases:
        without = [one for one in case.evidence if not is_idle(one)]
        told += len(without) < len(case.evidence)
        decided = decide(case.evidence, case.areas, rules, case.at)
        assert decide(without, case.areas, rules, case.at) == decided
    assert told > 50


# --- recorded ---------------------------------------------------------------------------------------------


@pytest.fixture
def health(sources: dict[str, Source]) -> Source:
    return sources["zj-health"]


def row(number: str, who: str, *, result: str = "阴性", at: str = "2020-07-07 09:00") -> list[str]:
    return [number, "王小明", "身份证", who, "核酸检测", at, result, ""]


def load(source: Source, *rows: Sequence[str], by: Account | None = None) -> tuple[ImportReport, list[RefusedRow]]:
    refused: list[RefusedRow] = []
    lines = [Line(place, cells) for place, cells in enumerate(rows, 2)]
    table = Table("tests.csv", HEADER, lines, {})
    return load_evidence(by=by, source=source, table=table, at=AT, refuse=refused.append), refused


def number(index: int) -> str:
    return stranger(index).document.number


def test_who_has_nothing_to_lift_is_not_decided_again(health: Source, citizen: Account) -> None:
    report, _refused = load(health, row("1", CITIZEN.document.number))
    assert (report.new, report.recoloured) == (1, 0)
    person = person_of(citizen)
    assert decide_for([person.pk], AT)[person.pk].colour == status(person, AT).colour


def test_a_fever_is_lifted_by_a_test_of_a_file(health: Source, citizen: Account) -> None:
    person = person_of(citizen)
    record(person, fact("symptom", "07-06T09:00", symptom="fever"), at=AT - timedelta(days=1))
    assert status(person, AT).colour == "yellow"
    report, _refused = load(health, row("1", CITIZEN.document.number))
    assert (report.recoloured, status(person, AT).colour) == (1, "green")


def test_a_positive_test_turns_the_code(health: Source, citizen: Account) -> None:
    load(health, row("1", CITIZEN.document.number, result="阳性"))
    assert status(person_of(citizen), AT).colour == "red"


def test_new_people_get_the_decision_they_would_get_alone(health: Source) -> None:
    report, _refused = load(health, row("1", number(1)), row("2", number(2)), row("3", number(2), result="阳性"))
    assert report.recoloured == 2
    for decision in DecisionRecord.objects.current().select_related("person").order_by("pk"):
        fresh = decide_for([decision.person_id], AT)[decision.person_id]
        assert decision.segments() == fresh.timeline
    assert AuditEntry.objects.filter(action="decide").count() == 2


def test_a_number_said_twice_is_one_record_or_a_fault(health: Source) -> None:
    report, refused = load(health, row("1", number(1)), row("1", number(1)), row("1", number(2)))
    assert (report.new, report.duplicate, report.refused) == (1, 1, 1)
    assert [(one.line.number, one.field, one.code) for one in refused] == [(4, "id", "number_taken")]


def test_a_number_of_another_record_is_refused_again(health: Source) -> None:
    load(health, row("1", number(1)))
    report, refused = load(health, row("1", number(1), result="阳性"), row("1", number(1)), row("2", number(1)))
    assert (report.new, report.duplicate, report.refused) == (1, 1, 1)
    assert refused[0].code == "number_taken"


def test_a_file_of_duplicates_makes_no_batch(health: Source) -> None:
    load(health, row("1", number(1)))
    report, _refused = load(health, row("1", number(1)))
    assert (report.duplicate, report.batch) == (1, None)
    assert health.batches.count() == 1


def test_each_record_is_in_the_audit(health: Source) -> None:
    load(health, row("1", number(1)), row("2", number(2)))
    entries = AuditEntry.objects.filter(action="record_evidence", actor_label="zj-health")
    said = {entry.detail["evidence"] for entry in entries.order_by("pk")}
    assert said == {str(one.public_id) for one in EvidenceRecord.objects.order_by("pk")}


def test_the_number_of_statements_does_not_grow_with_the_rows(health: Source) -> None:
    load(health, row("0", number(99)))
    with CaptureQueriesContext(connection) as few:
        load(health, *[row(f"a{n}", number(n)) for n in range(3)])
    with CaptureQueriesContext(connection) as many:
        load(health, *[row(f"b{n}", number(100 + n)) for n in range(60)])
    assert len(many) == len(few)


def test_nothing_is_added_once_the_batch_is_withdrawn(health: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "CHUNK", 1)

    def withdraw_after_the_first(refused: RefusedRow) -> None:
        withdraw_batch(by=None, batch=health.batches.get(), reason="wrong file", at=AT)

    lines = [Line(2, row("1", number(1))), Line(3, row("2", "bad")), Line(4, row("3", number(3)))]
    with pytest.raises(Refused, match="batch_withdrawn"):
        load_evidence(
            by=None,
            source=health,
            table=Table("tests.csv", HEADER, lines, {}),
            at=AT,
            refuse=withdraw_after_the_first,
        )
    assert EvidenceRecord.objects.filter(kind="nat_result").count() == 1


def test_who_may_load_files(health: Source, reviewer: Account, officer: Account, citizen: Account) -> None:
    report, _refused = load(health, row("1", number(1)), by=reviewer)
    assert report.new == 1
    assert EvidenceRecord.objects.get().recorded_by == reviewer
    for account in (officer, citizen):
        with pytest.raises(NotPermitted):
            load(health, row("2", number(1)), by=account)


@pytest.mark.django_db(transaction=True)
def test_two_files_at_once_record_each_row_once(health: Source) -> None:
    rows = [row(str(n), number(n)) for n in range(20)]
    outcomes = at_once(lambda: load(health, *rows), lambda: load(health, *reversed(rows)))
    assert sum(report.new for report, _refused in outcomes) == 20
    assert (EvidenceRecord.objects.count(), Person.objects.count()) == (20, 20)
    assert DecisionRecord.objects.current().count() == 20


@pytest.mark.django_db(transaction=True)
def test_a_fever_recorded_at_the_same_moment_is_lifted_all_the_same(health: Source, citizen: Account) -> None:
    person = person_of(citizen)
    fever, fevers = fact("symptom", "07-06T09:00", symptom="fever"), source_for("symptom")
    at_once(
        lambda: record(person, fever, at=AT, source=fevers),
        lambda: load(health, row("1", CITIZEN.document.number)),
    )
    assert status(person, AT).colour == "green"


# --- what needs a look ------------------------------------------------------------------------------------


def contact(number: str, index: int) -> list[str]:
    return [number, "陈一", "身份证", stranger(index).document.number, "密接", "2020-07-07 09:00", "", ""]


@pytest.fixture
def border(sources: dict[str, Source]) -> Source:
    """A source that may name contacts and has not traced them."""
    Source.objects.filter(code="zj-police").update(kinds=["close_contact", "nat_result"])
    return Source.objects.get(code="zj-police")


def test_an_import_that_an_alarm_freezes_is_reported_as_held(border: Source) -> None:
    rows = [contact(str(n), n) for n in range(40)]
    report, refused = load(border, *rows, row("t", number(99)))
    assert (report.new, report.held, report.duplicate, refused) == (1, 40, 0, [])
    assert HeldBatch.objects.get().batch == report.batch
    assert not EvidenceRecord.objects.filter(kind="close_contact").exists()
    assert AuditEntry.objects.get(action="load_evidence").detail["held"] == 40


def test_what_waits_in_quarantine_is_held_again_and_its_numbers_stay_its_own(border: Source) -> None:
    load(border, *[contact(str(n), n) for n in range(40)])
    report, refused = load(border, *[contact(str(n), n) for n in range(1, 40)], row("0", number(7)))
    assert (report.new, report.held, report.duplicate, report.batch) == (0, 39, 0, None)
    assert [(one.field, one.code) for one in refused] == [("id", "number_taken")]
    assert HeldBatch.objects.count() == 1


def test_of_two_rows_with_one_number_the_first_of_the_file_counts(health: Source) -> None:
    report, refused = load(health, row("1", number(1), result="阳性"), row("1", number(2)))
    assert (report.new, report.refused) == (1, 1)
    assert EvidenceRecord.objects.get().detail == {"result": "positive"}
    assert [one.line.number for one in refused] == [3]


def test_a_fever_and_its_test_in_one_file_make_one_decision(health: Source, citizen: Account) -> None:
    before = DecisionRecord.objects.count()
    document = CITIZEN.document.number
    fever = ["f", "", "身份证", document, "发热", "2020-07-06 09:00", "", ""]
    report, _refused = load(health, row("t", document), fever)
    assert (report.new, report.recoloured) == (2, 0)
    assert DecisionRecord.objects.count() == before
    assert not Outbox.objects.filter(topic="colour_changed").exists()


def test_late_tests_are_marked_late_with_what_they_changed(health: Source, citizen: Account) -> None:
    install_feeds(by=None, at=AT)
    record(person_of(citizen), fact("symptom", "07-05T09:00", symptom="fever"), at=AT - timedelta(days=2))
    rows = [row("1", CITIZEN.document.number, at="2020-07-06 09:00"), row("2", number(1), at="2020-07-01 09:00")]
    load(health, *rows, row("3", number(2), at="2020-07-08 09:00"))
    marks = {mark.evidence.source_ref: mark for mark in LateRecord.objects.select_related("evidence", "decision")}
    assert sorted(marks) == ["1", "2"]
    for number_of_record, mark in marks.items():
        record_of = EvidenceRecord.objects.get(source_ref=number_of_record)
        assert mark.delay == AT - record_of.at
        assert mark.decision == DecisionRecord.objects.current().get(person=record_of.person)
    assert AuditEntry.objects.get(action="mark_late").detail["records"] == 2


def test_a_late_test_that_changed_nothing_is_marked_without_a_decision(health: Source, citizen: Account) -> None:
    install_feeds(by=None, at=AT)
    load(health, row("1", CITIZEN.document.number, at="2020-07-01 09:00"))
    assert LateRecord.objects.get().decision is None


def test_a_chunk_is_recorded_whole_or_not_at_all(health: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row("1", number(1)), row("2", number(2), result="阳性")]
    RuleSetVersion.objects.all().update(valid_from=AT + timedelta(days=1))
    with pytest.raises(NoRuleSet):
        load(health, *rows)
    assert [model.objects.count() for model in (EvidenceRecord, Person, EvidenceBatch)] == [0, 0, 0]


def test_what_a_cell_says_is_never_taken_for_a_command(health: Source) -> None:
    numbers = ["\\N", "\\.", "a\\tb", "'; DROP TABLE x; --", '"', "{1,2}"]
    report, _refused = load(health, *[row(text, number(n)) for n, text in enumerate(numbers)])
    assert report.new == len(numbers)
    assert set(EvidenceRecord.objects.values_list("source_ref", flat=True)) == set(numbers)


@pytest.mark.django_db(transaction=True)
def test_two_files_with_each_others_people_do_not_wait_in_a_ring(health: Source) -> None:
    def rows(name: str, positive: int, negative: int) -> list[list[str]]:
        return [row(f"{name}p", number(positive), result="阳性"), row(f"{name}n", number(negative))]

    outcomes = at_once(*[lambda pair=pair: load(health, *rows(*pair)) for pair in (("a", 1, 2), ("b", 2, 1))])
    assert [report.new for report, _refused in outcomes] == [2, 2]
    assert {status(person, AT).colour for person in Person.objects.order_by("pk")} == {"red"}


def test_a_transaction_of_the_callers_ends_as_the_caller_wants(health: Source) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        before = cursor.fetchone()
        load(health, row("1", number(1)))
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == before
