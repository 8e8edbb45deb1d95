"""Rule sets: the shipped data are the notice's days, and wrong data never become rules."""

import copy
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from healthcode.domain.instants import InvalidInstant, parse_moment
from healthcode.domain.rulesets import (
    BASELINE,
    InvalidRuleSet,
    UnknownRuleSet,
    fingerprint,
    ruleset_from,
    shipped_data,
    shipped_ids,
    shipped_ruleset,
)

# The days of the notice and of rules.md.
NOTICE = {
    "contact": 14,
    "entry_central": 14,
    "entry_home": 7,
    "convalescence": 14,
    "after_leaving_outbreak": 14,
    "after_leaving_risk_area": 14,
    "before_designation": 14,
    "test_before_arrival": 7,
    "history_before_onset": 14,
}


def changed(path: str, value: object) -> Mapping[str, object]:
    """Return the baseline with one value changed; ``...`` takes it away."""
    data: dict[str, Any] = copy.deepcopy(dict(shipped_data(BASELINE)))
    *above, last = path.split(".")
    place = data[above[0]] if above else data
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return data


@pytest.mark.parametrize(("period", "days"), NOTICE.items())
def test_the_baseline_holds_the_days_of_the_notice(period: str, days: int) -> None:
    assert getattr(shipped_ruleset(), period) == timedelta(days=days)


def test_the_baseline_holds_since_the_day_of_the_notice() -> None:
    assert shipped_ruleset().valid_from == parse_moment("2020-07-06").begins
    assert (shipped_ids(), shipped_ruleset().id) == ([BASELINE], BASELINE)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("id", ..., "id: expected a name"),
        ("id", "", "id: expected a name"),
        ("id", 7, "id: expected a name"),
        ("days", ..., "days: expected an object"),
        ("days", [], "days: expected an object"),
        ("days.quarantine", 3, "days.quarantine: unknown parameter"),
        *((f"days.{period}", ..., f"days.{period}: expected whole days from 0 to 365, got None") for period in NOTICE),
        *(("days.contact", value, "days.contact: expected whole days") for value in (-1, 366, 14.0, "14", True)),
    ],
)
def test_wrong_data_are_refused_by_name(path: str, value: object, message: str) -> None:
    with pytest.raises(InvalidRuleSet) as refusal:
        ruleset_from(changed(path, value))
    assert str(refusal.value).startswith(message)
    assert refusal.value.code == "invalid_rule_set"


@pytest.mark.parametrize("value", [..., "", "someday", 2020])
def test_a_rule_set_says_since_when_it_holds(value: object) -> None:
    with pytest.raises(InvalidInstant):
        ruleset_from(changed("valid_from", value))


@pytest.mark.parametrize("days", [0, 365])
def test_the_ends_of_the_range_are_days_too(days: int) -> None:
    assert ruleset_from(changed("days.contact", days)).contact == timedelta(days=days)


@pytest.mark.parametrize("identifier", ["", "zj-2099", "../secrets"])
def test_an_unknown_rule_set_is_refused_with_those_there_are(identifier: str) -> None:
    with pytest.raises(UnknownRuleSet, match=BASELINE) as refusal:
        shipped_ruleset(identifier)
    assert refusal.value.code == "unknown_rule_set"


def test_a_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    data = dict(shipped_data(BASELINE))
    assert fingerprint(dict(reversed(data.items()))) == fingerprint(data)


def test_another_day_is_another_fingerprint() -> None:
    assert fingerprint(changed("days.contact", 15)) != fingerprint(shipped_data(BASELINE))
