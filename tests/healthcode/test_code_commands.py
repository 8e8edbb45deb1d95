"""The commands about keys and codes: what they print, how they exit, and that the root needs no server."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from pytest_django import Settings

from healthcode import tasks
from healthcode.domain.tokens import CustodyDown, Kind, jwk
from healthcode.gateways import key_custody
from healthcode.gateways.custody import FileCustody, SealedCustody
from healthcode.models import Account, CodeKey, PublisherKey
from healthcode.services.keys import (
    NoSigningKey,
    forget_keys,
    rotate_code_keys,
    signing_half,
    signing_key,
    verifying_keys,
)
from healthcode.services.paper import issue_paper_code
from healthcode.services.publishing import ensure_publisher, forget_publisher, keys_document, root_jwk
from tests.healthcode.token_kit import AT, KEY, token
from tests.people import code_of, fact, person_of, record

PASSPHRASE = "a-passphrase-for-tests"


def said(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def verify(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run verify_code; return its exit status and what it printed."""
    output = StringIO()
    try:
        call_command("verify_code", *arguments, stdout=output)
    except SystemExit as end:
        return int(end.code or 0), json.loads(output.getvalue())
    return 0, json.loads(output.getvalue())


@pytest.fixture
def jwks(tmp_path: Path) -> str:
    """A bare JWKS with the key of the token tests."""
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [jwk(KEY.record)]}))
    return str(path)


@pytest.fixture
def published(province: None, at: datetime, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The published key set and the root, as files."""
    forget_publisher()
    ensure_publisher(by=None, at=at)
    (tmp_path / "keys").write_text(keys_document(at).text)
    (tmp_path / "root").write_text(json.dumps(root_jwk()))
    yield str(tmp_path / "keys"), str(tmp_path / "root")
    forget_publisher()


# --- verify_code ------------------------------------------------------------------------------------------


def test_a_good_code_offline(jwks: str) -> None:
    status, found = verify(token(), "--at", AT.isoformat(), "--keys", jwks)
    assert status == 0
    assert (found["result"], found["kind"], found["colour_in_code"], found["region"]) == (
        *("ok", "own_phone", "green"),
        330100,
    )
    assert (found["mode"], found["keys_checked"], found["document_check"]) == ("offline", False, False)


@pytest.mark.parametrize(
    ("text", "later", "result"),
    [
        ("HELLO", 0, "unreadable"),
        ("HC1:00", 0, "wrong_kind"),
        (token(), 1000, "expired"),
        (token(), -60, "not_yet_valid"),
        (token()[:-4] + "0000", 0, "not_genuine"),
    ],
)
def test_a_bad_code_offline(jwks: str, text: str, later: int, result: str) -> None:
    status, found = verify(text, "--at", (AT + timedelta(seconds=later)).isoformat(), "--keys", jwks)
    assert (status, found["result"]) == (1, result)


def test_a_published_key_set_is_checked_against_the_root(
    published: tuple[str, str], citizen: Account, at: datetime
) -> None:
    keys, root = published
    status, found = verify(code_of(citizen, at), "--at", at.isoformat(), "--keys", keys, "--root", root)
    assert (status, found["result"], found["keys_checked"]) == (0, "ok", True)
    later = (at + timedelta(hours=25)).isoformat()
    assert verify(code_of(citizen, at), "--at", later, "--keys", keys)[1]["result"] == "cannot_check"


def test_a_key_set_of_another_root_is_no_key_set(published: tuple[str, str], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text(json.dumps(jwk(KEY.record)))
    with pytest.raises(CommandError) as refusal:
        verify(token(), "--keys", published[0], "--root", str(other))
    assert refusal.value.returncode == 2


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"keys": [1]}', '{"signature": "", "payload": 1, "protected": 2}']
)
def test_a_file_that_holds_no_keys_is_said_so(tmp_path: Path, content: str) -> None:
    path = tmp_path / "file"
    path.write_text(content)
    with pytest.raises(CommandError) as refusal:
        verify(token(), "--keys", str(path))
    assert refusal.value.returncode == 2


@pytest.mark.parametrize("arguments", [("--at", "noon"), ("--keys", "/nowhere/at/all")])
def test_a_question_that_cannot_be_asked(arguments: tuple[str, str]) -> None:
    with pytest.raises(CommandError) as refusal:
        verify(token(), *arguments)
    assert refusal.value.returncode == 2


def test_online_the_colour_is_that_of_now(citizen: Account, at: datetime) -> None:
    shown = code_of(citizen, at)
    record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    status, found = verify(shown, "--at", at.isoformat())
    assert (status, found["colour_in_code"], found["colour_now"], found["mode"]) == (0, "green", "red", "online")


# --- root and publisher -----------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a root that was made offline."""
    monkeypatch.setenv("ROOT_PASSPHRASE", PASSPHRASE)
    said("make_root", str(tmp_path))
    return tmp_path


def test_a_publisher_is_certified_offline_and_installed(province: None, root: Path, settings: Settings) -> None:
    settings.ROOT_KEY, settings.ROOT_PUBLIC = "", (root / "root_public").read_text()
    (root / "publisher").write_text(said("make_publisher"))
    certificate = said("sign_publisher", str(root / "publisher"), "--root", str(root / "root_key.pem"), "--days", "30")
    (root / "certificate").write_text(certificate)
    assert "publishes until" in said("install_publisher", str(root / "certificate"))
    assert PublisherKey.objects.get().certificate == certificate.strip()


def test_the_root_is_sealed_and_not_overwritten(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert b"ENCRYPTED" in (root / "root_key.pem").read_bytes()
    assert (root / "root_key.pem").stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError):
        said("make_root", str(root))
    monkeypatch.setenv("ROOT_PASSPHRASE", "another-passphrase")
    with pytest.raises(CommandError):
        said("sign_publisher", str(root / "root_public"), "--root", str(root / "root_key.pem"))


@pytest.mark.parametrize(("jwk_text", "days"), [("{}", "30"), ("no", "30"), ("", "366")])
def test_what_cannot_be_certified_is_said_so(root: Path, jwk_text: str, days: str) -> None:
    path = root / "publisher"
    path.write_text(jwk_text or (root / "root_public").read_text())
    with pytest.raises(CommandError):
        said("sign_publisher", str(path), "--root", str(root / "root_key.pem"), "--days", days)


def test_a_short_passphrase_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOT_PASSPHRASE", "short")
    with pytest.raises(CommandError):
        said("make_root", str(tmp_path))


@pytest.mark.parametrize("text", ["nonsense", "a.b.c"])
def test_a_certificate_that_is_none_is_refused(province: None, tmp_path: Path, text: str) -> None:
    (tmp_path / "certificate").write_text(text)
    with pytest.raises(CommandError):
        said("install_publisher", str(tmp_path / "certificate"))


# --- custody and upkeep -----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """An installation that keeps its keys in files."""
    settings.KEY_FOLDER, settings.KEY_CUSTODY = str(tmp_path), "healthcode.gateways.custody.FileCustody"
    key_custody.cache_clear()
    yield tmp_path
    key_custody.cache_clear()


def test_keys_in_files_never_reach_the_database(folder: Path, db: None, at: datetime) -> None:
    rotate_code_keys(by=None, at=at)
    forget_keys()
    rows = CodeKey.objects.order_by("pk")
    assert {bytes(row.private_sealed).decode() for row in rows} == {path.name for path in folder.iterdir()}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert signing_half(rows[0]).sign(b"x")


def test_without_its_file_a_key_signs_nothing_and_verifies_still(folder: Path, db: None, at: datetime) -> None:
    rotate_code_keys(by=None, at=at)
    for path in folder.iterdir():
        path.unlink()
    forget_keys()
    with pytest.raises(NoSigningKey):
        signing_key(Kind.OWN_PHONE, at)
    assert verifying_keys(at).any_valid(at)


def test_a_file_that_is_gone_is_no_key(folder: Path) -> None:
    custody = FileCustody()
    kept = custody.make("label")
    custody.destroy(kept.reference)
    custody.destroy(kept.reference)
    for reference in (kept.reference, b"", b"label-../../secret", b"another-label"):
        with pytest.raises(CustodyDown):
            custody.open(reference, "label")


def test_a_folder_that_is_not_there_makes_no_key(folder: Path, settings: Settings) -> None:
    settings.KEY_FOLDER = str(folder / "nowhere")
    with pytest.raises(CustodyDown):
        FileCustody().make("label")


@pytest.mark.parametrize("custody", [SealedCustody, FileCustody])
def test_what_is_kept_signs_for_its_public_half(folder: Path, custody: type[Any]) -> None:
    kept = custody().make("label")
    assert custody().open(kept.reference, "label").public_key() == kept.public_key
    with pytest.raises(CustodyDown):
        custody().open(kept.reference, "another")


@pytest.mark.parametrize("door", ["task", "command"])
def test_paper_codes_are_replaced_by_beat(citizen: Account, at: datetime, door: str) -> None:
    issue_paper_code(by=citizen, person=person_of(citizen), at=at)
    record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    with time_machine.travel(at + timedelta(minutes=5), tick=False):
        if door == "task":
            assert tasks.replace_paper_codes() == 1
        else:
            assert said("replace_paper_codes") == "1 taken back\n"
