"""The oracle itself: the examples of the rule set, the truth table, and what must hold for any case."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcode.domain.cases import print_decision, read_case
from healthcode.domain.decide import decide as decide_case
from healthcode.domain.rulesets import shipped_ruleset
from tests.healthcode.case_strategies import Json, cases, random_cases
from tests.healthcode.oracle import oracle_decide
from tests.healthcode.truth_table import ROWS, Row, mismatches

ENTRY = {"id": "e1", "kind": "overseas_entry", "at": "2020-07-01T10:00", "detail": {"country": "ITA"}}
FEVER = [
    {"id": "e1", "kind": "symptom", "at": "2020-07-03T09:00", "detail": {"symptom": "fever"}},
    {
        "id": "e2",
        "kind": "nat_result",
        "at": "2020-07-03T15:00",
        "detail": {"result": "negative", "reported_at": "2020-07-04T08:00"},
    },
]
CONTACT = {"id": "e3", "kind": "close_contact", "at": "2020-06-25T12:00", "detail": {"case": "C-1"}}
STAY = {
    "id": "e1",
    "kind": "area_stay",
    "at": "2020-06-20T00:00",
    "until": "2020-06-28T18:00",
    "detail": {"place": "110106"},
}
HIGH = {"id": "a1", "level": "high", "code": "110106", "communities": [], "from": "2020-06-13T00:00"}
TEST = {
    "id": "e2",
    "kind": "nat_result",
    "at": "2020-06-29T09:00",
    "detail": {"result": "negative", "reported_at": "2020-06-29T20:00"},
}


Decide = Callable[..., Json]


@pytest.fixture(params=["the rules", "the oracle"])
def decide(request: pytest.FixtureRequest) -> Decide:
    """The six examples are asked of both: the real ``decide()`` and its independent reading."""

    def of(at: str, evidence: list[Json], areas: list[Json] | None = None) -> Json:
        data = {"id": "x", "at": at, "evidence": evidence, "areas": areas or []}
        if request.param == "the oracle":
            return oracle_decide(data)
        case = read_case(data)
        return print_decision(decide_case(case.evidence, case.areas, shipped_ruleset(), case.at))

    return of


def test_example_1_central_isolation(decide: Decide) -> None:
    decision = decide("2020-07-10T00:00", [ENTRY])
    assert decision["colour"] == "red"
    assert decision["grounds"][0]["stage"] == "central"
    assert decision["grounds"][0]["stage_until"] == "2020-07-15T10:00:00+08:00"
    assert decision["changes_at"] == "2020-07-22T10:00:00+08:00"
    assert decision["becomes"] == "green"


def test_example_2_home_observation(decide: Decide) -> None:
    decision = decide("2020-07-16T00:00", [ENTRY])
    ground = decision["grounds"][0]
    assert decision["colour"] == "red"
    assert ground["stage"] == "home"
    assert ground["stage_until"] == ground["until"] == "2020-07-22T10:00:00+08:00"


@pytest.mark.parametrize(("at", "colour"), [("2020-07-04T07:59", "yellow"), ("2020-07-04T08:00", "green")])
def test_example_3_fever_until_the_report(decide: Decide, at: str, colour: str) -> None:
    assert decide(at, FEVER)["colour"] == colour


def test_example_4_contact_then_fever(decide: Decide) -> None:
    decision = decide("2020-07-05T00:00", [*FEVER, CONTACT])
    assert decision["colour"] == "red"
    assert decision["grounds"][0]["rule"] == "close_contact"
    assert decision["grounds"][0]["until"] == "2020-07-09T12:00:00+08:00"
    assert decision["changes_at"] == "2020-07-09T12:00:00+08:00"
    assert decision["becomes"] == "yellow"


def test_example_5_stay_in_a_high_risk_area(decide: Decide) -> None:
    decision = decide("2020-07-01T00:00", [STAY], [HIGH])
    assert decision["colour"] == "yellow"
    assert decision["grounds"][0]["until"] == "2020-07-12T18:00:00+08:00"


def test_example_5_with_a_negative_test(decide: Decide) -> None:
    assert decide("2020-07-01T00:00", [STAY, TEST], [HIGH])["colour"] == "green"


def test_example_6_asked_for_the_community(decide: Decide) -> None:
    decision = decide("2020-07-01T00:00", [STAY], [{**HIGH, "communities": ["新发地市场"]}])
    assert decision["colour"] == "green"
    assert decision["needs_detail"] == ["a1"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_truth_table(row: Row) -> None:
    assert mismatches(row.expected, oracle_decide(row.case)) == []


def test_truth_table_names_are_unique() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS) >= 70


@settings(max_examples=150, deadline=None)
@given(cases(location_sources=True), st.randoms(use_true_random=False))
def test_order_of_evidence_is_irrelevant(case: Json, rng: random.Random) -> None:
    shuffled = {**case, "evidence": rng.sample(case["evidence"], len(case["evidence"]))}
    shuffled["areas"] = rng.sample(case["areas"], len(case["areas"]))
    assert oracle_decide(shuffled) == oracle_decide(case)


def test_random_cases_repeat_for_a_seed() -> None:
    assert random_cases(20, 7) == random_cases(20, 7) != random_cases(20, 8)


def test_random_cases_reach_every_rule_and_colour() -> None:
    decisions = [oracle_decide(case) for case in random_cases(600, 1)]
    assert {d["colour"] for d in decisions} == {"red", "yellow", "green"}
    assert len({ground["rule"] for d in decisions for ground in d["grounds"]}) == 11
    assert any(d["needs_detail"] for d in decisions)
