"""A designation carried to six thousand people by workers that are killed, one after the other, in the middle of a
batch. Afterwards everybody has been decided exactly once.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone

from healthcode.config.local.folders import ROOT, Folders
from healthcode.domain.decide import decide
from healthcode.domain.instants import to_china
from healthcode.domain.rulesets import shipped_ruleset
from tests.chaos.population import make_people
from tests.chaos.test_conversion_chaos import folders
from tests.config.test_local_supervisor import environment

pytestmark = pytest.mark.chaos
__all__ = ["folders"]

PEOPLE = 6_000
BATCH = 250
KILLS = 3
_STAYS = """
INSERT INTO healthcode_evidencerecord (public_id, person_id, kind, at, ended_at, recorded_at, source_id, source_ref,
                                       place, community, detail, reason)
SELECT gen_random_uuid(), person.id, 'area_stay', %(at)s, %(at)s, %(at)s, source.id, 'stay-' || person.id, '110106', '',
       '{"place": "110106"}', ''
FROM healthcode_person person, healthcode_source source WHERE source.code = 'zj-police'
"""
_DESIGNATION = """
INSERT INTO healthcode_areadesignation (public_id, level, code, county, name, communities, valid_from, recorded_at,
                                        document)
VALUES (gen_random_uuid(), 'medium', '110106', '110106', '丰台区', '[]', %(at)s, %(at)s, '')
"""
_CHANGE = """
INSERT INTO healthcode_recolouring (cause, effective_at, counties, created_at, people, touched, changed, stop_reason)
VALUES ('areas', %(at)s, '["110106"]', %(at)s, 0, 0, 0, '')
"""
# Decisions by the change, current ones, messages and audit entries of each person; and how many people have so many.
PER_PERSON = """
SELECT made, current, messages, entries, count(*) FROM healthcode_person person
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE cause = 'areas' AND colour = 'yellow') AS made,
           count(*) FILTER (WHERE superseded_at IS NULL) AS current
    FROM healthcode_decisionrecord decision WHERE decision.person_id = person.id
) decisions
CROSS JOIN LATERAL (SELECT count(*) AS messages FROM healthcode_outbox row WHERE row.person_id = person.id) told
CROSS JOIN LATERAL (SELECT count(*) AS entries FROM healthcode_auditentry row WHERE row.person_id = person.id) audited
GROUP BY 1, 2, 3, 4
"""


@pytest.fixture
def given(folders: Folders) -> Iterator[dict[str, str]]:
    """Yield the environment of an installation with its servers, the people, and the change that is announced."""
    clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    command = [sys.executable, "-m", "tests.config.holder", str(folders.data)]
    with subprocess.Popen(command, cwd=ROOT, env=clean, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout
            found = {**environment(folders), **json.loads(holder.stdout.readline())}
            for step in ("migrate", "set_up"):
                manage(found, step)
            populate(found["DATABASE_URL"])
            yield found
        finally:
            holder.kill()


def manage(given: dict[str, str], *command: str) -> str:
    """Run a management command and return what it printed."""
    arguments = [sys.executable, str(ROOT / "manage.py"), *command]
    done = subprocess.run(arguments, env=given, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def populate(url: str) -> None:
    """Make the people, their stays, the designation and the change that has to reach them."""
    at = to_china(timezone.now()) - timedelta(days=1)
    with psycopg.connect(url) as line:
        make_people(line, PEOPLE, decide([], [], shipped_ruleset(), at))
        for statement in (_STAYS, _DESIGNATION, _CHANGE):
            line.execute(statement, {"at": at})


def kill_after(given: dict[str, str], line: psycopg.Connection[tuple[int]], number: int) -> None:
    """Start a worker and ``kill -9`` it as soon as so many people are done: the next batch is under way then."""
    command = [sys.executable, str(ROOT / "manage.py"), "recolour", "--batch", str(BATCH)]
    with subprocess.Popen(command, cwd=ROOT, env=given, stdout=subprocess.DEVNULL) as worker:
        deadline = time.monotonic() + 240
        while touched(line) < number:
            assert worker.poll() is None, "the worker was done before the kill"
            assert time.monotonic() < deadline
            time.sleep(0.002)
        worker.kill()


def touched(line: psycopg.Connection[tuple[int]]) -> int:
    """Count the people who are done."""
    row = line.execute("SELECT touched FROM healthcode_recolouring").fetchone()
    assert row is not None
    return row[0]


def test_everybody_is_decided_once_whoever_is_killed(given: dict[str, str]) -> None:
    with psycopg.connect(given["DATABASE_URL"], autocommit=True) as line:
        for _kill in range(KILLS):
            kill_after(given, line, touched(line) + 2 * BATCH)
            assert 0 < touched(line) < PEOPLE
        assert f"{PEOPLE} people looked at, {PEOPLE} decisions changed" in manage(given, "recolour")
        assert line.execute(PER_PERSON).fetchall() == [(1, 1, 1, 1, PEOPLE)]
