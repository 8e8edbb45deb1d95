"""``POST /api/v1/verify/``: devices verify codes, nobody else does, and a retry gets the same answer."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from healthcode.domain.colours import Colour
from healthcode.domain.tokens import Reason
from healthcode.models import Account, AuditEntry
from tests.healthcode.at_once import at_once
from tests.people import code_of
from tests.venues.kit import give_colour
from venues.models import Device, Scan, Venue
from venues.services.devices import IssuedKey, issue_device, suspend_device

URL = "/api/v1/verify/"


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock of the interface at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def turnstile(market: Venue, at: datetime) -> IssuedKey:
    """A device at the market, with its key."""
    return issue_device(by=None, venue=market, name="一号闸机", at=at)


def ask(key: str, code: Any, nonce: Any = None, **more: Any) -> Any:
    """Send a scan; return the response."""
    body = {"code": code, "nonce": str(nonce or uuid4()), **more}
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "zh-hans"}
    return Client().post(URL, json.dumps(body), content_type="application/json", headers=headers)


@pytest.mark.parametrize(
    ("colour", "verdict", "word"),
    [(Colour.GREEN, "pass", "可以通行"), (Colour.YELLOW, "refuse", "限制进入"), (Colour.RED, "refuse", "禁止通行")],
)
def test_a_good_code_is_answered_by_the_colour_now(
    colour: Colour, verdict: str, word: str, turnstile: IssuedKey, citizen: Account, at: datetime
) -> None:
    text = code_of(citizen, at - timedelta(seconds=10))
    give_colour(citizen, colour, at)
    answer = ask(turnstile.key, text).json()
    assert (answer["reason"], answer["verdict"], answer["colour"]) == ("ok", verdict, colour)
    assert (answer["word"], answer["code_age"], answer["kind"]) == (word, 10, "own_phone")
    assert answer["holder"] == {"name": "王*明", "tail": answer["holder"]["tail"]}


@pytest.mark.parametrize(
    ("code", "reason"),
    [("", "unreadable"), ("hello", "unreadable"), ("x" * 4_096, "unreadable"), ("HC1:00", "wrong_kind")],
)
def test_a_failed_scan_is_a_row_with_its_reason(code: str, reason: str, turnstile: IssuedKey) -> None:
    answer = ask(turnstile.key, code).json()
    assert (answer["reason"], answer["verdict"], answer["holder"]) == (reason, "", None)
    kept = Scan.objects.get()
    assert (kept.reason, kept.device, kept.guard) == (reason, turnstile.device, None)


def test_an_old_code_is_expired(turnstile: IssuedKey, citizen: Account, at: datetime) -> None:
    answer = ask(turnstile.key, code_of(citizen, at - timedelta(minutes=5))).json()
    assert (answer["reason"], answer["code_age"]) == (Reason.EXPIRED, 300)


def test_a_request_sent_again_gets_the_same_answer(
    turnstile: IssuedKey, citizen: Account, at: datetime, clock: time_machine.Traveller
) -> None:
    nonce, text = uuid4(), code_of(citizen, at)
    first = ask(turnstile.key, text, nonce).json()
    give_colour(citizen, Colour.RED, at)
    clock.move_to(at + timedelta(minutes=3))
    assert ask(turnstile.key, text, nonce).json() == first
    assert Scan.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_nonce_on_two_connections_is_one_row(turnstile: IssuedKey, citizen: Account, at: datetime) -> None:
    nonce, text = uuid4(), code_of(citizen, at)
    first, second = at_once(*[lambda: ask(turnstile.key, text, nonce).json()] * 2)
    assert first == second
    assert first["verdict"] == "pass"
    assert Scan.objects.count() == AuditEntry.objects.filter(action="scan").count() == 1


def test_two_devices_with_one_nonce_make_two_rows(turnstile: IssuedKey, market: Venue, at: datetime) -> None:
    other, nonce = issue_device(by=None, venue=market, name="二号闸机", at=at), uuid4()
    for key in (turnstile.key, other.key):
        ask(key, "", nonce)
    assert Scan.objects.count() == 2


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Bearer a.b", "Basic eDp5", "Token x"])
def test_without_a_key_there_is_no_answer(authorization: str, turnstile: IssuedKey, citizen: Account) -> None:
    browser = Client(headers={"Authorization": authorization} if authorization else {})
    browser.force_login(citizen, backend="django.contrib.auth.backends.ModelBackend")
    answer = browser.post(URL, {"code": "", "nonce": str(uuid4())}, content_type="application/json")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert not Scan.objects.exists()


@pytest.mark.parametrize("state", ["suspended", "closed"])
def test_a_key_that_counts_no_more(state: str, turnstile: IssuedKey, market: Venue, at: datetime) -> None:
    if state == "suspended":
        suspend_device(by=None, device=turnstile.device, at=at)
    else:
        Venue.objects.filter(pk=market.pk).update(closed_at=at)
    answer = ask(turnstile.key, "")
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_key")
    assert not Scan.objects.exists()


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"code": "x"}', '{"code": "x", "nonce": "1"}', '{"code": 1.5e999, "nonce": null}', "{"]
)
def test_another_form_is_malformed(body: str, turnstile: IssuedKey) -> None:
    headers = {"Authorization": f"Bearer {turnstile.key}"}
    answer = Client().post(URL, body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert not Scan.objects.exists()


def test_a_device_that_asks_too_often_is_told_to_wait(turnstile: IssuedKey, settings: Settings) -> None:
    settings.DEVICE_RATE = "2/m"
    assert [ask(turnstile.key, "").status_code for _ in range(3)] == [200, 200, 429]
    assert Scan.objects.count() == 2


def test_that_it_called_is_noted(turnstile: IssuedKey, at: datetime) -> None:
    ask(turnstile.key, "")
    assert Device.objects.get().last_seen_at == at


def test_a_scan_of_a_device_is_audited_in_its_name(turnstile: IssuedKey) -> None:
    ask(turnstile.key, "")
    entry = AuditEntry.objects.get(action="scan")
    assert (entry.actor, entry.actor_label, entry.person) == (None, f"device {turnstile.device}", None)


def test_no_session_and_no_cookie(turnstile: IssuedKey, django_assert_max_num_queries: Any) -> None:
    ask(turnstile.key, "")
    with django_assert_max_num_queries(6):  # device · known? · savepoint · scan · audit · release
        answer = ask(turnstile.key, "")
    assert not answer.cookies
