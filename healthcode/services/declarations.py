"""What people say of themselves: health and trips (赋码: N1.1, N1.2).

A declaration can only add caution. What lifts a ground (a test, a cleared fever) comes from those who examine.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.instants import Moment
from healthcode.models import Account, Person, Source, SourceCategory
from healthcode.services.evidence import NewEvidence, Recorded, record_batch

SELF_SOURCE = "self"


class Fever(NamedTuple):
    """Fever since ``onset``."""

    onset: Moment


class Stay(NamedTuple):
    """A stay somewhere else in China; ``until`` None is still there."""

    place: str
    community: str
    since: Moment
    until: Moment | None


class Entry(NamedTuple):
    """An entry from abroad (ISO 3166 alpha-3 ``country``)."""

    country: str
    entered: Moment


class Arrival(NamedTuple):
    """An arrival in the province."""

    arrived: Moment


Declared = Fever | Stay | Entry | Arrival


def declare(*, by: Account, person: Person, said: Sequence[Declared], form_id: str, at: datetime) -> Recorded:
    """Record what a person declares of themself. The same ``form_id`` twice is one declaration.

    Raises ``NotPermitted`` when ``by`` is not the person's account, ``Refused`` as ``record_batch``.
    """
    source = Source.objects.get(code=SELF_SOURCE, category=SourceCategory.SELF)
    rows = [NewEvidence(person.pk, _evidence(item, f"{form_id}-{index}", at)) for index, item in enumerate(said)]
    return record_batch(by=by, source=source, rows=rows, at=at)


def new_form_id() -> str:
    """Return the number of a new declaration form."""
    return secrets.token_urlsafe(16)


def _evidence(item: Declared, number: str, at: datetime) -> Evidence:
    match item:
        case Fever(onset):
            return _record(Kind.SYMPTOM, onset, number, at, detail={"symptom": "fever"})
        case Stay(place, community, since, until):
            stay = _record(Kind.AREA_STAY, since, number, at, detail={"place": place})
            return replace(stay, place=place, community=community, until=until.ends if until else None)
        case Entry(country, entered):
            return _record(Kind.OVERSEAS_ENTRY, entered, number, at, detail={"country": country})
        case _:
            return _record(Kind.ARRIVAL, item.arrived, number, at, detail={})


def _record(kind: Kind, when: Moment, number: str, at: datetime, *, detail: dict[str, object]) -> Evidence:
    return Evidence(
        id=number,
        kind=kind,
        at=when.begins,
        ended_at=when.ends,
        recorded_at=at,
        source=SourceCategory.SELF,
        detail=detail,
    )
