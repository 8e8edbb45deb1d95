"""What the oracle stands on: instants, which records count, grounds with their stages, releases."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

SHANGHAI = ZoneInfo("Asia/Shanghai")
PRINTED = timezone(timedelta(hours=8))
DAY = timedelta(days=1)


def begin(text: str) -> datetime:
    """The instant of a value where something begins with it: a bare date is its 00:00."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        value = value.replace(tzinfo=SHANGHAI)
    return value.astimezone(PRINTED)


def end(text: str) -> datetime:
    """The instant of a value that ends a period or is counted from: a bare date is its 24:00."""
    return begin(text) + DAY if len(text) == len("2020-07-01") else begin(text)


def ends_something(record: Json) -> bool:
    """Whether the record's own `at` can only end a period (discharge, release, clearing, exclusion)."""
    if record["kind"] == "diagnosis":
        return bool(detail(record)["status"] == "excluded")
    return record["kind"] in ("discharge", "release", "symptom_cleared")


def happened(record: Json) -> datetime:
    """The instant of a record's `at` in the rule it feeds."""
    return end(record["at"]) if ends_something(record) else begin(record["at"])


def recorded(record: Json) -> datetime:
    """When the record became known. Reading: missing = `at` as its own rule reads it."""
    return begin(record["recorded_at"]) if record.get("recorded_at") else happened(record)


def detail(record: Json) -> Json:
    """The record's detail, empty when missing."""
    return record.get("detail") or {}


def counts(case: Json, record: Json) -> bool:
    """Whether a record is known and not withdrawn at the case's `at`.

    Reading: `retracts` on a record of any kind withdraws, as long as that record itself counts.
    """
    if recorded(record) > begin(case["at"]):
        return False
    if record["kind"] == "retraction":
        return True
    return not any(other.get("retracts") == record["id"] and counts(case, other) for other in case["evidence"])


def of_kind(case: Json, kind: str) -> list[Json]:
    """The counted records of one kind."""
    return [record for record in case["evidence"] if record["kind"] == kind and counts(case, record)]


@dataclass(frozen=True)
class Piece:
    """One stage of a ground, half-open; `end` None is open."""

    stage: str | None
    begin: datetime
    end: datetime | None
    lifts: tuple[str, ...]

    def holds(self, at: datetime) -> bool:
        """Whether the stage holds at an instant."""
        return self.begin <= at and (self.end is None or at < self.end)


@dataclass(frozen=True)
class Ground:
    """A ground with its whole life, as far as it is known."""

    rule: str
    colour: str
    clause: tuple[str, ...]
    evidence: str
    since: datetime
    pieces: tuple[Piece, ...]

    @property
    def until(self) -> datetime | None:
        """The end of the last stage."""
        return self.pieces[-1].end if self.pieces else self.since

    def piece_at(self, at: datetime) -> Piece | None:
        """The stage that holds at an instant, None when the ground does not hold."""
        return next((piece for piece in self.pieces if piece.holds(at)), None)


def clip(pieces: tuple[Piece, ...], at: datetime | None) -> tuple[Piece, ...]:
    """The pieces cut off at an instant; None cuts nothing."""
    if at is None:
        return pieces
    kept = [piece for piece in pieces if piece.begin < at]
    return tuple(replace(p, end=at if p.end is None else min(p.end, at)) for p in kept)


def earliest(*instants: datetime | None) -> datetime | None:
    """The first of some instants, where None means never."""
    return min((instant for instant in instants if instant is not None), default=None)


def released(case: Json, ground: Ground) -> Ground:
    """The ground after all releases that name its evidence, in the order of their `at`.

    Reading: `central` acts only while the ground is in that stage; `home` and `all` end any ground ("`home` and
    `all` end it"), with or without stages, a home stage still to come included. Of releases at the same instant
    `central` applies first, then `home`, then `all`.
    """
    stages = ["central", "home", "all"]
    papers = [r for r in of_kind(case, "release") if ground.evidence in detail(r)["of"]]
    for paper in sorted(papers, key=lambda r: (happened(r), stages.index(detail(r)["stage"]))):
        ground = release_once(ground, happened(paper), detail(paper)["stage"])
    return ground


def release_once(ground: Ground, at: datetime, stage: str) -> Ground:
    """The ground after one release."""
    now = ground.piece_at(at)
    if now is None or (stage == "central" and now.stage != "central"):
        return ground
    cut = clip(ground.pieces, at)
    home = [piece for piece in ground.pieces if piece.begin > at and piece.stage == "home"]
    if stage == "central" and home:
        cut = (*cut, replace(home[0], begin=at, end=at + 7 * DAY))
    return replace(ground, pieces=cut)


def reported(test: Json) -> str:
    """The report time of a test as written, the sampling time when missing."""
    return str(detail(test).get("reported_at") or test["at"])


def printed(instant: datetime | None) -> str | None:
    """An instant in +08:00."""
    return instant.astimezone(PRINTED).isoformat() if instant else None
