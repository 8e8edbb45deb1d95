"""The JSON form of cases: every malformed field is named, and what is printed is read back."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from healthcode.domain.cases import Malformed, print_segment, read_case, read_designation, read_evidence, read_segment
from healthcode.domain.decide import decide
from healthcode.domain.instants import CHINA
from healthcode.domain.rulesets import shipped_ruleset
from tests.healthcode.case_strategies import random_cases

Json = dict[str, Any]
JULY_1 = datetime(2020, 7, 1, tzinfo=CHINA)
DAY = timedelta(days=1)

GOOD: dict[str, Json] = {
    "diagnosis": {"detail": {"status": "confirmed"}},
    "discharge": {},
    "close_contact": {"detail": {"case": "ZJ-1"}},
    "overseas_entry": {"detail": {"country": "ITA"}},
    "area_stay": {"detail": {"place": "110106", "community": "新发地"}, "until": "2020-07-02"},
    "arrival": {},
    "isolation_order": {"until": "2020-07-15", "detail": {"mode": "central", "document": "文"}},
    "release": {"detail": {"of": ["e1"], "stage": "all", "document": "文"}},
    "nat_result": {"detail": {"result": "negative", "reported_at": "2020-07-02"}},
    "symptom": {"detail": {"symptom": "fever"}},
    "symptom_cleared": {},
    "retraction": {"retracts": "e1", "reason": "误报"},
    "control_order": {"until": "2020-07-15", "detail": {"colour": "yellow", "document": "文"}},
}
AREA: Json = {"id": "a1", "level": "high", "code": "110106", "communities": ["新发地"], "from": "2020-06-13"}
CASE: Json = {"id": "c1", "at": "2020-07-05T12:00:00+08:00", "evidence": [], "areas": []}


def evidence(kind: str, **changes: Any) -> Json:
    """Return a good record with changes; a change of ``...`` takes the field away."""
    record = {"id": "e1", "kind": kind, "at": "2020-07-01T10:00", **GOOD[kind], **changes}
    return {name: value for name, value in record.items() if value is not ...}


def detail(kind: str, **changes: Any) -> Json:
    """Return a good record with changes in its detail."""
    whole = {**GOOD[kind].get("detail", {}), **changes}
    return evidence(kind, detail={name: value for name, value in whole.items() if value is not ...})


def area(**changes: Any) -> Json:
    return {name: value for name, value in {**AREA, **changes}.items() if value is not ...}


def malformed(read: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(Malformed) as refusal:
        read()
    assert refusal.value.code == "malformed"
    assert str(refusal.value) == f"{refusal.value.where}: {refusal.value.what}"
    return refusal.value.where, refusal.value.what


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_record_is_read(kind: str) -> None:
    read = read_evidence(evidence(kind), "e")
    assert (read.id, read.kind, read.recorded_at) == ("e1", kind, read.at)


RECORDS: list[tuple[Any, str, str]] = [
    ("text", "e", "expected an object, got 'text'"),
    (None, "e", "expected an object, got None"),
    (["x" * 99], "e", "expected an object, got ['xxx"),
    (evidence("arrival", id=...), "e.id", "missing"),
    (evidence("arrival", id=""), "e.id", "expected text, got ''"),
    (evidence("arrival", id=1.5), "e.id", "expected text, got 1.5"),
    (evidence("arrival", id=True), "e.id", "expected text, got True"),
    ({**evidence("arrival"), "kind": "cough"}, "e.kind", "expected one of diagnosis, "),
    ({**evidence("arrival"), "kind": None}, "e.kind", "expected one of diagnosis, "),
    (evidence("arrival", at=...), "e.at", "missing"),
    (evidence("arrival", at="yesterday"), "e.at", "'yesterday' is no date or time"),
    (evidence("arrival", at="2020-02-30"), "e.at", "'2020-02-30' is no date or time"),
    (evidence("arrival", at="1820-07-01"), "e.at", "'1820-07-01' is outside the years 1900 to 2200"),
    (evidence("arrival", at=20200701), "e.at", "expected a date or date-time as text, got 20200701"),
    (evidence("arrival", recorded_at="now"), "e.recorded_at", "'now' is no date or time"),
    (evidence("arrival", recorded_at="2020-07-01T09:59"), "e.at", "later than recorded_at"),
    (evidence("arrival", until="2020-06-30"), "e.until", "earlier than at"),
    (evidence("arrival", source=7.5), "e.source", "expected text, got 7.5"),
    (evidence("arrival", retracts=[]), "e.retracts", "expected text, got []"),
    (evidence("arrival", detail="x"), "e.detail", "expected an object, got 'x'"),
    (detail("diagnosis", status="ill"), "e.detail.status", "expected one of confirmed, suspected"),
    (detail("diagnosis", status=...), "e.detail.status", "expected one of confirmed, suspected"),
    (detail("overseas_entry", country="IT"), "e.detail.country", "expected an ISO 3166 alpha-3 code, got 'IT'"),
    (detail("overseas_entry", country=39), "e.detail.country", "expected an ISO 3166 alpha-3 code, got 39"),
    (detail("area_stay", place=...), "e.detail.place", "expected a GB/T 2260 code of 6, 9 or 12 digits, got None"),
    (detail("area_stay", place="1101"), "e.detail.place", "expected a GB/T 2260 code"),
    (detail("area_stay", place=110106), "e.detail.place", "expected a GB/T 2260 code"),
    (detail("area_stay", community=1.5), "e.community", "expected text, got 1.5"),
    (evidence("isolation_order", until=...), "e.until", "required: isolation_order must say when it ends"),
    (evidence("control_order", until=...), "e.until", "required: control_order must say when it ends"),
    (detail("isolation_order", mode="camp"), "e.detail.mode", "expected one of central, home, got 'camp'"),
    (detail("isolation_order", document=...), "e.detail.document", "missing"),
    (detail("control_order", colour="green"), "e.detail.colour", "expected one of red, yellow, got 'green'"),
    (detail("control_order", document=""), "e.detail.document", "expected text, got ''"),
    (detail("release", of=...), "e.detail.of", "missing"),
    (detail("release", of=[]), "e.detail.of", "expected the ids of the evidence"),
    (detail("release", of=[""]), "e.detail.of", "expected the ids of the evidence"),
    (detail("release", of=[None]), "e.detail.of", "expected the ids of the evidence"),
    (detail("release", of={}), "e.detail.of", "expected a list, got {}"),
    (detail("release", stage="hotel"), "e.detail.stage", "expected one of central, home, all, got 'hotel'"),
    (detail("nat_result", result="positiv"), "e.detail.result", "expected one of negative, positive"),
    (detail("nat_result", reported_at="2020-06-30"), "e.reported_at", "earlier than the sampling"),
    (detail("nat_result", reported_at="soon"), "e.reported_at", "'soon' is no date or time"),
    (detail("symptom", symptom="cough"), "e.detail.symptom", "expected one of fever, got 'cough'"),
    (evidence("retraction", retracts=...), "e.retracts", "missing"),
    (evidence("retraction", retracts=""), "e.retracts", "expected text, got ''"),
    (evidence("retraction", reason=[]), "e.reason", "expected text, got []"),
]


@pytest.mark.parametrize(("data", "where", "what"), RECORDS)
def test_a_malformed_record_is_named(data: Any, where: str, what: str) -> None:
    found = malformed(lambda: read_evidence(data, "e"))
    assert (found[0], found[1][: len(what)]) == (where, what)


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        ([], "a", "expected an object, got []"),
        (area(id=...), "a.id", "missing"),
        (area(level="low"), "a.level", "expected one of medium, high, outbreak, got 'low'"),
        (area(code="11010"), "a.code", "expected a GB/T 2260 code"),
        (area(**{"from": ...}), "a.from", "missing"),
        (area(to="2020-06-11"), "a.to", "earlier than from"),
        (area(to="later"), "a.to", "'later' is no date or time"),
        (area(communities="新发地"), "a.communities", "expected a list, got '新发地'"),
        (area(communities=["甲", ""]), "a.communities[1]", "expected a name, got ''"),
        (area(communities=[7]), "a.communities[0]", "expected a name, got 7"),
    ],
)
def test_a_malformed_designation_is_named(data: Any, where: str, what: str) -> None:
    found = malformed(lambda: read_designation(data, "a"))
    assert (found[0], found[1][: len(what)]) == (where, what)


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (7, "case", "expected an object, got 7"),
        ({**CASE, "id": None}, "id", "missing"),
        ({**CASE, "at": None}, "at", "missing"),
        ({**CASE, "at": "never"}, "at", "'never' is no date or time"),
        ({**CASE, "evidence": None}, "evidence", "missing"),
        ({**CASE, "evidence": {}}, "evidence", "expected a list, got {}"),
        ({**CASE, "areas": "x"}, "areas", "expected a list, got 'x'"),
        ({**CASE, "areas": None}, "areas", "missing"),
        ({**CASE, "evidence": [evidence("arrival"), 7]}, "evidence[1]", "expected an object, got 7"),
        ({**CASE, "evidence": [evidence("arrival")] * 2}, "evidence[1].id", "'e1' is there twice"),
        ({**CASE, "areas": [area(), area()]}, "areas[1].id", "'a1' is there twice"),
        ({**CASE, "areas": [area(level=1)]}, "areas[0].level", "expected one of medium"),
    ],
)
def test_a_malformed_case_is_named(data: Any, where: str, what: str) -> None:
    found = malformed(lambda: read_case(data))
    assert (found[0], found[1][: len(what)]) == (where, what)


def test_areas_may_be_left_out() -> None:
    assert read_case({name: value for name, value in CASE.items() if name != "areas"}).areas == ()


# --- what a bare date means -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "changes", "begins"),
    [
        ("close_contact", {}, True),
        ("arrival", {}, True),
        ("diagnosis", {}, True),
        ("diagnosis", {"detail": {"status": "excluded"}}, False),
        ("discharge", {}, False),
        ("release", {}, False),
        ("symptom_cleared", {}, False),
    ],
)
def test_a_date_begins_or_ends_with_its_day(kind: str, changes: Json, begins: bool) -> None:
    read = read_evidence(evidence(kind, at="2020-07-01", **changes), "e")
    assert (read.at, read.ended_at) == (JULY_1 if begins else JULY_1 + DAY, JULY_1 + DAY)


@pytest.mark.parametrize(
    ("result", "reported", "effective"),
    [
        ("negative", "2020-07-02", JULY_1 + 2 * DAY),
        ("positive", "2020-07-02", JULY_1 + DAY),
        ("negative", ..., JULY_1 + DAY),
        ("positive", ..., JULY_1),
    ],
)
def test_a_report_begins_or_ends_a_ground(result: str, reported: Any, effective: datetime) -> None:
    data = {**detail("nat_result", result=result, reported_at=reported), "at": "2020-07-01"}
    assert read_evidence(data, "e").reported_at == effective


def test_a_date_ends_a_period_at_midnight() -> None:
    assert read_evidence(evidence("isolation_order"), "e").until == JULY_1 + 15 * DAY
    assert read_designation(area(to="2020-07-01"), "a").valid_until == JULY_1 + DAY


# --- what feeds really write ------------------------------------------------------------------------------


def test_numbers_are_names_too() -> None:
    read = read_evidence(detail("release", of=[7, "e8"]) | {"id": 9}, "e")
    assert (read.id, read.detail["of"]) == ("9", ("7", "e8"))


def test_one_released_record_needs_no_list() -> None:
    assert read_evidence(detail("release", of="e7"), "e").detail["of"] == ("e7",)


def test_fields_of_the_detail_may_stand_beside_it() -> None:
    read = read_evidence({"id": "e1", "kind": "area_stay", "at": "2020-07-01", "place": "110106"}, "e")
    assert (read.place, read.detail) == ("110106", {"place": "110106"})


def test_an_entry_without_a_country_is_an_entry() -> None:
    assert read_evidence(detail("overseas_entry", country=...), "e").detail == {}


def test_a_place_is_kept_with_every_kind() -> None:
    assert read_evidence(evidence("arrival", place="330106"), "e").place == "330106"


@pytest.mark.parametrize("seed", range(5))
def test_a_printed_timeline_is_read_back(seed: int) -> None:
    for data in random_cases(40, seed, location_sources=True):
        case = read_case(data)
        timeline = decide(case.evidence, case.areas, shipped_ruleset(), case.at).timeline
        printed = json.loads(json.dumps([print_segment(part) for part in timeline]))
        assert tuple(read_segment(part) for part in printed) == timeline
