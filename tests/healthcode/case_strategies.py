"""Valid cases of the `decide` command: for hypothesis (`cases()`) and from a seed (`random_cases`).

Both walk the same builder; only the way a choice is made differs. Instants come from a pool of a few per case, with
the days the rules count (7, 14, 21) around them, so that edges coincide far more often than in life.
"""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

Json = dict[str, Any]
T = TypeVar("T")

CHINA = timezone(timedelta(hours=8))
FIRST = datetime(2020, 6, 1, tzinfo=CHINA)
SPAN_HOURS = 60 * 24
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)

PLACES = ("330106", "330106001", "330106001002", "330105", "110106", "110106005")
COMMUNITIES = ("新发地市场", "和平社区", "玉泉东市场")
STATUSES = ("confirmed", "suspected", "asymptomatic", "excluded")
# Mostly what happens to most people; each kind is there often enough to meet every other.
KINDS = (
    *("area_stay",) * 5,
    *("nat_result",) * 5,
    *("symptom", "symptom_cleared", "close_contact", "overseas_entry", "release", "diagnosis") * 2,
    *("diagnosis", "discharge", "discharge", "discharge"),
    *("arrival", "isolation_order", "control_order", "retraction"),
)


class Chooser(Protocol):
    """Where choices come from."""

    def pick(self, values: Sequence[T]) -> T:
        """One of the values; the first is the simplest."""
        ...

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        ...

    def chance(self, percent: int) -> bool:
        """True in about so many cases of a hundred; False is the simplest."""
        ...


class Dice:
    """Choices from a seeded generator."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def pick(self, values: Sequence[T]) -> T:
        """One of the values."""
        return self.rng.choice(values)

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self.rng.randint(low, high)

    def chance(self, percent: int) -> bool:
        """True in so many cases of a hundred."""
        return self.rng.randrange(100) < percent


class Drawn:
    """Choices drawn, and made smaller, by hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def pick(self, values: Sequence[T]) -> T:
        """One of the values."""
        return self.draw(st.sampled_from(values))

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self.draw(st.integers(low, high))

    def chance(self, percent: int) -> bool:
        """True in about so many cases of a hundred."""
        return self.draw(st.integers(0, 99)) >= 100 - percent


def written(choose: Chooser, instant: datetime, *, date: bool = False) -> str:
    """An instant as a case may write it: naive China time, zoned, in UTC, in another zone; `date` as a bare date."""
    if date:
        return instant.astimezone(CHINA).date().isoformat()
    form = choose.pick(("naive", "china", "utc", "other"))
    if form == "naive":
        return instant.astimezone(CHINA).replace(tzinfo=None).isoformat()
    zone = {"china": CHINA, "utc": UTC, "other": timezone(timedelta(hours=-5, minutes=-30))}[form]
    return instant.astimezone(zone).isoformat().replace("+00:00", "Z")


class CaseBuilder:
    """Builds one case, choice by choice."""

    def __init__(self, choose: Chooser, *, size: int, location_sources: bool) -> None:
        self.choose = choose
        self.size = size
        self.location_sources = location_sources
        anchors = [FIRST + timedelta(hours=6 * choose.number(0, SPAN_HOURS // 6)) for _ in range(3)]
        days = (-14, -7, -1, 0, 1, 7, 14)
        self.pool = sorted({anchor + step * DAY for anchor in anchors for step in days})
        # From the later half, so that most of what is made is known.
        self.at = choose.pick(self.pool[len(self.pool) // 2 :]) + choose.pick((timedelta(0), -TICK, TICK, DAY))
        self.made: list[Json] = []

    def build(self, number: int) -> Json:
        """The case; `number` goes into its id."""
        for index in range(self.choose.number(1, self.size)):
            self.made.append(self.record(f"e{index}"))
        areas = [self.area(f"a{index}") for index in range(self.choose.number(0, 3))]
        return {
            "id": f"case-{number}",
            "at": written(self.choose, self.at),
            "evidence": self.made,
            "areas": areas,
        }

    def record(self, name: str) -> Json:
        """One record of any kind."""
        kind = self.choose.pick(KINDS)
        begin = self.instant()
        record: Json = {"id": name, "kind": kind, "at": self.value(begin)}
        self.add_recorded(record, begin)
        if self.choose.chance(30):
            record["source"] = self.choose.pick(("cdc", "customs", "hospital"))
        fill: Callable[[Json, datetime], None] = getattr(self, f"fill_{kind}")
        fill(record, begin)
        return record

    def add_recorded(self, record: Json, begin: datetime) -> None:
        """Recorded with the event (nothing written), at a later instant; orders also before they begin."""
        if not self.choose.chance(40):
            return
        order = record["kind"] in ("isolation_order", "control_order")
        known = self.instant() if order else self.later(begin, allow_same=True)
        record["recorded_at"] = written(self.choose, known)

    def instant(self) -> datetime:
        """An instant of the pool."""
        return self.choose.pick(self.pool)

    def later(self, begin: datetime, *, allow_same: bool = False) -> datetime:
        """An instant of the pool after `begin` (or at it)."""
        found = [i for i in self.pool if i > begin or (allow_same and i == begin)]
        return self.choose.pick(found) if found else begin + DAY

    def value(self, instant: datetime) -> str:
        """An instant as written, now and then as a bare date."""
        return written(self.choose, instant, date=self.choose.chance(8))

    def evidence_id(self) -> str:
        """The id of a record that stands, now and then of one that does not."""
        return self.choose.pick([*(str(record["id"]) for record in self.made), "missing"])

    def put(self, record: Json, key: str, value: str) -> None:
        """A place or community, in the detail or on the record itself."""
        (record if self.choose.chance(25) else record.setdefault("detail", {}))[key] = value

    def fill_diagnosis(self, record: Json, begin: datetime) -> None:
        """A finding."""
        record["detail"] = {"status": self.choose.pick(STATUSES)}

    def fill_discharge(self, record: Json, begin: datetime) -> None:
        """Nothing beside the instant."""

    def fill_symptom_cleared(self, record: Json, begin: datetime) -> None:
        """Nothing beside the instant."""

    def fill_close_contact(self, record: Json, begin: datetime) -> None:
        """Contact with a case."""
        record["detail"] = {"case": "C-1"}

    def fill_overseas_entry(self, record: Json, begin: datetime) -> None:
        """Entry from abroad."""
        record["detail"] = {"country": self.choose.pick(("ITA", "USA"))}

    def fill_area_stay(self, record: Json, begin: datetime) -> None:
        """A stay, over or not, with or without a community."""
        self.put(record, "place", self.choose.pick(PLACES))
        if self.choose.chance(40):
            self.put(record, "community", self.choose.pick(COMMUNITIES))
        if self.choose.chance(70):
            record["until"] = self.value(self.later(begin))
        if self.location_sources and self.choose.chance(10):
            record["source"] = self.choose.pick(("telecom", "device"))

    def fill_arrival(self, record: Json, begin: datetime) -> None:
        """Arrival in the province."""
        if self.choose.chance(50):
            record["detail"] = {"from": self.choose.pick(PLACES)}

    def fill_isolation_order(self, record: Json, begin: datetime) -> None:
        """An order with its document."""
        record["until"] = self.value(self.later(begin))
        record["detail"] = {"mode": self.choose.pick(("central", "home")), "document": "文 1 号"}

    def fill_control_order(self, record: Json, begin: datetime) -> None:
        """An order of either colour."""
        record["until"] = self.value(self.later(begin))
        record["detail"] = {"colour": self.choose.pick(("yellow", "red")), "document": "文 2 号"}

    def fill_release(self, record: Json, begin: datetime) -> None:
        """A release of one or two records."""
        named = {self.evidence_id() for _ in range(self.choose.number(1, 2))}
        stage = self.choose.pick(("all", "central", "home"))
        record["detail"] = {"of": sorted(named), "stage": stage, "document": "文 3 号"}

    def fill_nat_result(self, record: Json, begin: datetime) -> None:
        """A test, negative four times in five, reported at the sampling or later."""
        record["detail"] = {"result": "positive" if self.choose.chance(20) else "negative", "lab": "省疾控"}
        if self.choose.chance(60):
            report = self.choose.pick((begin + timedelta(hours=12), self.later(begin, allow_same=True)))
            record["detail"]["reported_at"] = self.value(report)

    def fill_symptom(self, record: Json, begin: datetime) -> None:
        """Fever."""
        record["detail"] = {"symptom": "fever"}

    def fill_retraction(self, record: Json, begin: datetime) -> None:
        """A record withdrawn: any, a retraction too, recorded before or after it."""
        record["retracts"] = self.evidence_id()
        record["reason"] = "录入有误"

    def area_code(self) -> str:
        """Most often the place of a stay or its county, else any."""
        stays = [record for record in self.made if record["kind"] == "area_stay"]
        if not stays or self.choose.chance(20):
            return self.choose.pick(PLACES)
        stay = self.choose.pick(stays)
        place = str(stay.get("place") or stay["detail"]["place"])
        return place[: self.choose.pick((6, 9, 12))]

    def area(self, name: str) -> Json:
        """A designation, ended or not, whole or by community."""
        begin = self.instant()
        area: Json = {
            "id": name,
            "level": self.choose.pick(("medium", "high", "outbreak")),
            "code": self.area_code(),
            "communities": [],
            "from": self.value(begin),
        }
        if self.choose.chance(40):
            area["communities"] = sorted({self.choose.pick(COMMUNITIES) for _ in range(2)})
        if self.choose.chance(50):
            area["to"] = self.value(self.later(begin))
        return area


@st.composite
def cases(draw: st.DrawFn, *, size: int = 6, location_sources: bool = False) -> Json:
    """One valid case of at most `size` records and three designations.

    `location_sources` adds stays known only from a device or telecom.
    """
    return CaseBuilder(Drawn(draw), size=size, location_sources=location_sources).build(0)


def random_cases(n: int, seed: int, *, size: int = 6, location_sources: bool = False) -> list[Json]:
    """The same `n` valid cases for the same seed, with ids `case-0` … ."""
    dice = Dice(random.Random(seed))
    return [CaseBuilder(dice, size=size, location_sources=location_sources).build(i) for i in range(n)]
