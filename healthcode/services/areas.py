"""Area designations from published snapshots, and the zones that stand for counties (风险地区, N1.2).

Nobody types a designation here: a published list is compared with the designations that came from the lists before,
and what differs starts, changes or ends at the hour of the list.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from healthcode.access import NotPermitted
from healthcode.domain.colours import Level
from healthcode.domain.divisions import prefix_of
from healthcode.domain.gazetteer import Found, Gazetteer, Named
from healthcode.domain.snapshots import Listed, Snapshot
from healthcode.models import (
    Account,
    AreaChange,
    AreaChangeKind,
    AreaDesignation,
    AreaSnapshot,
    Cause,
    Division,
    Recolouring,
    Zone,
)
from healthcode.services.audit import record_act
from healthcode.services.errors import Refused
from healthcode.services.recolouring import start_recolouring

_LOCK = 4_510_002
_RANK = {"": 0, Level.MEDIUM.value: 1, Level.HIGH.value: 2}


class Unmapped(NamedTuple):
    """A listed place that no division is certain for: its path, its levels and how many communities it names."""

    path: str
    levels: tuple[str, ...]
    communities: int


class SnapshotReport(NamedTuple):
    """What a snapshot did: places by kind of change, how many did not change, and what could not be mapped.

    ``already``: it was loaded before and a newer one is in force. ``recolouring`` is what carries the change to people.
    """

    taken_at: datetime
    file_name: str
    already: bool = False
    changes: Mapping[str, int] = {}
    unchanged: int = 0
    unmapped: tuple[Unmapped, ...] = ()
    warnings: tuple[str, ...] = ()
    recolouring: Recolouring | None = None


class _Key(NamedTuple):
    name: str
    code: str
    level: str


class _Plan(NamedTuple):
    """What has to be done to the open designations."""

    ended: list[AreaDesignation]
    started: dict[_Key, list[str]]
    changes: list[AreaChange]
    unchanged: int


@transaction.atomic
def apply_snapshot(*, by: Account | None, snapshot: Snapshot, file_name: str, at: datetime) -> SnapshotReport:
    """Bring the designations to what ``snapshot`` lists, effective at its hour, and announce the recolouring.

    The same snapshot again changes nothing, save that places mapped since then start. Raises ``Refused``:
    ``snapshot_older`` (a newer one was loaded), ``snapshot_differs`` (another list of the same hour was loaded),
    ``no_divisions`` (nothing could be mapped); and ``NotPermitted``.
    """
    if by is not None and not by.has_perm("healthcode.add_areasnapshot"):
        raise NotPermitted(f"{by} may not load area snapshots")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    known = _admit(snapshot)
    if known is not None and AreaSnapshot.objects.filter(taken_at__gt=snapshot.taken_at).exists():
        return SnapshotReport(snapshot.taken_at, file_name, already=True)
    wanted, unmapped = _map(snapshot.listed)
    plan = _plan(wanted)
    if known is not None and not (plan.ended or plan.started):
        return SnapshotReport(
            snapshot.taken_at, file_name, unchanged=plan.unchanged, unmapped=unmapped, warnings=snapshot.warnings
        )
    record = known or AreaSnapshot(
        taken_at=snapshot.taken_at,
        fingerprint=snapshot.fingerprint,
        file_name=file_name[:128],
        listed=len(snapshot.listed),
        loaded_at=at,
        loaded_by=by,
    )
    record.unmapped = len(unmapped)
    record.save()
    Zone.objects.bulk_create([Zone(path=place.path, first_seen_at=at) for place in unmapped], ignore_conflicts=True)
    recolouring = _carry_out(plan, record, by=by, at=at)
    return SnapshotReport(
        snapshot.taken_at,
        file_name,
        changes=_counts(plan.changes),
        unchanged=plan.unchanged,
        unmapped=unmapped,
        warnings=snapshot.warnings,
        recolouring=recolouring,
    )


def _admit(snapshot: Snapshot) -> AreaSnapshot | None:
    """Return this very snapshot if it was loaded before; refuse what does not fit those that were."""
    known = AreaSnapshot.objects.filter(taken_at=snapshot.taken_at).first()
    if known is not None and known.fingerprint != snapshot.fingerprint:
        raise Refused("snapshot_differs", f"another list of {snapshot.taken_at:%Y-%m-%d %H:%M} was loaded before")
    newer = AreaSnapshot.objects.filter(taken_at__gt=snapshot.taken_at).order_by("-taken_at").first()
    if known is None and newer is not None:
        raise Refused("snapshot_older", f"{snapshot.taken_at:%Y-%m-%d %H:%M} is older than {newer} which was loaded")
    return known


def _map(listed: Sequence[Listed]) -> tuple[dict[_Key, list[str]], tuple[Unmapped, ...]]:
    """Return the designations the list asks for, with their communities, and the places nobody can place."""
    gazetteer = _gazetteer()
    zones = dict(Zone.objects.exclude(code="").values_list("path", "code"))
    wanted: dict[_Key, list[str]] = {}
    lost: dict[str, list[Listed]] = defaultdict(list)
    for place in listed:
        zone = zones.get(place.name)
        # A person has said where the zone lies. It is still not the whole county.
        found = Found((zone,), place.path[-1]) if zone else gazetteer.find(place.path)
        if found is None or (len(found.codes) > 1 and place.communities):
            lost[place.name].append(place)
            continue
        # All of a street or zone that has no code is a part of its county under its own name.
        communities = sorted(place.communities) or ([found.part] if found.part else [])
        for code in found.codes:
            wanted[_Key(place.name, code, place.level.value)] = communities
    unmapped = tuple(
        Unmapped(path, tuple(place.level.value for place in places), sum(len(p.communities) for p in places))
        for path, places in sorted(lost.items())
    )
    return wanted, unmapped


def _gazetteer() -> Gazetteer:
    rows = Division.objects.order_by("pk").values_list("code", "name", "last_seen")
    divisions = [Named(code, name, not last_seen) for code, name, last_seen in rows.iterator()]
    if not divisions:
        raise Refused("no_divisions", "load_divisions has not run")
    return Gazetteer(divisions)


def _plan(wanted: Mapping[_Key, list[str]]) -> _Plan:
    rows = AreaDesignation.objects.open().filter(snapshot__isnull=False).order_by("pk")
    there = {_Key(row.name, row.code, row.level): row for row in rows}
    same = {key for key, row in there.items() if wanted.get(key) == row.communities}
    ended = {key: row for key, row in there.items() if key not in same}
    started = {key: communities for key, communities in wanted.items() if key not in same}
    names = dict.fromkeys(key.name for key in [*ended, *started])
    before, after = _worst(there), _worst(wanted)
    codes = {key.name: key.code for key in [*ended, *started]}
    changes = [
        AreaChange(
            change=_change(before.get(name, ""), after.get(name, "")),
            code=codes[name],
            name=name,
            before=before.get(name, ""),
            after=after.get(name, ""),
        )
        for name in names
    ]
    unchanged = len({key.name for key in same} - set(names))
    return _Plan(list(ended.values()), started, changes, unchanged)


def _worst(keys: Iterable[_Key]) -> dict[str, str]:
    """Return each place's worst level; a place is often high in one community and medium in another."""
    worst: dict[str, str] = {}
    for key in keys:
        worst[key.name] = max(worst.get(key.name, ""), key.level, key=_RANK.__getitem__)
    return worst


def _change(before: str, after: str) -> AreaChangeKind:
    if not before:
        return AreaChangeKind.STARTED
    if not after:
        return AreaChangeKind.ENDED
    if before == after:
        return AreaChangeKind.REDRAWN
    return AreaChangeKind.RAISED if _RANK[after] > _RANK[before] else AreaChangeKind.LOWERED


def _carry_out(plan: _Plan, record: AreaSnapshot, *, by: Account | None, at: datetime) -> Recolouring | None:
    AreaDesignation.objects.filter(pk__in=[row.pk for row in plan.ended]).update(
        valid_until=record.taken_at, end_recorded_at=at
    )
    AreaDesignation.objects.bulk_create(_designations(plan.started, record, at))
    for change in plan.changes:
        change.snapshot = record
    AreaChange.objects.bulk_create(plan.changes)
    record_act(
        by=by,
        at=at,
        action="load_areas",
        snapshot=record.taken_at.isoformat(),
        fingerprint=record.fingerprint,
        unmapped=record.unmapped,
        changes=_counts(plan.changes),
    )
    counties = {row.county for row in plan.ended} | {key.code[:6] for key in plan.started}
    if not counties:
        return None
    return start_recolouring(by=by, cause=Cause.AREAS, counties=counties, effective_at=record.taken_at, at=at)


def _designations(started: Mapping[_Key, list[str]], record: AreaSnapshot, at: datetime) -> Iterator[AreaDesignation]:
    for key, communities in started.items():
        yield AreaDesignation(
            level=key.level,
            code=key.code,
            county=key.code[:6],
            name=key.name,
            communities=communities,
            valid_from=record.taken_at,
            recorded_at=at,
            snapshot=record,
        )


def _counts(changes: Iterable[AreaChange]) -> dict[str, int]:
    counted = Counter(change.change for change in changes)
    return {kind.value: counted[kind] for kind in AreaChangeKind}


@transaction.atomic
def map_zone(*, by: Account | None, zone: Zone, code: str, at: datetime) -> Zone:
    """Say which county (or township) a zone counts as; the next load uses it.

    Raises ``NotPermitted``; ``Refused``: ``unknown_division`` (not a known county, township or city without counties).
    """
    if by is not None and not by.has_perm("healthcode.change_zone"):
        raise NotPermitted(f"{by} may not map zones")
    if not _may_stand_for(code):
        raise Refused("unknown_division", code)
    zone = Zone.objects.select_for_update(of=("self",)).get(pk=zone.pk)
    before = zone.code
    zone.code, zone.mapped_at, zone.mapped_by = code, at, by
    zone.save(update_fields=["code", "mapped_at", "mapped_by"])
    record_act(by=by, at=at, action="map_zone", zone=zone.path, before=before, after=code)
    return zone


def _may_stand_for(code: str) -> bool:
    if not Division.objects.filter(code=code).exists():
        return False
    # Stays are given by county: a larger division stands for a place only where it has no counties (东莞).
    prefix = prefix_of(code)
    counties = Division.objects.current().below(prefix).exclude(code=code)
    return len(prefix) >= len("330106") or not counties.exists()
