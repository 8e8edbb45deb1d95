"""Verifying: one reason for each thing that can be wrong, in the order of the specification."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from healthcode.domain.tokens import KeySet, KeyState, Kind, Reason, Statement, TokenColour, base45, cbor, envelope
from healthcode.domain.tokens.claims import CTI, EXP, IAT, STATEMENT
from tests.healthcode import token_kit as kit
from tests.healthcode.token_kit import (
    ALL_KINDS,
    AT,
    HANGZHOU,
    KEY,
    STATEMENTS,
    check,
    record,
    signed,
    signing_key,
    token,
)

PAPER = STATEMENTS[1]
RESERVE = STATEMENTS[-1]
PROTECTED = envelope.protected_header(KEY.record.kid)


def claims(**changes: Any) -> dict[object, object]:
    names = {"exp": EXP, "iat": IAT, "cti": CTI, "statement": STATEMENT}
    good = {EXP: kit.IAT + 90, IAT: kit.IAT, CTI: bytes(16), STATEMENT: [1, 0, HANGZHOU]}
    return good | {names[name]: value for name, value in changes.items()}


def signed_claims(found: dict[Any, Any]) -> str:
    return signed(PROTECTED, cbor.encode(found))


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_each_sort_of_code_is_accepted(statement: Statement) -> None:
    found = check(token(statement), at=AT + timedelta(seconds=20, microseconds=7))
    assert (found.result, found.key, found.age_seconds) == (Reason.OK, KEY.record, 20)
    assert found.data_age_seconds == 20
    assert found.claims is not None
    assert found.claims.statement == statement


@pytest.mark.parametrize(
    "text",
    ["", "JK1:", "JK1:A", "J", "hello", "https://example.org/c/1", "JK1:bb8", "JK1:BB8", "健康码", "JK1:\ud800", ":BB8",
     "TOOLONGPREFIX:BB8", "HC1:A", "HC1:GGW", "JK1 BB8", "jk1:BB8", "JK1:" + "0" * 397, "HC1:" + "0" * 500],
)  # fmt: skip
def test_unreadable(text: str) -> None:
    found = check(text)
    assert (found.result, found.claims, found.key) == (Reason.UNREADABLE, None, None)


@pytest.mark.parametrize("text", ["HC1:BB8", "JK2:" + token()[4:], "A:BB8", "JK1X:"])
def test_base45_under_another_prefix_is_another_kind(text: str) -> None:
    assert check(text).result is Reason.WRONG_KIND


UNREADABLE_CLAIMS = [
    claims(exp=65_535), claims(iat=65_535), claims(exp=2**32), claims(exp=True), claims(iat=-1), claims(iat=None),
    claims(cti=bytes(15)), claims(cti="0" * 16), claims(statement=[1, 0]), claims(statement={}),
    claims(statement=[1, 4, HANGZHOU]), claims(statement=[1, 0, 330106]), claims(statement=[1, 0, 33]),
    claims(statement=[1, 0, 1_000_000]), claims(statement=[True, 0, HANGZHOU]), claims(statement=[1, False, HANGZHOU]),
    claims(statement=[1, 0, HANGZHOU, 5]), claims(statement=[2, 3, HANGZHOU]), claims(statement=[2, 3, HANGZHOU, -1]),
    claims(statement=[2, 3, HANGZHOU, 2**32]),
    claims(statement=[2, 3, HANGZHOU, 5, 5]), claims(statement=[2, 3, HANGZHOU, None]),
    claims() | {1: "x"}, {EXP: 1}, {**claims(), True: 1}, {"4": 1, "6": 1, "7": 1, "8": 1}, {},
]  # fmt: skip


@pytest.mark.parametrize("found", UNREADABLE_CLAIMS, ids=str)
def test_genuine_signatures_over_another_shape_are_unreadable(found: dict[Any, Any]) -> None:
    assert check(signed_claims(found)).result is Reason.UNREADABLE


@pytest.mark.parametrize("payload", [b"\x80", b"", b"\xff", cbor.encode(claims()) + b"\x00"])
def test_a_genuine_signature_over_no_claims_is_unreadable(payload: bytes) -> None:
    assert check(signed(PROTECTED, payload)).result is Reason.UNREADABLE


KID = KEY.record.kid


@pytest.mark.parametrize(
    "protected",
    [b"", b"\xa0", b"\xa1\x04\x44" + KID, b"\xa2\x01\x27\x04\x44" + KID, b"\xa2\x04\x44" + KID + b"\x01\x26",
     b"\xa2\x01\x26\x04\x43" + KID[1:], b"\xa2\xf5\x26\x04\x44" + KID, PROTECTED + b"\x00",
     b"\xa2\x01\x38\x06\x04\x44" + KID],
)  # fmt: skip
def test_a_genuine_signature_over_another_header_is_unreadable(protected: bytes) -> None:
    assert check(signed(protected, cbor.encode(claims()))).result is Reason.UNREADABLE


@pytest.mark.parametrize("parts", [({}, b"\0" * 63), ({}, b"\0" * 65), ({4: KID}, b"\0" * 64)])
def test_another_signature_length_or_an_unprotected_header_is_unreadable(parts: tuple[Any, bytes]) -> None:
    data = cbor.encode([PROTECTED, parts[0], cbor.encode(claims()), parts[1]])
    assert check("JK1:" + base45.encode(b"\xd2" + data)).result is Reason.UNREADABLE


@pytest.mark.parametrize("kind", [0, 9, 23, 1000, -1])
def test_a_kind_of_a_later_edition_is_the_wrong_kind(kind: int) -> None:
    assert check(signed_claims(claims(statement=[kind, 0, HANGZHOU]))).result is Reason.WRONG_KIND


def test_a_kind_outside_the_keys_scope() -> None:
    text = signed_claims(claims())
    assert check(text, [record(kit.private_key(1), scope=frozenset({Kind.PAPER}))]).result is Reason.WRONG_KIND


def test_a_kind_this_place_does_not_take() -> None:
    assert check(token(), kinds={Kind.VENUE}).result is Reason.WRONG_KIND


def test_a_reserve_counts_only_where_the_server_is_out_of_reach() -> None:
    assert check(token(RESERVE), online=False).result is Reason.OK
    assert check(token(RESERVE), online=True).result is Reason.WRONG_KIND


@pytest.mark.parametrize(
    "changes",
    [
        {"state": KeyState.WITHDRAWN},
        {"valid_from": AT + timedelta(seconds=1)},
        {"valid_until": AT},
    ],
)
def test_a_key_withdrawn_or_outside_its_validity_is_unknown(changes: dict[str, Any]) -> None:
    keys = [record(kit.private_key(1), **changes), signing_key(2).record]
    assert check(token(), keys).result is Reason.UNKNOWN_KEY


def test_a_kid_that_is_not_in_the_set_is_unknown() -> None:
    assert check(token(), [signing_key(2).record]).result is Reason.UNKNOWN_KEY


@pytest.mark.parametrize("keys", [[], [record(kit.private_key(1), valid_until=AT)]])
def test_without_any_valid_key_nothing_can_be_checked(keys: list[Any]) -> None:
    assert check(token(), keys).result is Reason.CANNOT_CHECK


@pytest.mark.parametrize(
    ("age", "online", "result"),
    [
        (timedelta(hours=24), False, Reason.OK),
        (timedelta(hours=24, seconds=1), False, Reason.CANNOT_CHECK),
        (timedelta(days=9), True, Reason.OK),
        (None, False, Reason.CANNOT_CHECK),
        (None, True, Reason.OK),
    ],
)
def test_offline_the_data_is_at_most_a_day_old(age: timedelta | None, online: bool, result: Reason) -> None:
    keys = KeySet([KEY.record], as_of=None if age is None else AT - age)
    found = check(token(), keys=keys, online=online)
    assert found.result is result
    assert found.data_age_seconds == (None if age is None else age.total_seconds())


def test_two_keys_sharing_a_kid_are_both_tried() -> None:
    other = record(kit.private_key(2), kid=KID)
    assert check(token(), [other, KEY.record]).key is KEY.record
    assert check(token(), [other]).result is Reason.NOT_GENUINE


def test_of_keys_sharing_a_kid_only_those_of_the_scope_count() -> None:
    venue = record(kit.private_key(1), scope=frozenset({Kind.VENUE}))
    other = record(kit.private_key(2), kid=KID, state=KeyState.WITHDRAWN)
    assert check(token(), [venue, other, signing_key(3).record]).result is Reason.UNKNOWN_KEY


CLOCK = [
    (False, -30_000, Reason.OK), (False, -30_001, Reason.NOT_YET_VALID),
    (False, 119_999, Reason.OK), (False, 120_000, Reason.EXPIRED),
    (True, -5_000, Reason.OK), (True, -5_001, Reason.NOT_YET_VALID),
    (True, 94_999, Reason.OK), (True, 95_000, Reason.EXPIRED), (False, 86_000_000, Reason.EXPIRED),
]  # fmt: skip


@pytest.mark.parametrize(("online", "milliseconds", "result"), CLOCK)
def test_the_edges_of_a_screen_codes_life(online: bool, milliseconds: int, result: Reason) -> None:
    at = AT + timedelta(milliseconds=milliseconds)
    found = check(token(), keys=KeySet([KEY.record], as_of=at), at=at, online=online)
    assert (found.result, found.claims is not None) == (result, True)


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_each_sort_dies_with_its_life(statement: Statement) -> None:
    ends = AT + timedelta(seconds=statement.life.life + statement.life.skew_offline)
    text = token(statement)
    moments = (ends - timedelta(microseconds=1), ends)
    results = [check(text, keys=KeySet([KEY.record], as_of=at), at=at).result for at in moments]
    assert results == [Reason.OK, Reason.EXPIRED]


@pytest.mark.parametrize(("seconds", "result"), [(119, Reason.OK), (120, Reason.EXPIRED)])
def test_a_longer_life_than_the_kinds_is_not_believed(seconds: int, result: Reason) -> None:
    text = signed_claims(claims(exp=kit.IAT + 86_400))
    assert check(text, at=AT + timedelta(seconds=seconds)).result is result


@pytest.mark.parametrize("life", [0, -1, -1000])
def test_a_life_of_nothing_or_less_is_over(life: int) -> None:
    assert check(signed_claims(claims(exp=kit.IAT + life))).result is Reason.EXPIRED


@pytest.mark.parametrize(
    ("answer", "result"), [(True, Reason.REVOKED), (False, Reason.OK), (None, Reason.CANNOT_CHECK)]
)
def test_the_status_list_is_asked_for_the_codes_that_have_a_bit(answer: bool | None, result: Reason) -> None:
    asked: list[Any] = []

    def revoked(key: object, index: int) -> bool | None:
        asked.append((key, index))
        return answer

    assert check(token(PAPER), revoked=revoked).result is result
    assert asked == [(KEY.record, PAPER.status_index)]


def test_no_list_is_asked_for_screen_or_expired_codes() -> None:
    def never(key: object, index: int) -> bool:
        raise AssertionError("asked")

    assert check(token(), revoked=never).result is Reason.OK
    late = AT + timedelta(days=15)
    assert check(token(PAPER), keys=KeySet([KEY.record], as_of=late), at=late, revoked=never).result is Reason.EXPIRED


def test_the_first_failure_names_the_result() -> None:
    """One code with everything wrong loses its faults one by one, from the front."""
    late = AT + timedelta(days=2)
    fresh, strange = KeySet([KEY.record], as_of=late), KeySet([signing_key(3).record], as_of=late)
    text = token(Statement(Kind.PERMIT, TokenColour.RED, HANGZHOU, 4))
    forgery = token(Statement(Kind.PERMIT, TokenColour.RED, HANGZHOU, 4), key=signing_key(2, kid=KID))
    faults: dict[str, Any] = {"at": late, "kinds": (), "revoked": lambda key, index: True}
    steps: list[tuple[str, dict[str, Any], Reason]] = [
        ("JK1:" + forgery, {}, Reason.UNREADABLE),
        (forgery, {}, Reason.WRONG_KIND),
        (forgery, {"kinds": ALL_KINDS}, Reason.CANNOT_CHECK),
        (forgery, {"keys": strange}, Reason.UNKNOWN_KEY),
        (forgery, {"keys": fresh}, Reason.NOT_GENUINE),
        (text, {}, Reason.EXPIRED),
        (text, {"at": AT}, Reason.REVOKED),
        (text, {"revoked": lambda key, index: False}, Reason.OK),
    ]
    for step, mended, result in steps:
        faults |= mended
        assert check(step, **faults).result is result


def test_an_instant_without_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="zone"):
        check(token(), at=datetime(2020, 7, 1, 8))  # noqa: DTZ001
