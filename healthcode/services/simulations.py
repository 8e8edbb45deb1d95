"""Trying a draft of the rules on the whole population, touching nobody (N3.1).

Every person is decided twice at one instant, under the rules in force and under the draft, and once more as things
were known a week before. Only records known by the instant count, so a simulation can be repeated to the letter, and
one that was killed goes on behind its last finished chunk.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from healthcode.access import NotPermitted, can_simulate_rules
from healthcode.domain.decide import decide
from healthcode.domain.evidence import Designation, Evidence, Kind
from healthcode.domain.governance import BINDING, WEEK
from healthcode.domain.instants import to_china
from healthcode.domain.rulesets import RuleSet, ruleset_from
from healthcode.domain.simulation import add, compare, empty
from healthcode.models import Account, AreaDesignation, Person, RuleSetVersion, Simulation, vault
from healthcode.services.audit import record_act
from healthcode.services.decisions import evidence_of, ruleset_in_force
from healthcode.services.errors import Refused

BATCH = 2_000
NOW, LAST_WEEK = "now", "last_week"

Progress = Callable[[int, int], None]


class _Lens(NamedTuple):
    """One instant with the two rule sets to compare at it."""

    name: str
    at: datetime
    old: RuleSet
    new: RuleSet


class _Row(NamedTuple):
    """What a simulation needs of a person."""

    pk: int
    public_id: UUID
    stay_code: str
    residence_code: str
    created_at: datetime


def request_simulation(*, by: Account | None, version: RuleSetVersion, at: datetime) -> Simulation:
    """Ask for a simulation as of ``at``; ``simulate_rules`` carries it out. Return the row with its progress.

    One that is under way for the same text is returned instead. Raises ``NotPermitted``; ``Refused``:
    ``wrong_transition`` (the version is not one that is being considered); ``NoRuleSet``.
    """
    if by is not None and not can_simulate_rules(by, version):
        raise NotPermitted(f"{by} may not simulate {version.code}")
    if version.state in BINDING:
        raise Refused("wrong_transition", f"{version.code} is {version.state}")
    ruleset_in_force(at)
    with transaction.atomic():
        RuleSetVersion.objects.select_for_update(of=("self",), no_key=True).get(pk=version.pk)
        same = version.simulations.filter(fingerprint=version.fingerprint, finished_at__isnull=True)
        running = same.order_by("pk").first()
        if running is not None:
            return running
        made = Simulation.objects.create(
            version=version,
            fingerprint=version.fingerprint,
            at=at,
            requested_by=by,
            requested_at=at,
            total=Person.objects.filter(created_at__lte=at).count(),
            # The text itself, for a draft may be revised meanwhile.
            result={"data": version.data},
        )
        record_act(by=by, at=at, action="simulate_rules", ruleset=version.code, fingerprint=version.fingerprint)
    return made


def simulate(
    *, by: Account | None, version: RuleSetVersion, at: datetime, batch: int = BATCH, progress: Progress | None = None
) -> Simulation:
    """Try ``version`` on everybody as of ``at`` and return the finished simulation. Changes nobody's decision.

    Raises as ``request_simulation`` does.
    """
    asked = request_simulation(by=by, version=version, at=at)
    done = run_simulation(at=at, simulation_id=asked.pk, batch=batch, progress=progress)
    return done or Simulation.objects.get(pk=asked.pk)


def run_simulation(
    *, at: datetime, simulation_id: int | None = None, batch: int = BATCH, progress: Progress | None = None
) -> Simulation | None:
    """Carry out one simulation to its end and return it: the named one, or the oldest that nobody works on.

    None: nothing is left to do, or others are doing it. Each chunk is one transaction that holds the simulation's row
    and only reads of people. ``progress`` is told how many people are done, and of how many.
    """
    chosen = Simulation.objects.get(pk=simulation_id) if simulation_id else _unclaimed()
    while chosen is not None and chosen.finished_at is None:
        chosen = _next_chunk(chosen.pk, at=at, batch=batch, wait=simulation_id is not None)
        if chosen is not None and progress is not None:
            progress(chosen.done, max(chosen.total, chosen.done))
    return chosen


def _unclaimed() -> Simulation | None:
    with transaction.atomic():
        unfinished = Simulation.objects.filter(finished_at__isnull=True).order_by("pk")
        return unfinished.select_for_update(skip_locked=True, of=("self",)).first()


@transaction.atomic
def _next_chunk(pk: int, *, at: datetime, batch: int, wait: bool) -> Simulation | None:
    row = Simulation.objects.select_for_update(of=("self",), skip_locked=not wait).filter(pk=pk).first()
    if row is None or row.finished_at is not None:
        return row
    people = _people_behind(row, batch)
    lenses = _lenses(row)
    for lens in lenses:
        row.result.setdefault(lens.name, empty())
    if people:
        _compare(row, people, lenses)
        row.cursor = people[-1].pk
        row.done += len(people)
    if len(people) < batch:
        row.finished_at = at
        row.total = row.done
        changed = {lens.name: row.result[lens.name]["changed"] for lens in lenses}
        record_act(by=None, at=at, action="finish_simulation", simulation=pk, people=row.done, changed=changed)
    row.save(update_fields=["cursor", "done", "total", "result", "finished_at"])
    return row


def _people_behind(row: Simulation, batch: int) -> list[_Row]:
    people = Person.objects.filter(pk__gt=row.cursor, created_at__lte=row.at).order_by("pk")
    return [_Row(*found) for found in people.values_list(*_Row._fields)[:batch]]


def _lenses(row: Simulation) -> list[_Lens]:
    """Return today, and the week before where rules were in force then."""
    now = to_china(row.at)
    lenses = [_lens(row, NOW, now)]
    if RuleSetVersion.objects.in_force(now - WEEK).exists():
        lenses.append(_lens(row, LAST_WEEK, now - WEEK))
    return lenses


def _lens(row: Simulation, name: str, at: datetime) -> _Lens:
    new = ruleset_from({**row.result["data"], "valid_from": at.isoformat()})
    return _Lens(name, at, ruleset_in_force(at).as_domain(), new)


def _compare(row: Simulation, people: list[_Row], lenses: list[_Lens]) -> None:
    evidence = evidence_of([person.pk for person in people])
    for lens in lenses:
        totals = row.result[lens.name]
        areas = _areas_known((record for records in evidence.values() for record in records), lens.at)
        for person in people:
            totals["people"] += person.created_at <= lens.at
            records = evidence.get(person.pk)
            if records:
                _compare_one(row, totals, person, (records, _near(records, areas)), lens)


def _compare_one(
    row: Simulation,
    totals: dict[str, Any],
    person: _Row,
    known: tuple[list[Evidence], list[Designation]],
    lens: _Lens,
) -> None:
    records, areas = known
    effect = compare(decide(records, areas, lens.old, lens.at), decide(records, areas, lens.new, lens.at))
    if effect.is_move or effect.days:
        county = (person.stay_code or person.residence_code)[:6]
        add(totals, effect, county=county, pseudonym=_pseudonym(row.pk, person.public_id))


def _pseudonym(simulation: int, public_id: UUID) -> str:
    """Return a name for the person that leads nowhere and is another one in each simulation."""
    return vault().index(f"{simulation}:{public_id}", "simulation.person").hex()[:12]


def _areas_known(evidence: Iterable[Evidence], at: datetime) -> Mapping[str, list[Designation]]:
    """Return the designations that may concern the stays, as they were known at ``at``, by county."""
    places = {record.place for record in evidence if record.kind is Kind.AREA_STAY}
    found: dict[str, list[Designation]] = defaultdict(list)
    if not places:
        return found
    known = AreaDesignation.objects.touching(places).filter(Q(recorded_at__lte=at))
    for area in known.order_by("pk"):
        said = area.as_domain()
        if area.end_recorded_at is not None and area.end_recorded_at > at:
            said = replace(said, valid_until=None)
        found[area.county].append(said)
    return found


def _near(records: list[Evidence], areas: Mapping[str, list[Designation]]) -> list[Designation]:
    counties = {record.place[:6] for record in records if record.kind is Kind.AREA_STAY}
    return [area for county in sorted(counties) for area in areas.get(county, [])]
