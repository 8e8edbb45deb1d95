"""One sweep over twenty thousand due people in which each part of the system is killed in turn, as it is started by
``./run``: worker, database, supervisor, beat. Afterwards everybody has turned exactly once.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.utils import timezone
from psycopg import Connection

from healthcode.config.local.folders import ROOT, Folders, Lock, folders_of
from tests.chaos.population import contact_ending, make_people
from tests.config.test_local_supervisor import environment, left_of, part, parts

pytestmark = pytest.mark.chaos

PEOPLE = 20_000
# Words in the command line of each part; none: the supervisor itself. Beat comes last: when it goes, the worker is
# told to stop and finishes its sweep first.
PARTS = ("healthcode.config worker", "postgres -D", "", "healthcode.config beat")
# So many more are converted before each kill; the batch after those is then under way.
STEP = 1_000
# The schedule sweeps once a minute, which nobody should have to wait for here; small batches make many of them.
FASTER = """
INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (1, 'seconds');
UPDATE django_celery_beat_periodictask SET enabled = name = 'convert_due', kwargs = '{"batch": 250}',
    interval_id = (SELECT max(id) FROM django_celery_beat_intervalschedule);
"""
# Conversions, current decisions, green ones among them, messages and audit entries of each person; and how many
# people have so many.
PER_PERSON = """
SELECT turns, current, green, messages, entries, count(*) FROM healthcode_person person
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE cause = 'conversion') AS turns,
           count(*) FILTER (WHERE superseded_at IS NULL) AS current,
           count(*) FILTER (WHERE superseded_at IS NULL AND colour = 'green') AS green
    FROM healthcode_decisionrecord decision WHERE decision.person_id = person.id
) decisions
CROSS JOIN LATERAL (SELECT count(*) AS messages FROM healthcode_outbox row WHERE row.person_id = person.id) told
CROSS JOIN LATERAL (
    SELECT count(*) AS entries FROM healthcode_auditentry entry
    WHERE entry.person_id = person.id AND entry.actor_label = 'conversion'
) audited
GROUP BY 1, 2, 3, 4, 5
"""


@pytest.fixture
def folders() -> Iterator[Folders]:
    """Yield data folders that are deleted afterwards; as root the cluster stands apart."""
    with tempfile.TemporaryDirectory(prefix="healthcode-", ignore_cleanup_errors=True) as data:
        folders = folders_of(Path(data))
        yield folders
        shutil.rmtree(folders.cluster_home, ignore_errors=True)


def manage(given: dict[str, str], *command: str) -> str:
    """Run a management command of the system and return what it printed."""
    arguments = [sys.executable, str(ROOT / "manage.py"), *command]
    done = subprocess.run(arguments, env=given, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def populate(folders: Folders, given: dict[str, str]) -> None:
    """Make the tables and the people, all due, with the servers alone."""
    clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    command = [sys.executable, "-m", "tests.config.holder", str(folders.data)]
    with subprocess.Popen(command, cwd=ROOT, env=clean, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        addresses = json.loads(holder.stdout.readline())
        for step in ("migrate", "set_up"):
            manage({**given, **addresses}, step)
        with psycopg.connect(addresses["DATABASE_URL"]) as line:
            line.execute(FASTER)
            make_people(line, PEOPLE, contact_ending(timezone.now() - timedelta(minutes=1)))
        holder.kill()


@contextmanager
def running(given: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run the whole system; at the end everything of it is gone, whoever ended it."""
    command = [sys.executable, "-m", "healthcode.config.local.supervisor"]
    with subprocess.Popen(command, cwd=ROOT, env=given, stdout=subprocess.PIPE, text=True) as system:
        assert system.stdout
        said = ""
        while "Running." not in said:
            line = system.stdout.readline()
            assert line, said
            said += line
        below = parts(system)
        yield system
        system.kill()
        assert left_of(below) == []


def addresses_of(folders: Folders) -> dict[str, str]:
    """Return how to reach the servers that run now."""
    owner = Lock(folders.data).owner()
    assert owner is not None
    assert owner.environment is not None
    return owner.environment


def connected(folders: Folders) -> "Connection[Any]":
    """Connect to the database of the system that runs now."""
    return psycopg.connect(addresses_of(folders)["DATABASE_URL"], autocommit=True)


def converted(line: "Connection[Any]") -> int:
    """Count the conversions there have been."""
    row = line.execute("SELECT count(*) FROM healthcode_decisionrecord WHERE cause = 'conversion'").fetchone()
    assert row is not None
    return int(row[0])


def wait_for(line: "Connection[Any]", number: int) -> None:
    """Wait until so many people have been converted."""
    deadline = time.monotonic() + 240
    while (done := converted(line)) < number:
        assert time.monotonic() < deadline, f"{done} of {number} converted"
        time.sleep(0.005)


def kill(system: subprocess.Popen[str], words: str) -> None:
    """``kill -9`` the part with these words in its command line; no words: the supervisor."""
    victim = part(system, words) if words else system
    victim.kill()
    system.wait(90)


def test_everybody_turns_once_whatever_is_killed(folders: Folders) -> None:
    given = environment(folders)
    populate(folders, given)
    for words in PARTS:
        with running(given) as system, connected(folders) as line:
            wait_for(line, converted(line) + STEP)
            assert converted(line) < PEOPLE, "the sweep was over before the kill"
            kill(system, words)
    with running(given), connected(folders) as line:
        wait_for(line, PEOPLE)
        assert manage({**given, **addresses_of(folders)}, "convert_due") == "0 converted\n"
        assert line.execute(PER_PERSON).fetchall() == [(1, 1, 1, 1, 1, PEOPLE)]
