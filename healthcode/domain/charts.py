"""State diagrams drawn from transition tables, so that a drawing can be compared with what the rules do. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

_State = TypeVar("_State", bound=StrEnum)
_Act = TypeVar("_Act", bound=StrEnum)


def state_chart(moves: Mapping[tuple[_State, _Act], _State], first: _State, begins_with: str) -> str:
    """Return a Mermaid state diagram of ``moves`` (state and act to state).

    ``first`` is the state that ``begins_with`` leads to. Acts between the same two states share an arrow, in the order
    of the table; a state that nothing leads out of is an end.
    """
    arrows: dict[tuple[str, str], list[str]] = {("[*]", first.value): [begins_with]}
    for (state, act), then in moves.items():
        arrows.setdefault((state.value, then.value), []).append(act.value)
    leaving = {state for state, _act in moves}
    ends = [state for state in dict.fromkeys(moves.values()) if state not in leaving]
    lines = [f"    {start} --> {stop}: {', '.join(acts)}" for (start, stop), acts in arrows.items()]
    return "\n".join(["stateDiagram-v2", *lines, *(f"    {state.value} --> [*]" for state in ends)])
