"""Key records: malformed ones never enter, and what is published can be read back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from healthcode.domain.tokens import (
    KeySet,
    KeyState,
    Kind,
    MalformedKey,
    SigningKey,
    VerifyingKey,
    cbor,
    cose_key,
    jwk,
    key_from_jwk,
    keys,
)
from tests.healthcode.token_kit import ALL_KINDS, AT, KEY, private_key, record

GOOD = jwk(KEY.record)


def test_the_kid_begins_the_thumbprint_of_the_key() -> None:
    assert KEY.record.kid == keys.thumbprint(KEY.record.public_key)[:4]
    assert KEY.record.kid != record(private_key(2)).kid


def test_the_thumbprint_is_that_of_rfc_9679() -> None:
    x = bytes.fromhex("65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d")
    y = bytes.fromhex("1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c")
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1())
    expected = "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec"
    assert keys.thumbprint(numbers.public_key()).hex() == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": frozenset()},
        {"valid_from": datetime(2020, 7, 1)},  # noqa: DTZ001
        {"valid_until": datetime(2020, 7, 9)},  # noqa: DTZ001
        {"valid_until": AT - timedelta(days=1)},
    ],
)
def test_a_malformed_record_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedKey):
        record(private_key(2), **changes)


@pytest.mark.parametrize(
    "key", [ec.derive_private_key(99, ec.SECP384R1()).public_key(), ed25519.Ed25519PrivateKey.generate().public_key()]
)
def test_a_key_of_another_sort_is_refused(key: Any) -> None:
    with pytest.raises(MalformedKey):
        VerifyingKey(key, issuer="CN-33", scope=ALL_KINDS, valid_from=AT, valid_until=AT + timedelta(1))


def test_a_signing_key_and_its_record_belong_together() -> None:
    with pytest.raises(MalformedKey):
        SigningKey(private_key(1), record(private_key(2)))


def test_a_signing_key_has_a_kid_of_four_bytes() -> None:
    with pytest.raises(MalformedKey):
        SigningKey(private_key(1), record(private_key(1), kid=b"12345678"))


@pytest.mark.parametrize(
    ("seconds", "state", "accepted"),
    [
        (0, KeyState.SIGNING, True),
        (-1, KeyState.SIGNING, False),
        (3599, KeyState.VERIFYING, True),
        (3600, KeyState.VERIFYING, False),
        (0, KeyState.STAGED, True),
        (0, KeyState.WITHDRAWN, False),
    ],
)
def test_when_a_key_counts(seconds: int, state: KeyState, accepted: bool) -> None:
    key = record(private_key(2), valid_from=AT, valid_until=AT + timedelta(hours=1), state=state)
    assert key.accepts(AT + timedelta(seconds=seconds)) is accepted


def test_a_set_gives_all_keys_sharing_a_kid() -> None:
    one, two = record(private_key(1), kid=b"same"), record(private_key(2), kid=b"same")
    found = KeySet([one, KEY.record, two])
    assert (found.sharing(b"same"), found.sharing(b"none")) == ((one, two), ())


def test_a_jwk_comes_back_as_the_same_key() -> None:
    one = record(private_key(1), scope=frozenset({Kind.PAPER, Kind.VENUE}), state=KeyState.STAGED)
    back = key_from_jwk(jwk(one))
    assert jwk(back) == jwk(one)
    assert back.public_key == one.public_key


def test_a_cose_key_is_deterministic_cbor_of_the_same_point() -> None:
    found = cbor.decode(cbor.encode(cose_key(KEY.record)))
    x, y = keys.coordinates(KEY.record.public_key)
    assert (found[-2], found[-3], found[2], found[3]) == (x, y, KEY.record.kid, -7)


@pytest.mark.parametrize("name", sorted(GOOD.keys() - {"use"}))
def test_a_jwk_with_a_member_missing_is_malformed(name: str) -> None:
    with pytest.raises(MalformedKey):
        key_from_jwk({member: value for member, value in GOOD.items() if member != name})


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "OKP"},
        {"crv": "P-384"},
        {"x": GOOD["y"]},  # off the curve
        {"x": "A" * 43, "y": "A" * 43},
        {"x": "AAAA"},
        {"x": "é"},
        {"x": 5},
        {"y": "*" * 43},
        {"scope": [9]},
        {"scope": []},
        {"scope": None},
        {"state": "live"},
        {"alg": "none"},
        {"nbf": 10**18},
        {"exp": "soon"},
        {"exp": GOOD["nbf"]},
        {"kid": "AA"},
    ],
)
def test_a_malformed_jwk_never_becomes_a_key(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedKey):
        key_from_jwk(GOOD | changes)


def test_a_private_key_is_not_shown() -> None:
    assert "private" not in repr(KEY)
