"""``decide()`` against the rules table, the examples, an independent reading of the text, and its properties."""

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcode.domain.cases import Case, print_decision, read_case
from healthcode.domain.colours import Colour
from healthcode.domain.decide import Decision, decide
from healthcode.domain.evidence import Kind
from healthcode.domain.rulesets import shipped_ruleset
from tests.healthcode.case_strategies import cases, random_cases
from tests.healthcode.oracle import oracle_decide
from tests.healthcode.truth_table import ROWS, Row, mismatches

RULES = shipped_ruleset()
MICROSECOND = timedelta(microseconds=1)


def decide_case(case: Case, at: datetime | None = None) -> Decision:
    return decide(case.evidence, case.areas, RULES, at or case.at)


def printed(data: dict[str, Any]) -> dict[str, Any]:
    return print_decision(decide_case(read_case(data)))


def comparable(decision: dict[str, Any]) -> dict[str, Any]:
    """The text gives ``lifts`` no order; and which exits of a fever are left while a result is on its way."""
    grounds = [
        {**ground, "lifts": [] if ground["rule"] == "fever" else sorted(ground["lifts"])}
        for ground in decision["grounds"]
    ]
    return {**decision, "grounds": grounds}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_truth_table(row: Row) -> None:
    assert mismatches(row.expected, printed(row.case)) == []


@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_the_independent_reading(seed: int) -> None:
    for data in random_cases(150, seed, location_sources=True):
        assert comparable(printed(data)) == comparable(oracle_decide(data)), json.dumps(data, ensure_ascii=False)


@given(cases(), st.randoms(use_true_random=False))
def test_order_of_evidence_and_areas_is_irrelevant(data: dict[str, Any], order: random.Random) -> None:
    case = read_case(data)
    evidence, areas = list(case.evidence), list(case.areas)
    order.shuffle(evidence)
    order.shuffle(areas)
    assert decide(evidence, areas, RULES, case.at) == decide_case(case)


@given(cases())
def test_retracting_everything_gives_green(data: dict[str, Any]) -> None:
    case = read_case(data)
    retractions = [
        replace(
            record,
            id=f"r-{record.id}",
            kind=Kind.RETRACTION,
            retracts=record.id,
            recorded_at=case.at,
            detail={},
        )
        for record in case.evidence
    ]
    decision = decide([*case.evidence, *retractions], case.areas, RULES, case.at)
    assert decision.colour is Colour.GREEN
    assert decision.grounds == ()
    assert decision.needs_detail == ()


RED_KINDS = ["close_contact", "overseas_entry", "isolation_order", "control_order", "nat_result"]


@given(cases(), st.sampled_from(RED_KINDS), st.integers(0, 400))
def test_adding_red_evidence_never_makes_the_colour_greener(data: dict[str, Any], kind: str, hours: int) -> None:
    case = read_case(data)
    at = case.at - timedelta(hours=hours)
    details = {
        "isolation_order": {"mode": "home", "document": "d"},
        "control_order": {"colour": "red", "document": "d"},
        "nat_result": {"result": "positive"},
    }
    added = {"id": "added", "kind": kind, "at": at.isoformat(), "detail": details.get(kind, {})}
    if kind.endswith("order"):
        added["until"] = (at + timedelta(days=14)).isoformat()
    more = read_case({**data, "evidence": [*data["evidence"], added]})
    assert decide_case(more).colour.severity >= decide_case(case).colour.severity


@given(cases(), st.floats(0, 1, exclude_max=True))
def test_changes_at_is_exact(data: dict[str, Any], part: float) -> None:
    case = _all_known(read_case(data))
    decision = decide_case(case)
    if decision.changes_at is None:
        assert decide_case(case, case.at + timedelta(days=400) * part).colour is decision.colour
        return
    before = decide_case(case, decision.changes_at - MICROSECOND)
    between = decide_case(case, case.at + (decision.changes_at - case.at) * part)
    after = decide_case(case, decision.changes_at)
    assert before.colour is between.colour is decision.colour
    assert after.colour is decision.becomes is not decision.colour


@given(cases(), st.integers(0, 3000))
def test_timeline_tells_what_will_be_decided(data: dict[str, Any], hours: int) -> None:
    case = _all_known(read_case(data))
    later = case.at + timedelta(hours=hours)
    segment = [s for s in decide_case(case).timeline if s.begins <= later][-1]
    then = decide_case(case, later)
    assert (segment.colour, segment.grounds, segment.needs_detail) == (then.colour, then.grounds, then.needs_detail)


def _all_known(case: Case) -> Case:
    """Drop what is recorded later than the case's instant: it would be news, and news changes the future."""
    return case._replace(evidence=tuple(r for r in case.evidence if r.recorded_at <= case.at))


@settings(max_examples=50)
@given(cases())
def test_same_input_same_decision(data: dict[str, Any]) -> None:
    assert decide_case(read_case(data)) == decide_case(read_case(json.loads(json.dumps(data))))
