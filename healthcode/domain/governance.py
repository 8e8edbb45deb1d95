"""How a version of the rules comes into force: states, who may do what, and what is signed (N3.1 全省一码).

Pure data and functions. One table says which act leads from which state to which, and to whom it is open.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from healthcode.domain.instants import print_instant

# Two people of the provincial office besides the one who proposed.
APPROVALS_NEEDED = 2
PROVINCIAL_OFFICE = "330000"
# The clauses that every version words.
CLAUSES = (
    *("N1.1", "N1.2", "N1.3", "N1.4", "N1.5"),
    *("N2.1", "N2.2", "N2.3", "N2.4", "N2.5", "N2.6", "N2.7"),
)
LANGUAGES = ("zh", "en")
# How far back a simulation looks a second time.
WEEK = timedelta(days=7)


class RuleState(StrEnum):
    """Where a version stands. ``withdrawn`` is the end of one that never came into force."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


class RuleAct(StrEnum):
    """What is done to a version."""

    DRAFT = "draft"
    REVISE = "revise"
    PROPOSE = "propose"
    APPROVE = "approve"
    SCHEDULE = "schedule"
    ENACT = "enact"
    RETIRE = "retire"
    WITHDRAW = "withdraw"


class Party(StrEnum):
    """Who acts: the one who wrote the version, the provincial office, or the system when an instant comes."""

    AUTHOR = "author"
    OFFICE = "office"
    SYSTEM = "system"


class WrongTransition(ValueError):
    """The version's state does not allow the act, whoever asks."""

    code = "wrong_transition"


class Transition(NamedTuple):
    """Where an act leads, and to whom it is open."""

    to: RuleState
    parties: frozenset[Party]


_AUTHOR, _OFFICE, _SYSTEM = frozenset({Party.AUTHOR}), frozenset({Party.OFFICE}), frozenset({Party.SYSTEM})

TRANSITIONS: Mapping[tuple[RuleState, RuleAct], Transition] = MappingProxyType(
    {
        (RuleState.DRAFT, RuleAct.REVISE): Transition(RuleState.DRAFT, _AUTHOR),
        (RuleState.DRAFT, RuleAct.PROPOSE): Transition(RuleState.PROPOSED, _AUTHOR),
        (RuleState.DRAFT, RuleAct.WITHDRAW): Transition(RuleState.WITHDRAWN, _AUTHOR),
        # The approval that completes the number leads there; the one before it leaves the state as it is.
        (RuleState.PROPOSED, RuleAct.APPROVE): Transition(RuleState.APPROVED, _OFFICE),
        (RuleState.PROPOSED, RuleAct.WITHDRAW): Transition(RuleState.WITHDRAWN, _AUTHOR | _OFFICE),
        (RuleState.APPROVED, RuleAct.SCHEDULE): Transition(RuleState.SCHEDULED, _OFFICE),
        (RuleState.APPROVED, RuleAct.WITHDRAW): Transition(RuleState.WITHDRAWN, _OFFICE),
        (RuleState.SCHEDULED, RuleAct.WITHDRAW): Transition(RuleState.WITHDRAWN, _OFFICE),
        (RuleState.SCHEDULED, RuleAct.ENACT): Transition(RuleState.IN_FORCE, _SYSTEM),
        (RuleState.IN_FORCE, RuleAct.RETIRE): Transition(RuleState.RETIRED, _SYSTEM),
    }
)
# States of versions whose ``valid_from`` counts: reads go by the instant alone.
BINDING = frozenset({RuleState.SCHEDULED, RuleState.IN_FORCE, RuleState.RETIRED})


def transition(state: RuleState, act: RuleAct) -> Transition:
    """Return what the act does in this state; raise ``WrongTransition``."""
    found = TRANSITIONS.get((state, act))
    if found is None:
        raise WrongTransition(f"{act} is no act on a version that is {state}")
    return found


def is_open_to(state: RuleState, act: RuleAct, parties: frozenset[Party]) -> bool:
    """Tell whether one who is all of ``parties`` may do the act in this state."""
    found = TRANSITIONS.get((state, act))
    return found is not None and bool(found.parties & parties)


def state_at(state: RuleState, valid_from: datetime | None, valid_until: datetime | None, at: datetime) -> RuleState:
    """Return where a version stands at ``at``: its period decides, whether or not a sweep has written it down."""
    if state not in BINDING or valid_from is None:
        return state
    if valid_until is not None and valid_until <= at:
        return RuleState.RETIRED
    return RuleState.IN_FORCE if valid_from <= at else RuleState.SCHEDULED


def state_diagram() -> str:
    """Return the life of a version as a Mermaid state diagram, one line a transition of the table."""
    lines = ["stateDiagram-v2", f"    [*] --> {RuleState.DRAFT}: {RuleAct.DRAFT} ({Party.AUTHOR})"]
    for (state, act), step in TRANSITIONS.items():
        often = f" ×{APPROVALS_NEEDED}" if act is RuleAct.APPROVE else ""
        lines.append(f"    {state} --> {step.to}: {act}{often} ({', '.join(sorted(step.parties))})")
    ends = [state for state in RuleState if not any(begin is state for begin, _act in TRANSITIONS)]
    return "\n".join([*lines, *(f"    {state} --> [*]" for state in ends)])


def message_to_sign(code: str, fingerprint: str, valid_from: datetime) -> bytes:
    """Return the bytes that the province's key signs: which rules, exactly which text, from which instant."""
    said = {"code": code, "fingerprint": fingerprint, "valid_from": print_instant(valid_from)}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


class Shift(NamedTuple):
    """A parameter that differs between two versions, in days."""

    name: str
    before: int
    after: int


def shifts(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Shift, ...]:
    """Return the parameters that differ between two rule sets in their JSON form, in the order of the names."""
    old, new = _days(before), _days(after)
    return tuple(
        Shift(name, old[name], new[name]) for name in sorted(old.keys() & new.keys()) if old[name] != new[name]
    )


def _days(data: Mapping[str, object]) -> dict[str, int]:
    days = data.get("days")
    return {name: int(value) for name, value in days.items()} if isinstance(days, Mapping) else {}


class InvalidTexts(ValueError):
    """The wording of the clauses is not of the form; the message names the clause."""

    code = "invalid_texts"


def check_texts(texts: Mapping[str, Mapping[str, str]]) -> None:
    """Raise ``InvalidTexts`` unless the clauses are exactly ``CLAUSES``, each worded in both languages."""
    strange = sorted(set(texts) - set(CLAUSES))
    if strange:
        raise InvalidTexts(f"{strange[0]}: no clause of the colour rules")
    for clause in CLAUSES:
        words = texts.get(clause, {})
        if set(words) != set(LANGUAGES) or not all(text.strip() for text in words.values()):
            raise InvalidTexts(f"{clause}: needs its text in both languages")
