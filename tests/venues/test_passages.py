"""What gates let in without a network: kept once, judged as of then, with when it was and when we heard kept apart."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.test import Client

from healthcode.domain.colours import Colour
from healthcode.domain.tokens import Kind, Reason
from healthcode.models import Account, AuditEntry, CodeKey
from healthcode.services.keys import forget_keys
from tests.client import StrictClient
from tests.healthcode.at_once import at_once
from tests.people import code_of, person_of
from tests.venues.kit import give_colour, scan
from venues.models import RETENTION_DAYS, Guard, Scan, Venue
from venues.services.devices import issue_device
from venues.services.passages import MOST, Passage, PassageStatus, record_passages
from venues.services.places import dismiss_guard

URL = "/api/v1/passages/"
SignIn = Callable[[Account], StrictClient]


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock of the interface an hour after noon: the network is back."""
    with time_machine.travel(at + timedelta(hours=1), tick=False) as traveller:
        yield traveller


def passage(text: str, at: datetime, shown: str = "pass", nonce: UUID | None = None) -> Passage:
    return Passage(nonce or uuid4(), text, shown, at)


def send(guard: Guard, *passages: Passage, at: datetime) -> list[tuple[str, str]]:
    """Record passages an hour later; return status and code of each."""
    found = record_passages(by=guard.account, guard=guard, passages=passages, at=at + timedelta(hours=1))
    return [(result.status, result.code) for result in found]


def test_a_passage_says_when_it_was_and_when_we_heard(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    assert send(gate_guard, passage(code_of(citizen, at), at), at=at) == [("recorded", "")]
    kept = Scan.objects.get()
    assert (kept.scanned_at, kept.received_at) == (at, at + timedelta(hours=1))
    assert (kept.reason, kept.verdict, kept.shown, kept.person) == ("ok", "pass", "pass", person_of(citizen))


def test_sent_twice_it_is_one_row(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    one = passage(code_of(citizen, at), at)
    assert [send(gate_guard, one, at=at) for _ in range(2)] == [[("recorded", "")], [("known", "")]]
    assert Scan.objects.count() == AuditEntry.objects.filter(action="scan").count() == 1


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_one_moment_it_is_one_row(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    one = passage(code_of(citizen, at), at)
    found = at_once(*[lambda: send(gate_guard, one, at=at)] * 2)
    assert sorted(status for ((status, _code),) in found) == ["known", "recorded"]
    assert Scan.objects.count() == 1


def test_what_came_by_the_page_a_moment_before_is_known(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    nonce, text = uuid4(), code_of(citizen, at)
    scan(gate_guard, text, at, nonce)
    assert send(gate_guard, passage(text, at, nonce=nonce), at=at) == [("known", "")]


def test_the_colour_is_the_one_in_the_code(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    text = code_of(citizen, at)
    give_colour(citizen, Colour.RED, at + timedelta(minutes=1))
    send(gate_guard, passage(text, at), at=at)
    assert (Scan.objects.get().colour, Scan.objects.get().verdict) == ("green", "pass")


@pytest.mark.parametrize(("later", "reason"), [(-31, "not_yet_valid"), (-30, "ok"), (119, "ok"), (120, "expired")])
def test_clocks_may_be_apart_by_half_a_minute(
    later: int, reason: str, citizen: Account, gate_guard: Guard, at: datetime
) -> None:
    send(gate_guard, passage(code_of(citizen, at), at + timedelta(seconds=later)), at=at)
    assert Scan.objects.get().reason == reason


def test_the_reserve_lets_in_with_the_document(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    send(gate_guard, passage(code_of(citizen, at, Kind.RESERVE), at + timedelta(minutes=9), "restricted"), at=at)
    kept = Scan.objects.get()
    assert (kept.verdict, kept.condition, kept.kind) == ("restricted", "document", "reserve")


def test_what_a_gate_showed_stays_beside_what_we_find(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    text = code_of(citizen, at)
    values = {"state": "withdrawn", "withdrawn_at": at, "withdrawal_reason": "stolen"}
    CodeKey.objects.filter(scope__contains=1).update(**values)
    forget_keys()
    send(gate_guard, passage(text, at), at=at)
    assert (Scan.objects.get().reason, Scan.objects.get().shown) == (Reason.UNKNOWN_KEY, "pass")


@pytest.mark.parametrize("shown", ["unreadable", "wrong_kind", "cannot_check"])
def test_of_other_texts_only_the_result_is_kept(shown: str, gate_guard: Guard, at: datetime) -> None:
    send(gate_guard, passage("", at, shown), at=at)
    assert (Scan.objects.get().reason, Scan.objects.get().shown) == (shown, shown)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scanned_at": timedelta(hours=1, seconds=1)}, "scanned_in_future"),
        ({"scanned_at": -timedelta(days=RETENTION_DAYS)}, "not_on_duty_then"),
        ({"shown": "ok"}, "unknown_result"),
        ({"shown": "张三"}, "unknown_result"),
    ],
)
def test_what_is_refused_makes_no_row(changes: dict[str, Any], code: str, gate_guard: Guard, at: datetime) -> None:
    when = at + changes.get("scanned_at", timedelta())
    assert send(gate_guard, passage("", when, changes.get("shown", "pass")), at=at) == [("refused", code)]
    assert not Scan.objects.exists()


def test_what_is_older_than_our_memory_is_refused(gate_guard: Guard, market: Venue, at: datetime) -> None:
    later = at + timedelta(days=RETENTION_DAYS, seconds=1)
    (found,) = record_passages(by=gate_guard.account, guard=gate_guard, passages=[passage("", at)], at=later)
    assert (found.status, found.code) == (PassageStatus.REFUSED, "scanned_too_long_ago")


# --- the interface ------------------------------------------------------------------------------------------


def row(text: str, at: datetime, **changes: Any) -> dict[str, Any]:
    return {"nonce": str(uuid4()), "code": text, "shown": "pass", "scanned_at": at.isoformat(), **changes}


def post(browser: Client, *rows: Any, **headers: str) -> Any:
    body = json.dumps({"passages": rows})
    return browser.post(URL, body, content_type="application/json", headers=headers)


def test_a_guards_phone_sends_its_queue(citizen: Account, gate_guard: Guard, sign_in: SignIn, at: datetime) -> None:
    rows = [row(code_of(citizen, at), at), row("", at, shown="unreadable")]
    browser = sign_in(gate_guard.account)
    answers = [[result["status"] for result in post(browser, *rows).json()["results"]] for _ in range(2)]
    assert answers == [["recorded", "recorded"], ["known", "known"]]
    assert Scan.objects.count() == 2


def test_a_device_sends_its_queue(market: Venue, citizen: Account, at: datetime) -> None:
    issued = issue_device(by=None, venue=market, name="一号闸机", at=at)
    answer = post(Client(), row(code_of(citizen, at), at), Authorization=f"Bearer {issued.key}")
    assert [result["status"] for result in answer.json()["results"]] == ["recorded"]
    assert Scan.objects.get().device == issued.device


def test_nobody_else_sends_anything(citizen: Account, gate_guard: Guard, sign_in: SignIn, at: datetime) -> None:
    assert post(Client(), row("", at)).status_code == 401
    assert post(sign_in(citizen), row("", at)).status_code == 404
    dismiss_guard(by=None, guard=gate_guard, at=at)
    assert post(sign_in(gate_guard.account), row("", at)).status_code == 404
    assert not Scan.objects.exists()


def test_a_session_needs_the_token_of_our_own_page(gate_guard: Guard, at: datetime) -> None:
    browser = StrictClient(enforce_csrf_checks=True)
    browser.force_login(gate_guard.account, backend="django.contrib.auth.backends.ModelBackend")
    assert post(browser, row("", at)).status_code == 403
    token = browser.get("/gate/session/").json()["csrf"]
    assert post(browser, row("", at, shown="unreadable"), **{"X-CSRFToken": token}).status_code == 200


@pytest.mark.parametrize(
    "rows", [[{}], [{"nonce": "x"}], ["x"], [None], [{"nonce": str(uuid4()), "code": "", "shown": "ok"}]]
)
def test_another_form_is_malformed(rows: list[Any], gate_guard: Guard, sign_in: SignIn) -> None:
    answer = post(sign_in(gate_guard.account), *rows)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_queue_comes_in_parts(gate_guard: Guard, sign_in: SignIn, at: datetime) -> None:
    assert post(sign_in(gate_guard.account), *[row("", at)] * (MOST + 1)).status_code == 400
