"""The JSON form of cases and decisions (``rules.md``): reading with errors that name what and where, printing.

The command ``decide``, the evidence feeds and the tests read records through this one door, so that a malformed
record is refused in the same words everywhere.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from healthcode.domain.colours import Colour, Level, Lift, Rule, Stage
from healthcode.domain.decide import Decision, Ground, Segment
from healthcode.domain.evidence import ORDERS, Designation, Evidence, Kind
from healthcode.domain.instants import InvalidInstant, Moment, parse_moment, print_instant, to_china

_Check = Callable[[Mapping[str, object], str], dict[str, object]]
_W = TypeVar("_W", bound=StrEnum)
_CODE = re.compile(r"\d{6}(\d{3}){0,2}")
_COUNTRY = re.compile(r"[A-Z]{3}")
# What these happen at is the end of something, so a bare date means the end of that day.
_AT_END = frozenset({Kind.DISCHARGE, Kind.RELEASE, Kind.SYMPTOM_CLEARED})
DIAGNOSES = ("confirmed", "suspected", "asymptomatic", "excluded")
RESULTS = ("negative", "positive")
MODES = (Stage.CENTRAL.value, Stage.HOME.value)
RELEASE_STAGES = (Stage.CENTRAL.value, Stage.HOME.value, "all")
CONTROL_COLOURS = (Colour.RED.value, Colour.YELLOW.value)
SYMPTOMS = ("fever",)


class Malformed(ValueError):
    """The data are not of the form; ``where`` names the field, ``what`` says what is wrong with it."""

    code = "malformed"

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


class Case(NamedTuple):
    """One input of the command ``decide``."""

    id: str
    at: datetime
    evidence: tuple[Evidence, ...]
    areas: tuple[Designation, ...]


def read_case(data: object) -> Case:
    """Read a case; raise ``Malformed``. ``areas`` may be left out; ``id``, ``at`` and ``evidence`` may not."""
    fields = _object(data, "case")
    records = [
        read_evidence(item, f"evidence[{index}]")
        for index, item in enumerate(_list(fields.get("evidence"), "evidence"))
    ]
    _refuse_twice([record.id for record in records], "evidence")
    areas = [
        read_designation(item, f"areas[{index}]") for index, item in enumerate(_list(fields.get("areas", []), "areas"))
    ]
    _refuse_twice([area.id for area in areas], "areas")
    return Case(_text(fields, "id", "id"), _moment(fields, "at", "at").begins, tuple(records), tuple(areas))


def _refuse_twice(ids: list[str], where: str) -> None:
    seen: set[str] = set()
    for index, identifier in enumerate(ids):
        if identifier in seen:
            raise Malformed(f"{where}[{index}].id", f"{identifier!r} is there twice")
        seen.add(identifier)


def read_evidence(data: object, where: str) -> Evidence:
    """Read one record; raise ``Malformed``. Fields of ``detail`` may also stand beside it."""
    fields = _object(data, where)
    kind = _word(fields, "kind", where, Kind)
    detail = {**fields, **_object(fields.get("detail") or {}, f"{where}.detail")}
    given = _moment(fields, "at", f"{where}.at")
    at_end = kind in _AT_END or (kind is Kind.DIAGNOSIS and detail.get("status") == "excluded")
    at = given.ends if at_end else given.begins
    recorded_at = _optional_moment(fields, "recorded_at", where)
    if kind not in ORDERS and recorded_at is not None and given.begins > recorded_at.ends:
        raise Malformed(f"{where}.at", "later than recorded_at; only orders may begin after they are recorded")
    until = _until(fields, kind, given, where)
    checked = _CHECKS[kind](detail, where)
    return Evidence(
        id=_text(fields, "id", f"{where}.id"),
        kind=kind,
        at=at,
        ended_at=given.ends,
        recorded_at=at if recorded_at is None else recorded_at.begins,
        until=until,
        source=_optional_text(fields, "source", where),
        place=str(checked.get("place", "")) or _optional_text(fields, "place", where),
        community=_optional_text(detail, "community", where),
        detail=checked,
        reported_at=_reported_at(detail, given, where) if kind is Kind.NAT_RESULT else None,
        retracts=_retracts(fields, kind, where),
        reason=_optional_text(detail, "reason", where),
    )


def _retracts(fields: Mapping[str, object], kind: Kind, where: str) -> str:
    if kind is Kind.RETRACTION:
        return _text(fields, "retracts", f"{where}.retracts")
    return _optional_text(fields, "retracts", where)


def _until(fields: Mapping[str, object], kind: Kind, given: Moment, where: str) -> datetime | None:
    until = _optional_moment(fields, "until", where)
    if until is None:
        if kind in ORDERS:
            raise Malformed(f"{where}.until", f"required: {kind} must say when it ends")
        return None
    if until.ends < given.begins:
        raise Malformed(f"{where}.until", "earlier than at")
    return until.ends


def _reported_at(detail: Mapping[str, object], given: Moment, where: str) -> datetime | None:
    reported = _optional_moment(detail, "reported_at", where)
    if reported is None:
        return given.begins if detail.get("result") == "positive" else given.ends
    if reported.ends < given.begins:
        raise Malformed(f"{where}.reported_at", "earlier than the sampling")
    # A positive report begins a ground, a negative one ends it: that decides what a bare date means.
    return reported.begins if detail.get("result") == "positive" else reported.ends


def read_designation(data: object, where: str) -> Designation:
    """Read one area designation; raise ``Malformed``."""
    fields = _object(data, where)
    begins = _moment(fields, "from", f"{where}.from").begins
    ends = _optional_moment(fields, "to", where)
    if ends is not None and ends.ends < begins:
        raise Malformed(f"{where}.to", "earlier than from")
    communities = _list(fields.get("communities") or [], f"{where}.communities")
    for index, name in enumerate(communities):
        if not isinstance(name, str) or not name:
            raise Malformed(f"{where}.communities[{index}]", f"expected a name, got {name!r}")
    return Designation(
        id=_text(fields, "id", f"{where}.id"),
        level=_word(fields, "level", where, Level),
        code=_place(fields, "code", where),
        valid_from=begins,
        valid_until=None if ends is None else ends.ends,
        communities=frozenset(str(name) for name in communities),
    )


# --- the details of each kind -----------------------------------------------------------------------------


def _nothing(detail: Mapping[str, object], where: str) -> dict[str, object]:
    return {}


def _choice(name: str, words: tuple[str, ...], *required: str) -> _Check:
    """Return a check that ``name`` is one of ``words`` and that the ``required`` texts are there."""

    def check(detail: Mapping[str, object], where: str) -> dict[str, object]:
        value = detail.get(name)
        if value not in words:
            raise Malformed(f"{where}.detail.{name}", f"expected one of {', '.join(words)}, got {value!r}")
        found: dict[str, object] = {name: value}
        for other in required:
            found[other] = _text(detail, other, f"{where}.detail.{other}")
        return found

    return check


def _stay(detail: Mapping[str, object], where: str) -> dict[str, object]:
    return {"place": _place(detail, "place", f"{where}.detail")}


def _entry(detail: Mapping[str, object], where: str) -> dict[str, object]:
    country = detail.get("country")
    if country is None:
        return {}
    if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
        raise Malformed(f"{where}.detail.country", f"expected an ISO 3166 alpha-3 code, got {country!r}")
    return {"country": country}


def _release_detail(detail: Mapping[str, object], where: str) -> dict[str, object]:
    named = detail.get("of")
    named = [named] if isinstance(named, str) else _list(named, f"{where}.detail.of")
    if not named or not all(type(item) in (str, int) and item != "" for item in named):
        raise Malformed(f"{where}.detail.of", "expected the ids of the evidence that is released")
    return {**_choice("stage", RELEASE_STAGES)(detail, where), "of": tuple(str(item) for item in named)}


_CHECKS: Mapping[Kind, _Check] = {
    Kind.DIAGNOSIS: _choice("status", DIAGNOSES),
    Kind.DISCHARGE: _nothing,
    Kind.CLOSE_CONTACT: _nothing,
    Kind.OVERSEAS_ENTRY: _entry,
    Kind.AREA_STAY: _stay,
    Kind.ARRIVAL: _nothing,
    Kind.ISOLATION_ORDER: _choice("mode", MODES, "document"),
    Kind.RELEASE: _release_detail,
    Kind.NAT_RESULT: _choice("result", RESULTS),
    Kind.SYMPTOM: _choice("symptom", SYMPTOMS),
    Kind.SYMPTOM_CLEARED: _nothing,
    Kind.RETRACTION: _nothing,
    Kind.CONTROL_ORDER: _choice("colour", CONTROL_COLOURS, "document"),
}


# --- fields -----------------------------------------------------------------------------------------------


def _object(data: object, where: str) -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        raise Malformed(where, f"expected an object, got {_brief(data)}")
    return data


def _list(data: object, where: str) -> list[object]:
    if not isinstance(data, list):
        raise Malformed(where, "missing" if data is None else f"expected a list, got {_brief(data)}")
    return data


def _text(fields: Mapping[str, object], name: str, where: str) -> str:
    value = fields.get(name)
    # Feeds number their records; a whole number is as good a name as text.
    if type(value) is int:
        return str(value)
    if not isinstance(value, str) or not value:
        raise Malformed(where, "missing" if value is None else f"expected text, got {_brief(value)}")
    return value


def _optional_text(fields: Mapping[str, object], name: str, where: str) -> str:
    if fields.get(name) in (None, ""):
        return ""
    return _text(fields, name, f"{where}.{name}")


def _word(fields: Mapping[str, object], name: str, where: str, words: type[_W]) -> _W:
    value = fields.get(name)
    try:
        return words(str(value))
    except ValueError as error:
        raise Malformed(f"{where}.{name}", f"expected one of {', '.join(words)}, got {_brief(value)}") from error


def _place(fields: Mapping[str, object], name: str, where: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise Malformed(f"{where}.{name}", f"expected a GB/T 2260 code of 6, 9 or 12 digits, got {_brief(value)}")
    return value


def _moment(fields: Mapping[str, object], name: str, where: str) -> Moment:
    if fields.get(name) is None:
        raise Malformed(where, "missing")
    try:
        return parse_moment(fields[name])
    except InvalidInstant as error:
        raise Malformed(where, str(error)) from error


def _optional_moment(fields: Mapping[str, object], name: str, where: str) -> Moment | None:
    return None if fields.get(name) is None else _moment(fields, name, f"{where}.{name}")


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# --- printing ---------------------------------------------------------------------------------------------


def print_ground(ground: Ground) -> dict[str, object]:
    """Return the JSON form of a ground."""
    return {
        "rule": ground.rule.value,
        "clause": list(ground.clauses),
        "colour": ground.colour.value,
        "evidence": list(ground.evidence),
        "since": print_instant(ground.since),
        "stage": ground.stage.value if ground.stage else None,
        "stage_until": print_instant(ground.stage_until),
        "until": print_instant(ground.until),
        "lifts": [lift.value for lift in ground.lifts],
    }


def print_segment(segment: Segment) -> dict[str, object]:
    """Return the JSON form of a part of the timeline."""
    return {
        "from": print_instant(segment.begins),
        "colour": segment.colour.value,
        "grounds": [print_ground(ground) for ground in segment.grounds],
        "needs_detail": list(segment.needs_detail),
    }


def print_decision(decision: Decision) -> dict[str, object]:
    """Return the JSON form of a decision, without its timeline."""
    return {
        "at": print_instant(decision.at),
        "ruleset": decision.ruleset,
        "colour": decision.colour.value,
        "grounds": [print_ground(ground) for ground in decision.grounds],
        "changes_at": print_instant(decision.changes_at),
        "becomes": decision.becomes.value if decision.becomes else None,
        "needs_detail": list(decision.needs_detail),
    }


def read_segment(data: Mapping[str, Any]) -> Segment:
    """Read back what ``print_segment`` printed: stored timelines are our own, so a fault here is ours."""
    return Segment(
        begins=to_china(datetime.fromisoformat(data["from"])),
        colour=Colour(data["colour"]),
        grounds=tuple(_read_ground(item) for item in data["grounds"]),
        needs_detail=tuple(data.get("needs_detail", ())),
    )


def _read_ground(data: Mapping[str, Any]) -> Ground:
    return Ground(
        rule=Rule(data["rule"]),
        clauses=tuple(data["clause"]),
        colour=Colour(data["colour"]),
        evidence=tuple(data["evidence"]),
        since=to_china(datetime.fromisoformat(data["since"])),
        stage=Stage(data["stage"]) if data["stage"] else None,
        stage_until=_read_instant(data["stage_until"]),
        until=_read_instant(data["until"]),
        lifts=tuple(Lift(word) for word in data["lifts"]),
    )


def _read_instant(text: str | None) -> datetime | None:
    return to_china(datetime.fromisoformat(text)) if text else None
