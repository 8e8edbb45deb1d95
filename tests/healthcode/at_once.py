"""Doing things at the same time, each on a connection of its own."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection, connections, transaction

from healthcode.models import Person
from healthcode.services.decisions import lock_people

PATIENCE = 15


def _alone(call: Callable[[], Any], ready: threading.Barrier) -> Any:
    try:
        with connection.cursor() as cursor:
            # Who waits for ever for somebody who waits for them is told so, and the test fails instead of hanging.
            cursor.execute(f"SET lock_timeout = '{PATIENCE - 5}s'")
        ready.wait(PATIENCE)
        return call()
    finally:
        connections.close_all()


def _outcome(future: Future[Any]) -> Any:
    error = future.exception(PATIENCE)
    return future.result() if error is None else error


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls at the same moment; return what each returned or raised, in their order."""
    ready = threading.Barrier(len(calls))
    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(_alone, call, ready) for call in calls]
        return [_outcome(future) for future in futures]


def behind_a_lock(people: Sequence[Person], *calls: Callable[[], Any]) -> list[Any]:
    """Run the calls while somebody holds the people, and let go when all of them wait: the sharpest of races."""
    ready = threading.Barrier(len(calls))
    with ThreadPoolExecutor(len(calls)) as pool:
        with transaction.atomic():
            lock_people([person.pk for person in people])
            futures = [pool.submit(_alone, call, ready) for call in calls]
            _wait_until_blocked(len(calls))
        return [_outcome(future) for future in futures]


def _wait_until_blocked(number: int) -> None:
    deadline = time.monotonic() + PATIENCE
    sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            # Inside a transaction the statistics are a snapshot that must be let go of.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(sql)
            if cursor.fetchone()[0] >= number:
                return
            time.sleep(0.01)
    raise AssertionError(f"{number} calls did not come to wait for the lock")
