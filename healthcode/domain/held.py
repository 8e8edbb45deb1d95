"""A record as it is kept while it waits: printed as JSON and read back unchanged (no rule is applied in between)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.instants import to_china

_INSTANTS = ("at", "ended_at", "recorded_at", "until", "reported_at")
_WORDS = ("id", "source", "place", "community", "retracts", "reason")


def print_record(said: Evidence) -> dict[str, Any]:
    """Return a record as JSON."""
    instants: dict[str, datetime | None] = {name: getattr(said, name) for name in _INSTANTS}
    return {
        "kind": said.kind.value,
        "detail": {name: list(v) if isinstance(v, tuple) else v for name, v in said.detail.items()},
        **{name: instant.isoformat() for name, instant in instants.items() if instant},
        **{name: getattr(said, name) for name in _WORDS},
    }


def read_record(printed: Mapping[str, Any]) -> Evidence:
    """Return the record that ``print_record`` printed."""
    given = [name for name in _INSTANTS if name in printed]
    said: dict[str, Any] = {name: to_china(datetime.fromisoformat(printed[name])) for name in given}
    said |= {name: str(printed[name]) for name in _WORDS}
    return Evidence(kind=Kind(printed["kind"]), detail=dict(printed["detail"]), **said)
