"""How truth rows are written and compared: short makers for cases and for what is expected of a decision."""

from datetime import datetime
from typing import Any, NamedTuple

Json = dict[str, Any]

TOP_LEVEL = ("until", "recorded_at", "source", "retracts", "reason")
INSTANTS = ("at", "since", "until", "stage_until", "changes_at")
CLAUSES = {
    "confirmed": ["N1.1", "N2.1"],
    "asymptomatic": ["N1.1", "N2.1"],
    "suspected": ["N1.1", "N2.1"],
    "positive_pending": ["N1.1"],
    "close_contact": ["N1.1", "N2.1"],
    "overseas_entry": ["N1.1", "N2.1", "N2.3"],
    "isolation_order": ["N1.1", "N2.3"],
    "outbreak_area": ["N1.4"],
    "fever": ["N1.2", "N2.5"],
    "risk_area": ["N1.2", "N2.6"],
}
YELLOW = ("fever", "risk_area")


class Row(NamedTuple):
    """One line of a truth table; `expected` names only the fields to compare."""

    name: str
    case: Json
    expected: Json


def day(text: str) -> str:
    """`07-01T10:00` as a China-time instant of 2020, `07-01` as a bare date."""
    return f"2020-{text}+08:00" if "T" in text else f"2020-{text}"


def ev(name: str, kind: str, at: str, **fields: Any) -> Json:
    """One record; instants short; what is no field of the record itself goes into its detail."""
    record: Json = {"id": name, "kind": kind, "at": day(at)}
    for key, value in fields.items():
        given = day(value) if key in ("until", "recorded_at", "reported_at") else value
        (record if key in TOP_LEVEL else record.setdefault("detail", {}))[key] = given
    return record


def area(name: str, level: str, code: str, begin: str, *, to: str = "", communities: list[str] | None = None) -> Json:
    """One designation."""
    made: Json = {"id": name, "level": level, "code": code, "communities": communities or [], "from": day(begin)}
    return {**made, "to": day(to)} if to else made


def row(name: str, at: str, evidence: list[Json], expected: Json, areas: list[Json] | None = None) -> Row:
    """One line: at this instant, with this on record, this is expected."""
    case = {"id": name, "at": day(at), "evidence": evidence, "areas": areas or []}
    return Row(name, case, expected)


def ground(rule: str, since: str, until: str | None, stage: str | None = None, **fields: Any) -> Json:
    """An expected ground; a stage ends with the ground unless `stage_until` is given; `colour` for orders."""
    expected: Json = {"rule": rule, "since": day(since), "until": day(until) if until else None, "stage": stage}
    expected["stage_until"] = expected["until"] if stage else None
    if rule in CLAUSES:
        expected |= {"clause": CLAUSES[rule], "colour": "yellow" if rule in YELLOW else "red"}
    if "stage_until" in fields:
        expected["stage_until"] = day(fields.pop("stage_until"))
    return expected | fields


def decided(colour: str, *grounds: Json, then: tuple[str, str] | None = None, ask: list[str] | None = None) -> Json:
    """An expected decision with all its grounds in order; `then` = when the colour changes, and to what."""
    return {
        "colour": colour,
        "grounds": list(grounds),
        "changes_at": day(then[0]) if then else None,
        "becomes": then[1] if then else None,
        "needs_detail": ask or [],
    }


def same(key: str, expected: Any, found: Any) -> bool:
    """Whether a field agrees: instants as instants, everything else as it stands."""
    if key in INSTANTS and expected is not None and found is not None:
        return datetime.fromisoformat(expected) == datetime.fromisoformat(found)
    return bool(expected == found)


def mismatches(expected: Json, decision: Json) -> list[str]:
    """What differs between the expected fields and a decision (its JSON form), one sentence each."""
    found = [
        f"{key}: {decision[key]!r}, not {value!r}"
        for key, value in expected.items()
        if key != "grounds" and not same(key, value, decision[key])
    ]
    grounds = expected.get("grounds")
    if grounds is None:
        return found
    if len(grounds) != len(decision["grounds"]):
        return [*found, f"{len(decision['grounds'])} grounds, not {len(grounds)}: {decision['grounds']!r}"]
    for index, (wanted, given) in enumerate(zip(grounds, decision["grounds"], strict=True)):
        inner = mismatches(wanted, given)
        found += [f"grounds[{index}].{text}" for text in inner]
    return found
