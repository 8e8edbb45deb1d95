"""``./run <command>``: whose servers it uses, what status it gives back."""

import fcntl
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from healthcode.config.local import browser, command, supervisor, valkey
from healthcode.config.local.folders import LocalError, Lock


@pytest.fixture
def held(tmp_path: Path) -> Lock:
    lock = Lock(tmp_path)
    assert lock.take()
    return lock


def test_servers_that_still_start_are_not_used(held: Lock) -> None:
    assert command.running_environment(held) is None


def test_servers_that_run_are_used(held: Lock) -> None:
    held.publish({"REDIS_URL": "redis://x"})
    assert command.running_environment(held) == {"REDIS_URL": "redis://x"}


def test_servers_of_a_dead_owner_are_not_used(held: Lock) -> None:
    held.path.write_text('{"pid": 1, "started": "0", "command": "./run", "environment": {"REDIS_URL": "x"}}')
    assert command.running_environment(held) is None


def test_servers_are_not_stopped_under_a_user(tmp_path: Path) -> None:
    user, stopper = command.Users(tmp_path), command.Users(tmp_path)
    user.share()
    with pytest.raises(BlockingIOError):
        fcntl.flock(stopper.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    user.leave()
    stopper.wait()


@pytest.mark.parametrize(("code", "status"), [("raise SystemExit(5)", 5), ("import os; os.kill(os.getpid(), 9)", 137)])
def test_status_is_the_commands(code: str, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    assert command.run_child([sys.executable, "-c", code]) == status
    for number, handler in before.items():
        signal.signal(number, handler)


def test_pages_are_served_on_this_machine_only_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HC_HOST", raising=False)
    monkeypatch.delenv("HC_PORT", raising=False)
    assert supervisor.address() == ("127.0.0.1", 8000)


@pytest.mark.parametrize("text", ["0", "65536", "-1", "web", ""])
def test_what_is_no_port_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HC_PORT", text)
    with pytest.raises(LocalError, match="HC_PORT"):
        supervisor.address()


def test_port_that_is_listened_on_is_not_free() -> None:
    port = valkey.free_port()
    assert port < 32768
    with socket.create_server(("127.0.0.1", port)):
        assert not valkey.is_free("127.0.0.1", port)


def test_missing_chromium_is_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalError, match=r"^The browser tests need Chromium.*\.$"):
        browser.provide_chromium()


def test_named_chromium_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "my-chromium"
    program.touch(mode=0o755)
    monkeypatch.setenv("CHROMIUM", str(program))
    assert browser.find_chromium() == os.fspath(program)
