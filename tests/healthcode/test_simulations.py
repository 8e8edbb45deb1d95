"""Trying rules on everybody: what is found equals deciding each person twice, and nobody is touched (N3.1)."""

import json
from collections import Counter
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from healthcode.access import NotPermitted
from healthcode.admin.simulations import result_tables
from healthcode.domain.decide import decide
from healthcode.domain.instants import CHINA
from healthcode.models import Account, AuditEntry, DecisionRecord, Outbox, Person, RuleSetVersion, Simulation
from healthcode.services.decisions import areas_for, evidence_of, ruleset_in_force
from healthcode.services.errors import Refused
from healthcode.services.simulations import request_simulation, run_simulation, simulate
from tests.healthcode.rules_kit import CODE, drafted, scheduled
from tests.people import fact, record, strangers

DAY = timedelta(days=1)
LATER = datetime(2020, 7, 18, 12, tzinfo=CHINA)


@pytest.fixture
def population(province: None, sources: object) -> list[Person]:
    """Twelve people with contacts, entries and fevers of different days, and some with nothing at all."""
    people = list(strangers(12))
    for day, person in enumerate(people[:4], start=1):
        record(person, fact("close_contact", f"07-0{day}T08:00"), at=LATER - 9 * DAY)
    for day, person in enumerate(people[4:7], start=1):
        record(person, fact("overseas_entry", f"07-0{day}T08:00", recorded_at="07-16T12:00"), at=LATER - 2 * DAY)
    record(people[7], fact("symptom", "07-08T09:00", symptom="fever"), at=LATER - 9 * DAY)
    record(people[0], fact("symptom", "07-17T09:00", symptom="fever"), at=LATER - DAY)
    return people


def by_hand(version: RuleSetVersion, at: datetime) -> Counter[str]:
    """Decide everybody twice, one by one."""
    found: Counter[str] = Counter()
    for person in Person.objects.order_by("pk"):
        records = evidence_of([person.pk]).get(person.pk, [])
        areas = areas_for(records)
        old = decide(records, areas, ruleset_in_force(at).as_domain(), at).colour
        new = decide(records, areas, version.as_domain(), at).colour
        if old is not new:
            found[f"{old.value}>{new.value}"] += 1
    return found


@pytest.mark.parametrize("days", [{"contact": 21}, {"contact": 7, "entry_home": 0, "entry_central": 7}])
@pytest.mark.parametrize("batch", [2, 5, 100])
def test_a_simulation_equals_deciding_everybody(
    population: list[Person], officer: Account, days: dict[str, int], batch: int
) -> None:
    version = drafted(officer, LATER, **days)
    done = simulate(by=officer, version=version, at=LATER, batch=batch)
    expected = by_hand(version, LATER)
    now = done.result["now"]
    assert expected
    assert (now["people"], now["moves"], now["changed"]) == (12, dict(expected), expected.total())
    assert sum(sum(moves.values()) for moves in now["counties"].values()) == expected.total()
    assert sum(sum(moves.values()) for moves in now["grounds"].values()) == expected.total()
    assert (done.done, done.total, done.percent) == (12, 12, 100)


def test_last_week_knows_what_was_known_then(population: list[Person], officer: Account) -> None:
    version = drafted(officer, LATER, contact=5, entry_central=1, entry_home=0)
    found = simulate(by=officer, version=version, at=LATER).result["last_week"]
    expected = by_hand(version, LATER - 7 * DAY)
    # The entries were recorded two days ago: a week ago nobody knew of them.
    assert (found["moves"], found["grounds"].keys()) == (dict(expected), {"close_contact"})


def test_there_is_no_last_week_before_the_first_rules(officer: Account, at: datetime) -> None:
    assert "last_week" not in simulate(by=officer, version=drafted(officer, at), at=at).result


def test_nobody_is_touched(population: list[Person], officer: Account) -> None:
    version = drafted(officer, LATER)
    before = (list(DecisionRecord.objects.order_by("pk").values()), Outbox.objects.count())
    simulate(by=officer, version=version, at=LATER)
    assert (list(DecisionRecord.objects.order_by("pk").values()), Outbox.objects.count()) == before
    assert AuditEntry.objects.filter(action="finish_simulation").count() == 1


def test_people_appear_under_pseudonyms_only(population: list[Person], officer: Account) -> None:
    done = simulate(by=officer, version=drafted(officer, LATER), at=LATER)
    text = json.dumps(done.result, ensure_ascii=False)
    assert done.result["now"]["samples"]
    for person in population:
        assert str(person.public_id) not in text
        assert person.name not in text


def test_a_killed_simulation_goes_on_and_counts_once(population: list[Person], officer: Account) -> None:
    version = drafted(officer, LATER)

    def die(done: int, of: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(by=officer, version=version, at=LATER, batch=3, progress=die)
    half = Simulation.objects.get()
    assert (half.done, half.percent, half.finished_at) == (6, 50, None)
    done = run_simulation(at=LATER, batch=3)
    assert done is not None
    assert done.result["now"]["moves"] == dict(by_hand(version, LATER))
    assert run_simulation(at=LATER) is None


def test_a_second_wish_for_the_same_text_is_the_first(officer: Account, at: datetime) -> None:
    version = drafted(officer, at)
    assert request_simulation(by=officer, version=version, at=at) == request_simulation(
        by=officer, version=version, at=at + DAY
    )


def test_a_stranger_to_the_draft_does_not_simulate_it(officer: Account, other_officer: Account, at: datetime) -> None:
    with pytest.raises(NotPermitted):
        request_simulation(by=other_officer, version=drafted(officer, at), at=at)


def test_what_binds_is_not_simulated(officer: Account, at: datetime) -> None:
    with pytest.raises(Refused, match="wrong_transition"):
        request_simulation(by=None, version=scheduled(officer, at, at + DAY), at=at)


def test_the_largest_surprise_comes_first(population: list[Person], officer: Account) -> None:
    rows: list[dict[str, Any]] = simulate(by=officer, version=drafted(officer, LATER), at=LATER).result["now"][
        "surprises"
    ]
    assert rows == sorted(rows, key=lambda row: -row["weight"])
    assert rows[0]["before"] != rows[0]["after"]


def test_the_tables_say_in_words_what_becomes_what(population: list[Person], officer: Account) -> None:
    tables = result_tables(simulate(by=officer, version=drafted(officer, LATER), at=LATER), officer)
    cells = [str(cell) for table in tables for row in table.rows for cell in row]
    assert [cell for cell in cells if 'badge--green">绿码</span> → <span' in cell and cell.endswith("1")]
    assert [cell for cell in cells if "&lt;" in cell] == []


def test_samples_are_of_the_reader_s_division(
    population: list[Person], officer: Account, other_officer: Account
) -> None:
    done = simulate(by=officer, version=drafted(officer, LATER), at=LATER)
    shown = {
        reader.username: [row for table in result_tables(done, reader) if len(table.columns) == 6 for row in table.rows]
        for reader in (officer, other_officer)
    }
    assert shown["xihu"]
    assert shown["gongshu"] == []


def test_the_command_simulates(population: list[Person], officer: Account) -> None:
    drafted(officer, LATER)
    out = StringIO()
    call_command("simulate_rules", CODE, stdout=out)
    assert f"{CODE}: 12 people" in out.getvalue()
