"""Snapshots in the published form, and people who stayed somewhere, made for tests."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from healthcode.domain.cases import read_evidence
from healthcode.domain.identity import Document, DocumentType, make_resident_number
from healthcode.domain.snapshots import read_snapshot
from healthcode.models import DecisionRecord, Person, Source
from healthcode.services.areas import SnapshotReport, apply_snapshot
from healthcode.services.evidence import NewEvidence, record_batch
from healthcode.services.persons import ensure_person
from healthcode.services.recolouring import run_recolouring

SHARED = Path(__file__).parents[3] / "shared" / "data"
REAL_SNAPSHOTS = sorted((SHARED / "risk_areas").glob("*.json"))


def place(path: str, *communities: str) -> dict[str, Any]:
    """Return one item of a list; ``path`` is province, city and county, separated by spaces."""
    province, city, county = path.split()
    return {
        "type": "2",
        "province": province,
        "city": city,
        "county": county,
        "area_name": path,
        "communitys": list(communities),
    }


def published(
    time: str = "2022-04-15 11时",
    *,
    high: list[dict[str, Any]] | None = None,
    medium: list[dict[str, Any]] | None = None,
    low: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a snapshot as the commission's service answers."""
    lists: dict[str, Any] = {"highlist": high or [], "middlelist": medium or []}
    if low is not None:
        lists["lowlist"] = low
    return {"data": {"end_update_time": time, **lists}, "code": 0, "msg": "查询成功"}


def apply(data: dict[str, Any], at: datetime, name: str = "list.json") -> SnapshotReport:
    """Apply a snapshot and recolour everyone it touches."""
    report = apply_snapshot(by=None, snapshot=read_snapshot(data), file_name=name, at=at)
    while run_recolouring(at=at) is not None:
        continue
    return report


def stranger(number: int, at: datetime) -> Person:
    """Return a person known from evidence alone; another for every number up to 999."""
    document = Document(DocumentType.RESIDENT_ID, make_resident_number("330106", date(1990, 1, 1), number))
    return ensure_person(document=document, nationality="", name="王小明", at=at)


def record_stay(person: Person, stay: dict[str, Any], at: datetime) -> None:
    """Record that the person stayed somewhere; ``stay`` as in the JSON form, without id and kind."""
    data = {"id": f"stay-{person.pk}-{stay['place']}-{stay['at']}", "kind": "area_stay", "recorded_at": at.isoformat()}
    source = Source.objects.get(code="zj-police")
    row = NewEvidence(person.pk, read_evidence({**data, **stay}, "stay"))
    record_batch(by=None, source=source, rows=[row], at=at)


def colour(person: Person) -> str:
    """Return the colour of the person's current decision."""
    return str(DecisionRecord.objects.current().get(person=person).colour)
