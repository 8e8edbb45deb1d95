"""The data folder of a checkout: its lock, its secrets, its sockets."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from healthcode.config.local import postgres
from healthcode.config.local.environment import make_secrets
from healthcode.config.local.folders import LocalError, Lock, Owner, private_folder, started_at, write_once


def test_lock_is_refused_while_its_owner_lives(tmp_path: Path) -> None:
    assert Lock(tmp_path).take()
    assert not Lock(tmp_path).take()


def test_refusal_names_the_owner(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    lock.take()
    assert f"(process {os.getpid()})" in lock.refusal()


def test_lock_of_a_dead_owner_is_waited_for_then_given_up(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    lock.take()
    dead = {"pid": os.getpid(), "started": "1", "command": "./run", "environment": None}
    lock.path.write_text(json.dumps(dead))
    with pytest.raises(LocalError, match="earlier start"):
        Lock(tmp_path).take(patience=0.2)


def test_lock_of_an_ended_process_is_taken_though_its_file_remains(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    lock.take()
    os.close(lock.fd)
    assert Lock(tmp_path).take()


def test_addresses_are_published_whole(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    lock.take()
    lock.publish({"DATABASE_URL": "x" * 100})
    lock.publish({"DATABASE_URL": "y"})
    owner = lock.owner()
    assert owner
    assert owner.environment == {"DATABASE_URL": "y"}


def test_reused_process_number_is_not_the_owner() -> None:
    assert Owner(os.getpid(), started_at(os.getpid()), "./run", None).alive()
    assert not Owner(os.getpid(), "1", "./run", None).alive()


def test_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(LocalError, match="another account"):
        private_folder(tmp_path / "link")


def test_private_folder_is_closed_again(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o777)
    assert private_folder(tmp_path / "open").stat().st_mode & 0o777 == 0o700


def test_file_written_once_keeps_its_first_text(tmp_path: Path) -> None:
    write_once(tmp_path / "key", "first")
    write_once(tmp_path / "key", "second")
    assert (tmp_path / "key").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_secrets_are_made_once_and_closed(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    first = {path.name: path.read_text() for path in tmp_path.iterdir()}
    make_secrets(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == first
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert len(first["django_secret_key"]) == 64


@pytest.mark.parametrize("name", ["data_key", "index_key", "reference_key"])
def test_keys_hold_32_bytes(tmp_path: Path, name: str) -> None:
    make_secrets(tmp_path)
    assert len(base64.urlsafe_b64decode((tmp_path / name).read_text())) == 32


def test_stale_pid_file_of_a_reused_number_is_removed(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n")
    postgres.clear_stale_pid(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()


def test_pid_file_of_a_living_server_is_kept(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text("1\n")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"], cwd=tmp_path) as server:
        with pytest.raises(LocalError, match=f"process {server.pid}"):
            postgres.clear_stale_pid(tmp_path, patience=0.2)
        server.kill()
    assert (tmp_path / "postmaster.pid").exists()
