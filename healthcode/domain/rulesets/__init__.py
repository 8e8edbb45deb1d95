"""Rule sets: the parameters of the rules and the wording of the clauses as versioned data (N3.1).

``zj-2020-109.json`` is the shipped baseline; the shapes of the rules are code. A rule set is the only place where a
number of days of the rules lives.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from healthcode.domain.instants import parse_moment

BASELINE = "zj-2020-109"
_FOLDER = Path(__file__).parent
PERIODS = (
    "contact",
    "entry_central",
    "entry_home",
    "convalescence",
    "after_leaving_outbreak",
    "after_leaving_risk_area",
    "before_designation",
    "test_before_arrival",
    "history_before_onset",
)


class InvalidRuleSet(ValueError):
    """The data are no rule set; the message names the field."""

    code = "invalid_rule_set"


class UnknownRuleSet(LookupError):
    """No rule set of this id is shipped."""

    code = "unknown_rule_set"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Parameters of one version of the rules; every period is a ``timedelta`` of whole days."""

    id: str
    valid_from: datetime
    contact: timedelta
    entry_central: timedelta
    entry_home: timedelta
    convalescence: timedelta
    after_leaving_outbreak: timedelta
    after_leaving_risk_area: timedelta
    before_designation: timedelta
    test_before_arrival: timedelta
    history_before_onset: timedelta


def ruleset_from(data: Mapping[str, object]) -> RuleSet:
    """Read a rule set from its JSON form; raise ``InvalidRuleSet`` naming the first wrong field."""
    identifier, days = data.get("id"), data.get("days")
    if not isinstance(identifier, str) or not identifier:
        raise InvalidRuleSet("id: expected a name")
    if not isinstance(days, Mapping):
        raise InvalidRuleSet("days: expected an object")
    unknown = sorted(set(days) - set(PERIODS))
    if unknown:
        raise InvalidRuleSet(f"days.{unknown[0]}: unknown parameter")
    periods = {name: _period(days, name) for name in PERIODS}
    return RuleSet(id=identifier, valid_from=parse_moment(data.get("valid_from")).begins, **periods)


def _period(days: Mapping[str, object], name: str) -> timedelta:
    value = days.get(name)
    if type(value) is not int or not 0 <= value <= 365:
        raise InvalidRuleSet(f"days.{name}: expected whole days from 0 to 365, got {value!r}")
    return timedelta(days=value)


def shipped_ids() -> list[str]:
    """Return the ids of the rule sets that come with the software."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


@cache
def shipped_data(identifier: str) -> Mapping[str, object]:
    """Return the JSON form of a shipped rule set; raise ``UnknownRuleSet``."""
    if identifier not in shipped_ids():
        raise UnknownRuleSet(f"no rule set {identifier!r}; shipped: {', '.join(shipped_ids())}")
    data: Mapping[str, object] = json.loads((_FOLDER / f"{identifier}.json").read_text(encoding="utf-8"))
    return data


def shipped_ruleset(identifier: str = BASELINE) -> RuleSet:
    """Return a shipped rule set; raise ``UnknownRuleSet``."""
    return ruleset_from(shipped_data(identifier))


def texts_in(data: Mapping[str, object]) -> Mapping[str, Mapping[str, str]]:
    """Return the wording of every clause by language: the version's own, the shipped one where it says nothing.

    Versions say all of it; only one that was recorded before they did has nothing to say.
    """
    shipped, own = shipped_data(BASELINE).get("texts"), data.get("texts")
    found: dict[str, Mapping[str, str]] = {}
    for texts in (shipped, own):
        found |= texts if isinstance(texts, Mapping) else {}
    return found


def fingerprint(data: Mapping[str, object]) -> str:
    """Return the SHA-256 of the rule set's canonical JSON, in hex: what a decision's record rests on."""
    canonical = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
