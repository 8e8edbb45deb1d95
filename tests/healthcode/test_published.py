"""What is published: read back as a stranger would, with the root's public key and nothing else of ours."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import cbor2
import pytest
import time_machine
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from healthcode.domain.instants import CHINA
from healthcode.domain.tokens import BadDocument, Kind, VerifyingKey
from healthcode.domain.tokens.documents import KEYS_TYPE, certify, keys_of_payload, read_document
from healthcode.models import Account, CodeKey, PublisherKey
from healthcode.models.keys import public_key_of
from healthcode.services.errors import Refused
from healthcode.services.keys import SCOPES, signing_key, withdraw_code_key
from healthcode.services.publishing import (
    NoPublisher,
    NoRoot,
    ensure_publisher,
    forget_publisher,
    install_certificate,
    keys_document,
    make_publisher,
    root_jwk,
    root_public_key,
)
from tests.healthcode.token_kit import private_key

URL = "/.well-known/health-code-keys"


def unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def checked(key: dict[str, str], protected: str, payload: str, signature: str) -> dict[str, Any]:
    """Verify a JWS by the letter of RFC 7515 and 7518, with cryptography alone; return its payload."""
    x, y = (int.from_bytes(unpack(key[name]), "big") for name in ("x", "y"))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    raw = unpack(signature)
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public.verify(der, f"{protected}.{payload}".encode("ascii"), ec.ECDSA(hashes.SHA256()))
    found: dict[str, Any] = json.loads(unpack(payload))
    return found


def read_as_stranger(body: str) -> dict[str, Any]:
    """Follow the chain from the root to the payload."""
    jws = json.loads(body)
    header = json.loads(unpack(jws["protected"]))
    assert header["alg"] == "ES256"
    certificate = checked(root_jwk(), *header["cert"].split("."))
    assert header["kid"] == certificate["kid"]
    return checked(certificate["jwk"], jws["protected"], jws["payload"], jws["signature"])


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def publishing(province: None, at: datetime) -> Iterator[None]:
    """A province whose root has certified a publisher."""
    forget_publisher()
    ensure_publisher(by=None, at=at)
    forget_publisher()
    yield
    forget_publisher()


def test_a_stranger_reads_the_keys_with_the_root_alone(publishing: None, at: datetime) -> None:
    found = read_as_stranger(Client().get(URL).content.decode())
    assert found["iss"] == "zj"
    assert found["exp"] - found["iat"] == 48 * 3600
    assert 0 <= at.timestamp() - found["iat"] < 600
    assert len(found["keys"]) == len(cbor2.loads(unpack(found["cose_key_set"]))) == 2 * len(SCOPES)


def test_a_read_key_verifies_what_ours_signed(publishing: None, at: datetime) -> None:
    payload = read_document(Client().get(URL).content.decode(), typ=KEYS_TYPE, root=root_public_key(), at=at)
    signer = signing_key(Kind.OWN_PHONE, at)
    (found,) = keys_of_payload(payload).sharing(signer.record.kid)
    assert isinstance(found, VerifyingKey)
    assert found.holds(signer.sign(b"message"), b"message")
    assert (found.scope, found.state, found.valid_until) == (
        signer.record.scope,
        signer.record.state,
        signer.record.valid_until.replace(microsecond=0),
    )


def test_keys_whose_codes_can_be_taken_back_name_their_list(publishing: None, at: datetime) -> None:
    found = read_as_stranger(keys_document(at).text)["keys"]
    listed = {tuple(key["scope"]) for key in found if "status_list" in key}
    assert listed == {(2, 5), (6,)}


def test_the_answer_is_public_and_leaves_no_trace(
    publishing: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Client().get(URL)
    with django_assert_num_queries(1):
        answer = Client().get(URL)
    assert answer.headers["Content-Type"] == "application/jose+json"
    assert "public" in answer.headers["Cache-Control"]
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert "Set-Cookie" not in answer.headers
    assert not answer.cookies


def test_who_has_the_newest_is_told_so(publishing: None) -> None:
    first = Client().get(URL)
    again = Client().get(URL, headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_the_document_ages_in_steps(publishing: None, at: datetime) -> None:
    first = keys_document(at)
    assert keys_document(at + timedelta(minutes=9)) == first
    assert keys_document(at + timedelta(minutes=10)).etag != first.etag


def test_a_withdrawn_key_is_left_out_at_once(publishing: None, reviewer: Account, at: datetime) -> None:
    key, before = CodeKey.objects.get(state="signing", scope__contains=1), keys_document(at)
    withdraw_code_key(by=reviewer, key=key, reason="泄露", at=at + timedelta(seconds=1))
    after = keys_document(at + timedelta(seconds=1))
    kids = {unpack(found["kid"]) for found in read_as_stranger(after.text)["keys"]}
    assert bytes(key.kid) not in kids
    assert after.etag != before.etag


# --- root and publisher -----------------------------------------------------------------------------------


def certificate_for(row: PublisherKey, at: datetime, root: int | None = None, **changes: Any) -> str:
    """Return a certificate of the publisher by the real root, or by another one."""
    key = load_pem_private_key(django_settings.ROOT_KEY.encode(), None) if root is None else private_key(root)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    values: dict[str, Any] = {"issuer": "zj", "life": timedelta(days=365), "at": at} | changes
    return certify(root=key, public_key=public_key_of(row.public_der), **values)


def test_setting_up_certifies_a_publisher_once(publishing: None, at: datetime) -> None:
    assert ensure_publisher(by=None, at=at) is None
    assert PublisherKey.objects.count() == 1
    assert ensure_publisher(by=None, at=at + timedelta(days=340)) is not None


def test_a_certificate_of_the_root_is_taken_in(province: None, at: datetime) -> None:
    row = make_publisher(by=None, at=at)
    installed = install_certificate(by=None, certificate=certificate_for(row, at), at=at)
    forget_publisher()
    assert installed.valid_until == at + timedelta(days=365)
    assert read_as_stranger(keys_document(at).text)["iss"] == "zj"


@pytest.mark.parametrize(
    "changes", [{"root": 7}, {"issuer": "sh"}, {"at": datetime(2019, 1, 1, tzinfo=CHINA)}], ids=["root", "iss", "old"]
)
def test_another_certificate_is_refused(province: None, at: datetime, changes: dict[str, Any]) -> None:
    certificate = certificate_for(make_publisher(by=None, at=at), **{"at": at, **changes})
    with pytest.raises(Refused, match="bad_certificate"):
        install_certificate(by=None, certificate=certificate, at=at)


def test_a_certificate_of_more_than_a_year_is_not_made(province: None, at: datetime) -> None:
    with pytest.raises(BadDocument):
        certificate_for(make_publisher(by=None, at=at), at, life=timedelta(days=366))


def test_without_a_publisher_nothing_is_published(province: None) -> None:
    forget_publisher()
    answer = Client().get(URL)
    assert (answer.status_code, answer.json()) == (503, {"error": "no_publisher"})


def test_without_a_root_nothing_is_published(publishing: None, settings: Settings, at: datetime) -> None:
    settings.ROOT_KEY = settings.ROOT_PUBLIC = ""
    forget_publisher()
    assert Client().get(URL).json() == {"error": "no_root"}
    with pytest.raises(NoRoot):
        root_jwk()


def test_a_publisher_whose_certificate_ended_signs_nothing(publishing: None, at: datetime) -> None:
    with pytest.raises(NoPublisher):
        keys_document(at + timedelta(days=366))


def test_the_roots_public_half_is_enough(publishing: None, settings: Settings, at: datetime) -> None:
    settings.ROOT_PUBLIC, settings.ROOT_KEY = json.dumps(root_jwk()), ""
    forget_publisher()
    assert read_as_stranger(keys_document(at).text)["iss"] == "zj"


# --- reading what others send -----------------------------------------------------------------------------


def broken(text: str, name: str, value: object) -> str:
    return json.dumps({**json.loads(text), name: value})


@pytest.mark.parametrize("name", ["protected", "payload", "signature"])
def test_a_document_with_one_letter_changed_is_not_believed(publishing: None, at: datetime, name: str) -> None:
    text = keys_document(at).text
    part = json.loads(text)[name]
    for place in range(0, len(part), max(1, len(part) // 40)):
        other = part[:place] + ("A" if part[place] != "A" else "B") + part[place + 1 :]
        with pytest.raises(BadDocument):
            read_document(broken(text, name, other), typ=KEYS_TYPE, root=root_public_key(), at=at)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"payload":1,"protected":2,"signature":3}', "[" * 10_000])
def test_what_is_no_document_is_not_believed(text: str, at: datetime) -> None:
    with pytest.raises(BadDocument):
        read_document(text, typ=KEYS_TYPE, root=private_key(1).public_key(), at=at)


def test_another_root_another_type_and_another_time_are_not_believed(publishing: None, at: datetime) -> None:
    text, root = keys_document(at).text, root_public_key()
    others: list[dict[str, Any]] = [
        {"root": private_key(3).public_key()},
        {"typ": "statuslist+jwt"},
        {"at": at + timedelta(hours=49)},
        {"at": at - timedelta(hours=1)},
    ]
    good: dict[str, Any] = {"typ": KEYS_TYPE, "root": root, "at": at}
    for changes in others:
        with pytest.raises(BadDocument):
            read_document(text, **(good | changes))
    assert read_document(text, **good)
