"""The local servers under kill -9: nothing is left behind and nothing is lost."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest
from redis import Redis

from healthcode.config.local.folders import ROOT

pytestmark = pytest.mark.chaos


@dataclass
class Holder:
    """A process that holds a database and a broker."""

    process: subprocess.Popen[str]
    addresses: dict[str, str]

    def below(self) -> list[psutil.Process]:
        """Return every process the holder started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def kill(self) -> None:
        """Kill the holder and wait for it alone."""
        self.process.kill()
        self.process.wait()


class Holders:
    """Start holders on one data folder."""

    def __init__(self, data: Path, stack: ExitStack) -> None:
        self.data = data
        self.stack = stack

    def launch(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.config.holder", str(self.data)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.stack.enter_context(process)
        self.stack.callback(process.kill)
        return process

    def start(self) -> Holder:
        process = self.launch()
        assert process.stdout
        addresses = json.loads(process.stdout.readline())
        if addresses["home"] != str(self.data):  # as root the cluster stands elsewhere
            self.stack.callback(shutil.rmtree, addresses["home"], ignore_errors=True)
        return Holder(process, addresses)


@pytest.fixture
def holders() -> Iterator[Holders]:
    with tempfile.TemporaryDirectory(prefix="healthcode-", ignore_cleanup_errors=True) as data, ExitStack() as stack:
        yield Holders(Path(data), stack)


def leave(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Give the processes some seconds to go and return those that stay."""
    _gone, alive = psutil.wait_procs(processes, timeout=60)
    return alive


def test_killed_owner_leaves_no_process(holders: Holders) -> None:
    holder = holders.start()
    below = holder.below()
    assert len(below) > 6  # two guards, the broker, the database and its own processes
    holder.kill()
    assert leave(below) == []


def test_killed_owner_and_guards_leave_no_process(holders: Holders) -> None:
    holder = holders.start()
    below = holder.below()
    guards = psutil.Process(holder.process.pid).children()
    holder.process.send_signal(signal.SIGSTOP)  # or it would tidy up between two kills
    for guard in guards:
        guard.kill()
    holder.kill()
    assert leave(below) == []


def test_committed_row_survives_a_killed_database(holders: Holders) -> None:
    holder = holders.start()
    with psycopg.connect(holder.addresses["DATABASE_URL"]) as line:
        line.execute("CREATE TABLE kept AS SELECT 42 AS n")
    below = holder.below()
    next(process for process in below if process.name() == "postgres").kill()
    holder.kill()
    leave(below)
    with psycopg.connect(holders.start().addresses["DATABASE_URL"]) as line:
        assert line.execute("SELECT n FROM kept").fetchone() == (42,)


def test_queued_message_survives_a_killed_broker(holders: Holders) -> None:
    holder = holders.start()
    with Redis.from_url(holder.addresses["REDIS_URL"]) as broker:
        broker.rpush("celery", "message")
    below = holder.below()
    next(process for process in below if process.name() == "valkey-server").kill()
    holder.kill()
    leave(below)
    with Redis.from_url(holders.start().addresses["REDIS_URL"]) as broker:
        assert broker.lrange("celery", 0, -1) == [b"message"]


def test_start_right_after_a_kill_waits_for_the_old_servers(holders: Holders) -> None:
    first = holders.start()
    first.kill()
    second = holders.start()
    with psycopg.connect(second.addresses["DATABASE_URL"]) as line:
        assert line.execute("SELECT 1").fetchone() == (1,)


def test_second_start_is_refused_and_names_the_first(holders: Holders) -> None:
    first = holders.start()
    second = holders.launch()
    _output, errors = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"process {first.process.pid}" in errors


def test_broker_listens_below_the_ephemeral_range_and_wants_its_password(holders: Holders) -> None:
    url = holders.start().addresses["REDIS_URL"]
    port = int(url.rpartition(":")[2].partition("/")[0])
    assert port < 32768
    with socket.create_connection(("127.0.0.1", port), timeout=20) as stranger:
        stranger.sendall(b"PING\r\n")
        assert stranger.recv(64).startswith(b"-NOAUTH")


def test_socket_folder_is_closed_to_others(holders: Holders) -> None:
    url = holders.start().addresses["DATABASE_URL"]
    folder = Path(url.partition("host=")[2])
    assert folder.stat().st_mode & 0o077 == 0
    assert len(os.fsencode(folder / ".s.PGSQL.5432.lock")) <= 107
