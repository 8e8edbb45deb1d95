"""What a draft of the rules would change: one person's two decisions compared, many comparisons added up.

Pure. The totals are plain JSON, so a simulation that was interrupted goes on from what it had stored.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from healthcode.domain.colours import Colour
from healthcode.domain.decide import Decision
from healthcode.domain.instants import print_instant

# How many people are shown of each kind of change in each county, and of the largest surprises of all.
SAMPLES, SURPRISES = 5, 20
# A ground without an end counts as this long when changes are put in order.
_OPEN_DAYS = 3_650


class Effect(NamedTuple):
    """How one person fares under two rule sets at one instant.

    ``rule`` is the ground that tells them apart: the worst of the worse decision, none where both are green.
    ``days`` is by how much later (or earlier, below 0) the code turns green, in days; an open end counts as ten years.
    """

    before: Colour
    after: Colour
    rule: str
    days: float
    green_before: datetime | None
    green_after: datetime | None

    @property
    def is_move(self) -> bool:
        """Tell whether the colour differs."""
        return self.before is not self.after

    @property
    def weight(self) -> float:
        """Return what orders surprises: a step of colour weighs more than any number of days."""
        return abs(self.after.severity - self.before.severity) * 100_000 + abs(self.days)


def compare(old: Decision, new: Decision) -> Effect:
    """Compare two decisions on one person at one instant."""
    worse = new if new.colour.severity >= old.colour.severity and new.grounds else old
    before, after = _green_from(old), _green_from(new)
    days = _days_until(after, new.at) - _days_until(before, old.at)
    rule = worse.grounds[0].rule.value if worse.grounds else ""
    return Effect(old.colour, new.colour, rule, days, before, after)


def _green_from(decision: Decision) -> datetime | None:
    """Return from when on the code is green for good, None when that is not known."""
    begins: datetime | None = None
    for segment in decision.timeline:
        if segment.colour is not Colour.GREEN:
            begins = None
        elif begins is None:
            begins = segment.begins
    return begins


def _days_until(green: datetime | None, at: datetime) -> float:
    return _OPEN_DAYS if green is None else (green - at) / timedelta(days=1)


def empty() -> dict[str, Any]:
    """Return totals of nobody."""
    return {
        "people": 0,
        "changed": 0,
        "longer": 0,
        "shorter": 0,
        "moves": {},
        "counties": {},
        "grounds": {},
        "samples": {},
        "surprises": [],
    }


def add(totals: dict[str, Any], effect: Effect, *, county: str, pseudonym: str) -> None:
    """Add one person whose two decisions differ in colour or in when they turn green. ``totals`` is changed."""
    if not effect.is_move:
        if effect.days:
            totals["longer" if effect.days > 0 else "shorter"] += 1
            _surprise(totals, effect, county, pseudonym)
        return
    move = f"{effect.before.value}>{effect.after.value}"
    totals["changed"] += 1
    _count(totals["moves"], move)
    _count(totals["counties"].setdefault(county, {}), move)
    _count(totals["grounds"].setdefault(effect.rule, {}), move)
    _sample(totals["samples"].setdefault(county, {}).setdefault(move, []), effect, county, pseudonym)
    _surprise(totals, effect, county, pseudonym)


def _sample(rows: list[dict[str, Any]], effect: Effect, county: str, pseudonym: str) -> None:
    """Keep the smallest pseudonyms: a sample that nobody has picked."""
    if len(rows) == SAMPLES and pseudonym >= rows[-1]["person"]:
        return
    rows.append(_row(effect, county, pseudonym))
    rows.sort(key=lambda row: str(row["person"]))
    del rows[SAMPLES:]


def _surprise(totals: dict[str, Any], effect: Effect, county: str, pseudonym: str) -> None:
    rows = totals["surprises"]
    if len(rows) == SURPRISES and effect.weight <= rows[-1]["weight"]:
        return
    rows.append(_row(effect, county, pseudonym))
    rows.sort(key=lambda row: (-row["weight"], row["person"]))
    del rows[SURPRISES:]


def _row(effect: Effect, county: str, pseudonym: str) -> dict[str, Any]:
    return {
        "person": pseudonym,
        "county": county,
        "rule": effect.rule,
        "before": effect.before.value,
        "after": effect.after.value,
        "green_before": print_instant(effect.green_before),
        "green_after": print_instant(effect.green_after),
        "days": round(effect.days, 2),
        "weight": round(effect.weight, 2),
    }


def _count(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1


def total_of(counts: Mapping[str, int]) -> int:
    """Return the sum of a row of counts."""
    return sum(counts.values())
