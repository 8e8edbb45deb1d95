"""Who may push: only what a registered key signed just now, once, and not too often; keys come, change and end."""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import IntegrityError, transaction
from pytest_django import Settings

from healthcode.access import NotPermitted
from healthcode.domain.signatures import SignedRequest
from healthcode.models import Account, AuditEntry, Delivery, EvidenceRecord, Source, SystemKey
from healthcode.services.errors import Refused
from healthcode.services.systems import (
    OVERLAP,
    destroy_deliveries,
    open_delivery,
    register_key,
    revoke_key,
    rotate_key,
)
from tests.client import StrictClient
from tests.healthcode.at_once import at_once
from tests.healthcode.feed_kit import URL, System, connect, public_half, row
from tests.healthcode.row_kit import NOON, make

EMPTY = b'{"rows": []}'
SECOND = timedelta(seconds=1)
Change = Callable[[dict[str, str]], dict[str, str]]


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def health(sources: dict[str, Source], reviewer: Account, at: datetime) -> System:
    """The health commission's system."""
    return connect(sources["zj-health"], reviewer, at)


def code_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def replaced(name: str, old: str, new: str) -> Change:
    return lambda headers: {**headers, name: headers[name].replace(old, new)}


def without(name: str) -> Change:
    return lambda headers: {key: value for key, value in headers.items() if key != name}


TAMPERED: list[Change] = [
    lambda headers: {},
    without("Signature"),
    without("Signature-Input"),
    without("Content-Digest"),
    replaced("Content-Digest", "sha-256=:", "sha-256=:AAAA"),
    replaced("Signature-Input", '"@path" ', ""),
    replaced("Signature-Input", '"content-digest"', '"content-type"'),
    replaced("Signature-Input", ";nonce=", ";nonce2="),
    replaced("Signature-Input", "created=", "expires=1;created="),
    replaced("Signature-Input", "created=1", "created=2"),
    replaced("Signature-Input", "ed25519", "hmac-sha256"),
    replaced("Signature-Input", "healthcode-evidence", "healthcode-other"),
    replaced("Signature-Input", 'keyid="zj-', 'keyid="xx-'),
    replaced("Signature", "evidence=:", "evidence=:AAAA"),
    lambda headers: {**headers, "Signature": f"evidence=:{base64.b64encode(bytes(64)).decode()}:"},
    lambda headers: {**headers, "Signature": "nonsense", "Signature-Input": "("},
]


@pytest.mark.parametrize("change", TAMPERED)
def test_what_was_changed_on_the_way_is_refused(health: System, change: Change) -> None:
    assert code_of(health.post(EMPTY, change(health.headers(EMPTY)))) == (401, "bad_signature")
    assert not Delivery.objects.exists()


def test_another_body_than_the_signed_one_is_refused(health: System) -> None:
    body = json.dumps({"rows": [row("A1", "symptom", "2020-07-08", symptom="fever")]}).encode()
    assert code_of(health.post(body, health.headers(EMPTY))) == (401, "bad_signature")
    assert not EvidenceRecord.objects.exists()


def test_what_was_signed_for_another_host_is_refused(health: System) -> None:
    headers = health.headers(EMPTY, f"http://elsewhere.example{URL}")
    assert code_of(health.post(EMPTY, headers)) == (401, "bad_signature")


def test_a_401_says_what_is_asked_for(health: System) -> None:
    assert health.post(EMPTY, {})["WWW-Authenticate"] == 'Signature tag="healthcode-evidence"'


@pytest.mark.parametrize(("seconds", "status"), [(-31, 401), (-30, 200), (330, 200), (331, 401)])
def test_a_signature_holds_for_five_minutes(
    health: System, clock: time_machine.Traveller, at: datetime, seconds: int, status: int
) -> None:
    # Between two machines' clocks lies half a minute at most.
    clock.move_to(at + timedelta(hours=1))
    headers = health.headers(EMPTY)
    clock.move_to(at + timedelta(hours=1, seconds=seconds))
    assert health.post(EMPTY, headers).status_code == status


def test_a_request_is_taken_once(health: System) -> None:
    headers = health.headers(EMPTY)
    assert health.post(EMPTY, headers).status_code == 200
    assert code_of(health.post(EMPTY, headers)) == (409, "replayed")
    assert Delivery.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_taken(health: System, at: datetime) -> None:
    sent = SignedRequest("POST", f"http://testserver{URL}", health.headers(EMPTY), EMPTY)
    outcomes = at_once(*[partial(open_delivery, request=sent, at=at)] * 2)
    assert Counter(type(outcome) for outcome in outcomes) == {Delivery: 1, Refused: 1}
    assert [outcome.code for outcome in outcomes if isinstance(outcome, Refused)] == ["replayed"]


@pytest.mark.django_db(transaction=True)
def test_of_the_same_rows_at_once_each_is_recorded_once(health: System) -> None:
    rows = [row(f"A{n}", "symptom", f"2020-07-08T0{n}:00+08:00", symptom="fever") for n in range(5)]
    outcomes = at_once(*[partial(health.push, *rows)] * 2)
    assert (
        sorted(answer["status"] for answers in outcomes for answer in answers) == ["duplicate"] * 5 + ["recorded"] * 5
    )
    assert EvidenceRecord.objects.count() == 5


def test_the_database_keeps_a_nonce_from_being_used_again(db: None) -> None:
    delivery = make(Delivery)
    with pytest.raises(IntegrityError), transaction.atomic():
        make(Delivery, key=delivery.key, source=delivery.source, nonce=delivery.nonce)


def test_a_session_opens_nothing(reviewer: Account, sign_in: Callable[[Account], StrictClient]) -> None:
    response = sign_in(reviewer).post(URL, EMPTY, content_type="application/json")
    assert code_of(response) == (401, "bad_signature")


def test_no_cookie_is_set_and_no_csrf_token_asked_for(health: System) -> None:
    response = health.post(EMPTY)
    assert response.status_code == 200
    assert not response.cookies


def test_reading_is_not_offered(client: StrictClient, health: System) -> None:
    assert client.get(URL).status_code == 401


def test_who_sends_too_often_waits(health: System, settings: Settings, reviewer: Account, at: datetime) -> None:
    settings.SYSTEM_RATE = "2/m"
    other = connect(Source.objects.get(code="zj-police"), reviewer, at)
    second = connect(health.key.source, reviewer, at, "另一系统")
    assert [health.post(EMPTY).status_code, second.post(EMPTY).status_code] == [200, 200]
    late = health.post(EMPTY)
    assert code_of(late) == (429, "throttled")
    assert int(late["Retry-After"]) > 0
    assert other.post(EMPTY).status_code == 200


def test_a_forged_request_uses_nobodys_rate(health: System, settings: Settings) -> None:
    settings.SYSTEM_RATE = "1/m"
    for _time in range(3):
        health.post(EMPTY, TAMPERED[-2](health.headers(EMPTY)))
    assert health.post(EMPTY).status_code == 200


# --- keys -----------------------------------------------------------------------------------------------------


def test_a_key_is_registered_with_an_audit_entry(health: System, reviewer: Account) -> None:
    assert health.key.key_id.startswith("zj-health-")
    entry = AuditEntry.objects.get(action="register_key")
    assert (entry.actor, entry.detail["key"]) == (reviewer, health.key.key_id)


def test_a_key_may_be_base64(sources: dict[str, Source], reviewer: Account, at: datetime) -> None:
    raw = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    text = base64.b64encode(raw).decode()
    made = register_key(by=reviewer, source=sources["national"], label="国家平台", public_key=text, at=at)
    assert made.public_key == raw


def _elliptic() -> str:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("text", ["", "AAAA", "密钥", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END", _elliptic()])
def test_what_is_no_such_key_is_refused(sources: dict[str, Source], reviewer: Account, at: datetime, text: str) -> None:
    with pytest.raises(Refused, match="invalid_key"):
        register_key(by=reviewer, source=sources["national"], label="x", public_key=text, at=at)


def test_one_key_is_not_registered_twice(health: System, reviewer: Account, at: datetime) -> None:
    text = public_half(health.private)
    with pytest.raises(Refused, match="key_known"):
        register_key(by=reviewer, source=health.key.source, label="x", public_key=text, at=at)


def test_after_a_change_the_old_key_goes_on_for_a_week(
    health: System, reviewer: Account, clock: time_machine.Traveller, at: datetime
) -> None:
    private = Ed25519PrivateKey.generate()
    made = rotate_key(by=reviewer, key=health.key, public_key=public_half(private), at=at)
    new = System(made, private)
    assert (made.source, made.label) == (health.key.source, health.key.label)
    clock.move_to(at + OVERLAP - SECOND)
    assert [health.post(EMPTY).status_code, new.post(EMPTY).status_code] == [200, 200]
    clock.move_to(at + OVERLAP)
    assert [health.post(EMPTY).status_code, new.post(EMPTY).status_code] == [401, 200]


def test_a_revoked_key_ends_at_once_and_for_ever(health: System, reviewer: Account, at: datetime) -> None:
    revoke_key(by=reviewer, key=health.key, reason="私钥遗失", at=at)
    assert code_of(health.post(EMPTY)) == (401, "bad_signature")
    assert AuditEntry.objects.get(action="revoke_key").detail["why"] == "私钥遗失"
    for act in (
        partial(revoke_key, reason="again"),
        partial(rotate_key, public_key=public_half(Ed25519PrivateKey.generate())),
    ):
        with pytest.raises(Refused, match="key_ended"):
            act(by=reviewer, key=health.key, at=at)


def test_a_key_has_one_successor(health: System, reviewer: Account, at: datetime) -> None:
    def rotate() -> SystemKey:
        return rotate_key(by=reviewer, key=health.key, public_key=public_half(Ed25519PrivateKey.generate()), at=at)

    rotate()
    with pytest.raises(Refused, match="key_ended"):
        rotate()


def test_revoking_needs_a_reason(health: System, reviewer: Account, at: datetime) -> None:
    with pytest.raises(Refused, match="reason_required"):
        revoke_key(by=reviewer, key=health.key, reason=" ", at=at)


@pytest.mark.parametrize("who", ["officer", "auditor", "operator"])
def test_only_the_province_keeps_keys(health: System, who: str, request: pytest.FixtureRequest, at: datetime) -> None:
    by: Account = request.getfixturevalue(who)
    text = public_half(Ed25519PrivateKey.generate())
    acts: list[Callable[[], Any]] = [
        partial(register_key, by=by, source=health.key.source, label="x", public_key=text, at=at),
        partial(rotate_key, by=by, key=health.key, public_key=text, at=at),
        partial(revoke_key, by=by, key=health.key, reason="x", at=at),
    ]
    for act in acts:
        with pytest.raises(NotPermitted):
            act()


# --- deliveries -----------------------------------------------------------------------------------------------


def test_old_deliveries_are_destroyed_and_no_younger_ones(db: None) -> None:
    old = make(Delivery, received_at=NOON)
    young = make(Delivery, received_at=NOON + timedelta(days=1))
    assert destroy_deliveries(by=None, at=NOON + timedelta(days=90, seconds=1)) == 1
    assert list(Delivery.objects.order_by("pk")) == [young]
    assert old.pk != young.pk
    assert AuditEntry.objects.get(action="destroy_deliveries").detail == {"deliveries": 1}
    assert destroy_deliveries(by=None, at=NOON + timedelta(days=90)) == 0
