"""Stories: what has happened to a person, as the records that departments would send. One or more for each rule."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

Records = list[dict[str, Any]]
Story = Callable[[datetime], Records]

FENGTAI = "110106"


def _ago(at: datetime, **period: float) -> str:
    return (at - timedelta(**period)).isoformat()


def _in(at: datetime, **period: float) -> str:
    return (at + timedelta(**period)).isoformat()


def _record(source: str, kind: str, at: str, **rest: Any) -> dict[str, Any]:
    top: dict[str, Any] = {name: rest.pop(name) for name in ("until", "community") if name in rest}
    return {"source": source, "kind": kind, "at": at, **top, "detail": rest}


def confirmed(at: datetime) -> Records:
    """In hospital with a confirmed infection."""
    return [_record("zj-health", "diagnosis", _ago(at, days=6), status="confirmed")]


def convalescent(at: datetime) -> Records:
    """Discharged and in convalescence."""
    return [
        _record("zj-health", "diagnosis", _ago(at, days=25), status="confirmed"),
        _record("zj-health", "discharge", _ago(at, days=4)),
    ]


def recovered(at: datetime) -> Records:
    """Green again after hospital and convalescence."""
    return [
        _record("zj-health", "diagnosis", _ago(at, days=50), status="asymptomatic"),
        _record("zj-health", "discharge", _ago(at, days=30)),
    ]


def asymptomatic(at: datetime) -> Records:
    """Infected without symptoms, in hospital observation."""
    return [_record("zj-health", "diagnosis", _ago(at, days=3), status="asymptomatic")]


def suspected(at: datetime) -> Records:
    """A suspected case."""
    return [_record("zj-health", "diagnosis", _ago(at, hours=20), status="suspected")]


def excluded(at: datetime) -> Records:
    """Suspected first, then excluded: green."""
    return [
        _record("zj-health", "diagnosis", _ago(at, days=9), status="suspected"),
        _record("zj-health", "diagnosis", _ago(at, days=7), status="excluded"),
    ]


def positive(at: datetime) -> Records:
    """A positive test that awaits its diagnosis."""
    reported = _ago(at, hours=5)
    return [_record("zj-health", "nat_result", _ago(at, hours=15), result="positive", reported_at=reported)]


def contact(at: datetime) -> Records:
    """A close contact in central isolation."""
    return [_record("zj-health", "close_contact", _ago(at, days=5), case="ZJ-0731")]


def contact_released(at: datetime) -> Records:
    """A close contact whose isolation ended in time."""
    return [_record("zj-health", "close_contact", _ago(at, days=20), case="ZJ-0698")]


def overseas_central(at: datetime) -> Records:
    """Entered from abroad five days ago: central isolation."""
    return [_record("hz-customs", "overseas_entry", _ago(at, days=5), country="ITA")]


def overseas_home(at: datetime) -> Records:
    """Entered from abroad sixteen days ago: home observation."""
    return [_record("hz-customs", "overseas_entry", _ago(at, days=16), country="USA")]


def overseas_ending(at: datetime) -> Records:
    """Home observation that ends five minutes after the seeding: the code turns green by itself."""
    return [_record("hz-customs", "overseas_entry", _ago(at, days=20, hours=23, minutes=55), country="JPN")]


def isolation_home(at: datetime) -> Records:
    """Ordered to observe at home."""
    ends = _in(at, days=4)
    return [
        _record(
            "zj-office", "isolation_order", _ago(at, days=3), until=ends, mode="home", document="西防办〔2020〕17号"
        )
    ]


def controlled(at: datetime) -> Records:
    """Named by a control order (其他须纳入); the seed takes it through its request and its two approvals."""
    ends = _in(at, days=2)
    return [
        _record(
            "zj-office", "control_order", _ago(at, days=1), until=ends, colour="yellow", document="浙防办〔2020〕31号"
        )
    ]


def fever(at: datetime) -> Records:
    """Fever without any history."""
    return [_record("zj-health", "symptom", _ago(at, days=1), symptom="fever")]


def fever_cleared(at: datetime) -> Records:
    """Fever, then a negative test: green."""
    reported = _ago(at, days=2)
    return [
        _record("zj-health", "symptom", _ago(at, days=4), symptom="fever"),
        _record("zj-health", "nat_result", _ago(at, days=3), result="negative", reported_at=reported),
    ]


def risk_area(at: datetime) -> Records:
    """Back from a risk area, no test yet."""
    left = _ago(at, days=3)
    return [
        _record("sh-rail", "area_stay", _ago(at, days=8), until=left, place=FENGTAI, community="花乡"),
        _record("sh-rail", "arrival", left),
    ]


def risk_area_tested(at: datetime) -> Records:
    """Back from a risk area with a negative test: green."""
    left = _ago(at, days=6)
    return [
        _record("sh-rail", "area_stay", _ago(at, days=10), until=left, place=FENGTAI, community="花乡"),
        _record("zj-health", "nat_result", _ago(at, days=5), result="negative", reported_at=_ago(at, days=4)),
    ]


def unclear_stay(at: datetime) -> Records:
    """Was in the county of a risk area, nobody knows where: asked, not coloured."""
    return [_record("zj-transport", "area_stay", _ago(at, days=6), until=_ago(at, days=4), place=FENGTAI)]


def location_only(at: datetime) -> Records:
    """A phone's position alone: a question, never a colour."""
    stay = _record("zj-telecom", "area_stay", _ago(at, days=5), until=_ago(at, days=4), place=FENGTAI)
    return [{**stay, "community": "花乡"}]


def two_grounds(at: datetime) -> Records:
    """A close contact with fever: red now, yellow after."""
    return [*contact(at), *fever(at)]


def nothing(at: datetime) -> Records:
    """Nothing: green."""
    return []


STORIES: tuple[Story, ...] = (
    confirmed,
    convalescent,
    recovered,
    asymptomatic,
    suspected,
    excluded,
    positive,
    contact,
    contact_released,
    overseas_central,
    overseas_home,
    overseas_ending,
    isolation_home,
    controlled,
    fever,
    fever_cleared,
    risk_area,
    risk_area_tested,
    unclear_stay,
    location_only,
    two_grounds,
)
