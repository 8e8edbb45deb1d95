"""The example client as it is downloaded, run as a program against a live server."""

import json
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from healthcode.models import EvidenceRecord, Source
from healthcode.services.installation import install_sources
from healthcode.services.roles import Role
from healthcode.services.rules import install_baseline
from healthcode.services.systems import register_key
from tests.healthcode.feed_kit import CLIENT, example_client, row
from tests.people import ZHEJIANG, employ

PATIENCE = 60


def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run the client as a department does."""
    command = [sys.executable, "-I", str(CLIENT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key made by the client; its public half is beside it."""
    path = tmp_path / "key.pem"
    path.with_suffix(".pub").write_text(run("keygen", path).stdout)
    return path


@pytest.fixture
def key_id(transactional_db: None, key: Path) -> str:
    """The id under which the province registered the key."""
    at = timezone.now()
    install_baseline(by=None, at=at)
    install_sources(by=None, at=at)
    by = employ("reviewer", Role.PROVINCE_OFFICER, ZHEJIANG)
    source, public = Source.objects.get(code="zj-health"), key.with_suffix(".pub").read_text()
    return register_key(by=by, source=source, label="某系统", public_key=public, at=at).key_id


def test_the_private_half_is_for_its_owner_and_never_overwritten(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert run("keygen", key).returncode != 0


def test_rows_are_pushed_and_answered(live_server: LiveServer, key: Path, key_id: str, tmp_path: Path) -> None:
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    rows = [row(f"A{n}", "nat_result", yesterday, result="negative") for n in range(1_003)]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps({"rows": [*rows, row("X", "arrival", yesterday)]}))
    done = run("push", f"{live_server.url}/api/v1/evidence/", path, "--key-id", key_id, "--key", key)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["status"] for answer in answers] == ["recorded"] * 1_003 + ["refused"]
    assert (done.returncode, answers[-1]["code"]) == (1, "source_may_not_assert")
    assert EvidenceRecord.objects.count() == 1_003


def test_a_key_that_nobody_knows_is_told(live_server: LiveServer, key: Path, tmp_path: Path, key_id: str) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([row("A1", "arrival", "2020-07-01")]))
    done = run("push", f"{live_server.url}/api/v1/evidence/", path, "--key-id", "zj-nobody", "--key", key)
    assert done.returncode == 2
    assert "401 bad_signature" in done.stderr


class Answers:
    """What the server answers, one after the other; rows that were sent are kept."""

    def __init__(self, *answers: Any) -> None:
        self.answers: list[Any] = list(answers)
        self.waited: list[float] = []

    def __call__(self, body: bytes) -> Any:
        """Give the next answer or raise it."""
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_the_client_waits_and_sends_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client = example_client()
    answers = Answers((429, {"Retry-After": "7"}, {}), OSError("gone"), (200, {}, {"results": [{"id": "A1"}]}))
    sender = client.Client("https://host.example/api/v1/evidence/", "id", None, answers.waited.append)
    monkeypatch.setattr(sender, "_request", answers)
    assert list(sender.push([{"id": "A1"}])) == [{"id": "A1"}]
    assert answers.waited == [7.0, 2.0]
