"""A change of areas reaches everyone it touches: once, in batches, after a crash, and beside other work."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from healthcode.domain.instants import CHINA
from healthcode.domain.snapshots import read_snapshot
from healthcode.models import Cause, DecisionRecord, Person, Recolouring
from healthcode.services.areas import SnapshotReport, apply_snapshot
from healthcode.services.decisions import lock_people, status_of, store_decisions
from healthcode.services.divisions import load_divisions
from healthcode.services.installation import install_sources
from healthcode.services.recolouring import run_recolouring, start_recolouring
from healthcode.tasks import recolour
from tests.healthcode.area_kit import apply, colour, place, published, record_stay, stranger

FENGTAI = {"place": "110106", "at": "2020-07-01", "community": "新发地"}
HIGH = published("2020-07-02 9时", high=[place("北京市 丰台区 花乡", "新发地")])
OVER = published("2020-07-05 9时")
HOUR = timedelta(hours=1)


@pytest.fixture
def divisions(province: None, at: datetime) -> None:
    load_divisions(by=None, streets=None, at=at)
    install_sources(by=None, at=at)


def announce(data: dict[str, Any], at: datetime) -> SnapshotReport:
    """Apply a snapshot and leave the recolouring to somebody else."""
    return apply_snapshot(by=None, snapshot=read_snapshot(data), file_name="list.json", at=at)


def people(count: int, at: datetime) -> list[Person]:
    """Return people who stayed in the market of Fengtai."""
    found = [stranger(number, at) for number in range(1, count + 1)]
    for person in found:
        record_stay(person, FENGTAI, at)
    return found


def interrupt(done: int, of: int) -> None:
    """End a worker after its first batch, as the operator's Ctrl-C does."""
    raise KeyboardInterrupt


def test_those_who_stayed_there_turn_and_turn_back(divisions: None, at: datetime) -> None:
    there, elsewhere = stranger(1, at), stranger(2, at)
    record_stay(there, FENGTAI, at)
    record_stay(elsewhere, {**FENGTAI, "place": "110105"}, at)
    apply(HIGH, at)
    assert (colour(there), colour(elsewhere)) == ("yellow", "green")
    apply(OVER, at + HOUR)
    assert (colour(there), colour(elsewhere)) == ("green", "green")


def test_a_stay_given_by_township_is_found_by_its_county(divisions: None, at: datetime) -> None:
    person = stranger(1, at)
    record_stay(person, {**FENGTAI, "place": "110106003"}, at)
    apply(HIGH, at)
    assert colour(person) == "yellow"


def test_a_designation_is_believed_before_its_recolouring_has_run(divisions: None, at: datetime) -> None:
    (person,) = people(1, at)
    announce(HIGH, at)
    decision = DecisionRecord.objects.current().with_staleness().select_related("person", "ruleset").get()
    assert (colour(person), status_of(decision, at).colour) == ("green", "yellow")


def test_people_are_counted_once_over_several_batches(divisions: None, at: datetime) -> None:
    people(5, at)
    announce(HIGH, at)
    told: list[tuple[int, int]] = []
    done = run_recolouring(at=at, batch=2, progress=lambda *counts: told.append(counts))
    assert done is not None
    assert (done.touched, done.changed, done.finished_at) == (5, 5, at)
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_a_finished_recolouring_is_not_done_again(divisions: None, at: datetime) -> None:
    people(2, at)
    announce(HIGH, at)
    first = run_recolouring(at=at)
    assert first is not None
    assert run_recolouring(at=at) is None
    again = run_recolouring(recolouring_id=first.pk, at=at + HOUR)
    assert again is not None
    assert again.finished_at == at


def test_a_successor_goes_on_behind_the_last_batch(divisions: None, at: datetime) -> None:
    found = people(5, at)
    announce(HIGH, at)

    def die(done: int, of: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_recolouring(at=at, batch=2, progress=die)
    assert [colour(person) for person in found] == ["yellow"] * 4 + ["green"]
    assert Recolouring.objects.get().touched == 4
    done = run_recolouring(at=at, batch=2)
    assert done is not None
    assert (done.touched, done.changed) == (5, 5)
    assert DecisionRecord.objects.filter(cause=Cause.AREAS).count() == 5


def test_a_change_of_rules_touches_everybody(divisions: None, at: datetime) -> None:
    people(2, at)
    start_recolouring(by=None, cause=Cause.RULESET, counties=[], effective_at=at, at=at)
    stranger(3, at)
    done = run_recolouring(at=at)
    assert done is not None
    assert (done.touched, done.changed) == (3, 1)


def test_what_was_recorded_meanwhile_is_not_forgotten(divisions: None, at: datetime) -> None:
    (person,) = people(1, at)
    record_stay(person, {**FENGTAI, "at": "2020-07-03"}, at + HOUR)
    announce(HIGH, at + HOUR)
    run_recolouring(at=at)
    current = DecisionRecord.objects.current().get()
    assert current.at == at + HOUR
    assert len(current.grounds) == 2


def test_the_task_and_the_command_finish_what_is_unfinished(divisions: None, at: datetime, capsys: Any) -> None:
    people(2, at)
    announce(HIGH, at)
    assert (recolour(), recolour()) == (1, 0)
    announce(OVER, at)
    call_command("recolour")
    assert "areas: 2 people looked at" in capsys.readouterr().out
    assert not Recolouring.objects.filter(finished_at__isnull=True).exists()


# --- beside other work ------------------------------------------------------------------------------------

beside = pytest.mark.django_db(transaction=True)


@contextmanager
def running(*works: Callable[[], object]) -> Iterator[None]:
    """Run the works in threads with connections of their own; wait for them at the end and raise what they raised."""

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(run, work) for work in works]
        yield
        for future in futures:
            future.result(30)


@beside
def test_two_workers_decide_everyone_once(divisions: None, at: datetime) -> None:
    people(9, at)
    announce(HIGH, at)
    pk = Recolouring.objects.get().pk
    with running(*[lambda: run_recolouring(recolouring_id=pk, at=at, batch=1)] * 2):
        pass
    done = Recolouring.objects.get()
    assert (done.touched, done.changed) == (9, 9)
    assert DecisionRecord.objects.filter(cause=Cause.AREAS).count() == 9


@beside
def test_two_workers_share_the_batches_of_one_change(divisions: None, at: datetime) -> None:
    people(3, at)
    announce(HIGH, at)
    with pytest.raises(KeyboardInterrupt):
        run_recolouring(at=at, batch=1, progress=interrupt)
    both, done = threading.Barrier(2, timeout=30), set()

    def meet(now: int, of: int) -> None:
        done.add(threading.get_ident())
        both.wait()

    with running(*[lambda: run_recolouring(at=at, progress=meet)] * 2):
        pass
    assert len(done) == 2
    assert DecisionRecord.objects.filter(cause=Cause.AREAS).count() == 3


@beside
def test_a_worker_passes_over_what_another_holds(divisions: None, at: datetime) -> None:
    people(1, at)
    announce(HIGH, at)
    held, look = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Recolouring.objects.select_for_update().get()
            held.set()
            look.wait(30)

    with running(hold):
        assert held.wait(30)
        assert run_recolouring(at=at) is None
        look.set()
    assert run_recolouring(at=at) is not None


@beside
def test_a_decision_under_way_is_found_by_the_recolouring(divisions: None, at: datetime) -> None:
    """Who decided under the old areas and has not committed yet must not slip through."""
    person = stranger(1, at)
    decided, commit = threading.Event(), threading.Event()

    def record() -> None:
        with transaction.atomic():
            record_stay(person, FENGTAI, at)
            decided.set()
            commit.wait(30)

    with running(record, lambda: decided.wait(30) and apply(HIGH, at)):
        assert decided.wait(30)
        assert not Recolouring.objects.exists()
        threading.Timer(0.3, commit.set).start()
    assert colour(person) == "yellow"


@beside
def test_a_decider_waits_for_a_change_that_is_about_to_commit(divisions: None, at: datetime) -> None:
    person = stranger(1, at)
    announced, commit = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            announce(HIGH, at)
            announced.set()
            commit.wait(30)

    def decide_again() -> None:
        announced.wait(30)
        with transaction.atomic():
            store_decisions(by=None, people=lock_people([person.pk]), cause=Cause.EVIDENCE, at=at)

    with running(change, decide_again):
        assert announced.wait(30)
        assert not DecisionRecord.objects.exists()
        threading.Timer(0.3, commit.set).start()
    assert DecisionRecord.objects.get().recolouring == Recolouring.objects.get().pk


def test_the_clock_of_a_designation_is_china_time(divisions: None, at: datetime) -> None:
    report = announce(HIGH, at)
    assert report.recolouring is not None
    assert report.recolouring.effective_at == datetime(2020, 7, 2, 9, tzinfo=CHINA)
    assert report.recolouring.counties == ["110106"]
