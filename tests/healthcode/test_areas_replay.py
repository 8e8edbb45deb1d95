"""Every published list of 2022 in order over the people of the demonstration: each step explained, nobody left over."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from healthcode.config.demo.seed import PEOPLE, seed_people, seed_places, seed_staff
from healthcode.domain.colours import Rule
from healthcode.domain.evidence import Designation
from healthcode.domain.instants import CHINA
from healthcode.domain.snapshots import read_snapshot
from healthcode.models import (
    AreaChange,
    AreaDesignation,
    AreaSnapshot,
    DecisionRecord,
    EvidenceRecord,
    Person,
    Recolouring,
)
from healthcode.services.conversions import convert_due
from healthcode.services.installation import install_sources
from tests.healthcode.area_kit import REAL_SNAPSHOTS, apply, record_stay

# The morning of the first list.
SEEDED = datetime(2022, 4, 15, 8, tzinfo=CHINA)
HOUR = timedelta(hours=1)
# After each list so many people, others each time, are known to have stayed where it lists.
VISITORS = 25
AREA_RULES = {Rule.RISK_AREA, Rule.OUTBREAK_AREA}

pytestmark = pytest.mark.skipif(not REAL_SNAPSHOTS, reason="the shared risk-area data are not on this machine")


def visit(step: int, at: datetime) -> None:
    """Let people of the demonstration have stayed in places that are listed now, still there or gone by now."""
    areas = AreaDesignation.objects.open().order_by("code", "pk")[:VISITORS]
    people = list(Person.objects.order_by("pk")[step * VISITORS : (step + 1) * VISITORS])
    for number, (area, person) in enumerate(zip(areas, people, strict=False)):
        stay = {"place": area.code, "at": (at - 30 * HOUR).isoformat(), "community": "".join(area.communities[:1])}
        left = {"until": (at - HOUR).isoformat()} if number % 2 else {}
        record_stay(person, {**stay, **left}, at)


def coloured_by_areas(at: datetime) -> Iterator[tuple[DecisionRecord, list[EvidenceRecord]]]:
    """Yield the decisions that say at ``at`` a ground of an area, and the stays that those grounds name."""
    for decision in DecisionRecord.objects.current().exclude(colour="green").order_by("pk"):
        grounds = decision.segment_at(at).grounds
        named = [i for ground in grounds if ground.rule in AREA_RULES for i in ground.evidence]
        if named:
            yield decision, list(EvidenceRecord.objects.filter(public_id__in=named).order_by("pk"))


def explained_by(stays: list[EvidenceRecord], areas: list[Designation]) -> list[set[str]]:
    """Return for each stay the designations that hold and that it matches."""
    return [{area.id for area in areas if area.matches(stay.as_domain())} for stay in stays]


def check_step(at: datetime, path: Path) -> int:
    """Check that whoever an area colours stayed in one that is in force; return how many are coloured so."""
    areas = [row.as_domain() for row in AreaDesignation.objects.open().order_by("pk")]
    found = list(coloured_by_areas(at))
    unexplained = [decision for decision, stays in found if not stays or not all(explained_by(stays, areas))]
    assert unexplained == [], path.name
    assert not Recolouring.objects.filter(finished_at__isnull=True).exists()
    return len(found)


@pytest.fixture
def demonstration(province: None) -> None:
    """The places, the staff and all the people of the demonstration, on the morning of the first list."""
    install_sources(by=None, at=SEEDED)
    seed_places(SEEDED)
    seed_staff(SEEDED)
    for _done in seed_people(SEEDED):
        continue
    assert Person.objects.count() >= PEOPLE * 0.99


def test_the_lists_of_2022_colour_nobody_in_the_end_and_explain_each_step(demonstration: None) -> None:
    coloured = [len(list(coloured_by_areas(SEEDED)))]
    for step, path in enumerate(REAL_SNAPSHOTS):
        data = json.loads(path.read_text(encoding="utf-8"))
        at = read_snapshot(data).taken_at + HOUR
        convert_due(at=at)
        apply(data, at, path.name)
        coloured.append(check_step(at, path))
        visit(step, at)
        coloured.append(check_step(at, path))
    assert coloured[0] > 0
    assert all(count > 0 for count in coloured[2:-2:2])
    assert coloured[-2:] == [0, 0]
    assert not AreaDesignation.objects.open().exists()
    listed = AreaSnapshot.objects.filter(taken_at__gte=SEEDED)
    told = Counter(AreaChange.objects.filter(snapshot__in=listed).values_list("change", flat=True))
    assert told["started"] > 0
    assert told["ended"] > 0
