"""The guard: what it starts ends with it, and its status is the command's."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from healthcode.config.local import guard

pytestmark = pytest.mark.chaos

# Starts a child in a session of its own, says so, and never ends by itself: the worst to clean up after.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


def guarded(*command: str, stops: str = "TERM:5") -> list[str]:
    options = ["--owner", str(os.getpid()), "--stop", stops]
    return [sys.executable, "-I", "-S", guard.__file__, *options, "--", *command]


def grandchild_of(process: subprocess.Popen[str]) -> psutil.Process:
    assert process.stdout
    return psutil.Process(int(process.stdout.readline()))


def test_told_to_stop_it_ends_a_grandchild_in_another_session() -> None:
    with subprocess.Popen(guarded(sys.executable, "-c", PARENT), stdout=subprocess.PIPE, text=True) as process:
        grandchild = grandchild_of(process)
        process.terminate()
        process.wait(60)
    assert not grandchild.is_running()


def test_killed_command_takes_its_orphans_with_it() -> None:
    with subprocess.Popen(guarded(sys.executable, "-c", PARENT), stdout=subprocess.PIPE, text=True) as process:
        grandchild = grandchild_of(process)
        psutil.Process(process.pid).children()[0].kill()
        assert process.wait(60) == 128 + signal.SIGKILL
    assert not grandchild.is_running()


def test_command_deaf_to_the_stop_signals_is_killed() -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    command = guarded(sys.executable, "-c", deaf, stops="TERM:0.2")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        process.terminate()
        assert process.wait(60) == 128 + signal.SIGKILL


def test_exit_status_is_the_commands() -> None:
    assert subprocess.run(guarded(sys.executable, "-c", "raise SystemExit(7)"), check=False).returncode == 7


def test_guard_of_a_dead_owner_starts_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "started"
    command = guarded("/bin/sh", "-c", f": > {mark}")
    command[command.index("--owner") + 1] = "1"
    assert subprocess.run(command, check=False).returncode == 1
    assert not mark.exists()


def test_folder_to_remove_is_gone_at_the_end(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = guarded("/bin/true")
    command.insert(command.index("--"), f"--remove={scratch}")
    subprocess.run(command, check=True)
    assert not scratch.exists()


def test_descendants_reach_below_children() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as process:
        grandchild = grandchild_of(process)
        found = guard.descendants(os.getpid())
        grandchild.kill()
        process.kill()
    assert {process.pid, grandchild.pid} <= set(found)


def test_stops_are_read_in_order() -> None:
    assert guard.parse_stops("INT:20,QUIT:0.5") == [(signal.SIGINT, 20.0), (signal.SIGQUIT, 0.5)]


def test_zombie_is_no_descendant() -> None:
    with subprocess.Popen(["/bin/true"]) as process:
        deadline = time.monotonic() + 60
        while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.01)
        assert process.pid not in guard.descendants(os.getpid())
