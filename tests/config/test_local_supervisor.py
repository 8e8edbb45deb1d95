"""The whole of ``./run`` with production settings: however it ends, nothing of it stays."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from healthcode.config.local import valkey
from healthcode.config.local.environment import make_secrets
from healthcode.config.local.folders import ROOT, Folders, folders_of

pytestmark = pytest.mark.chaos


def environment(folders: Folders) -> dict[str, str]:
    """Return an environment in which ``./run`` keeps to these folders and seeds no demo people."""
    make_secrets(folders.secrets)
    data = folders.data
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    ours = {"HC_DATA_DIR": str(data), "HC_PORT": str(valkey.free_port()), "HC_SECRET_DIR": str(folders.secrets)}
    return {**inherited, **ours, "HC_DEMO": "0", "HC_TESTING": "0", "HC_ALLOWED_HOSTS": "localhost"}


@pytest.fixture
def folders() -> Iterator[Folders]:
    """Yield data folders that are deleted afterwards; as root the cluster stands apart."""
    with tempfile.TemporaryDirectory(prefix="healthcode-", ignore_cleanup_errors=True) as data:
        folders = folders_of(Path(data))
        yield folders
        shutil.rmtree(folders.cluster_home, ignore_errors=True)


@pytest.fixture
def system(folders: Folders) -> Iterator[subprocess.Popen[str]]:
    """Yield a running system."""
    command = [sys.executable, "-m", "healthcode.config.local.supervisor"]
    given = environment(folders)
    with subprocess.Popen(command, cwd=ROOT, env=given, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = ""
        while "Running." not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        wait_for_workers(process)
        yield process
        below = parts(process) if process.poll() is None else []
        process.kill()
        left_of(below)


def parts(system: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return every process of the system but the supervisor."""
    return psutil.Process(system.pid).children(recursive=True)


def part(system: subprocess.Popen[str], words: str) -> psutil.Process:
    """Return the first process whose command line holds ``words``, guards left out."""
    found = (process for process in parts(system) if words in " ".join(process.cmdline()))
    return next(process for process in found if "guard.py" not in " ".join(process.cmdline()))


def wait_for_workers(system: subprocess.Popen[str]) -> None:
    """Wait until the worker has its two pool processes: worker, pool and beat carry the same words."""
    deadline = time.monotonic() + 60
    while len([process for process in parts(system) if is_celery(process)]) < 4:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def is_celery(process: psutil.Process) -> bool:
    """Tell a Celery process from its guard and from one that is just gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        words = " ".join(process.cmdline())
        return "celery --app" in words and "guard.py" not in words
    return False


def left_of(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return the processes that are still there once every part has had its patience to stop, and more."""
    return psutil.wait_procs(processes, timeout=45)[1]


def test_ctrl_c_stops_everything(system: subprocess.Popen[str]) -> None:
    below = parts(system)
    system.send_signal(signal.SIGINT)
    assert system.wait(60) == 0
    assert left_of(below) == []


def test_killed_supervisor_leaves_no_process(system: subprocess.Popen[str]) -> None:
    below = parts(system)
    assert len(below) > 18  # five guards and what they guard, worker processes included
    system.kill()
    assert left_of(below) == []


@pytest.mark.parametrize(
    ("words", "name"), [("postgres -D", "database"), ("healthcode.config worker", "worker"), ("granian", "web")]
)
def test_killed_part_ends_the_system_with_an_error(system: subprocess.Popen[str], words: str, name: str) -> None:
    below = parts(system)
    part(system, words).kill()
    output, _errors = system.communicate(timeout=60)
    assert system.returncode == 1
    assert f"The {name}" in output
    assert left_of(below) == []
