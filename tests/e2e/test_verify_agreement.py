"""The page's verifier and the server's say the same of every text: codes, mutants, times, keys, documents."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page, Playwright

from healthcode.domain.tokens import KeySet, KeyState, Kind, VerifyingKey, base45, cbor, envelope, jwk, verify_token
from healthcode.domain.tokens.claims import Claims
from tests.e2e.script_page import script_page
from tests.healthcode.test_tokens_mutants import ALPHABET, bytes_of, mutants, text_of
from tests.healthcode.token_kit import ALL_KINDS, AT, IAT, KEY, STATEMENTS, cti, record, signed, signing_key, token

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("scripts")]

SHORT, LONG = token(STATEMENTS[0]), token(STATEMENTS[4])
REVOKED_INDEX = 5
RUN = """async ({cases, keys, asOf, kinds, online, revoked}) => {
  const {makeKeySet, verifyToken} = await import("/static/js/verify.js");
  const set = await makeKeySet(keys, asOf);
  const asked = (list, index) => revoked === null ? null : index === revoked;
  const found = [];
  for (const [text, at] of cases) {
    const {result, age} = await verifyToken(text, {keys: set, at, online, kinds, revoked: asked});
    found.push([result, age ?? null]);
  }
  return found;
}"""


class Gate(NamedTuple):
    """What both verifiers are given."""

    keys: Sequence[VerifyingKey] = (KEY.record,)
    as_of: datetime | None = AT
    kinds: frozenset[Kind] = ALL_KINDS
    online: bool = False
    revoked: int | None = REVOKED_INDEX


USUAL = Gate()


@pytest.fixture(scope="module")
def page(module_playwright: Playwright) -> Iterator[Page]:
    with script_page(module_playwright) as opened:
        yield opened


def compare(page: Page, texts: Sequence[str], gate: Gate = USUAL, times: Sequence[datetime] = (AT,)) -> Counter[str]:
    """Ask both; fail where they differ; return how often each result came."""
    cases = [(text, at) for at in times for text in texts]
    given = {
        "cases": [[text, at.timestamp()] for text, at in cases],
        "keys": [jwk(key) for key in gate.keys],
        "asOf": gate.as_of.timestamp() if gate.as_of else None,
        "kinds": sorted(int(kind) for kind in gate.kinds),
        "online": gate.online,
        "revoked": gate.revoked,
    }
    theirs = page.evaluate(RUN, given)
    keys = KeySet(gate.keys, as_of=gate.as_of)
    ours = []
    for text, at in cases:
        found = verify_token(
            text,
            keys=keys,
            at=at,
            online=gate.online,
            kinds=gate.kinds,
            revoked=lambda key, index: None if gate.revoked is None else index == gate.revoked,
        )
        ours.append([found.result.value, found.age_seconds])
    differing = [(case, a, b) for case, a, b in zip(cases, ours, theirs, strict=True) if a != b]
    assert differing == []
    return Counter(str(result) for result, _age in ours)


def test_every_sort_of_code(page: Page) -> None:
    results = compare(page, [token(statement) for statement in STATEMENTS])
    assert results == {"ok": len(STATEMENTS) - 1, "revoked": 1}


@pytest.mark.parametrize("text", [SHORT, LONG], ids=["screen", "permit"])
def test_every_change_of_one_character(page: Page, text: str) -> None:
    changed = [
        text[:place] + character + text[place + 1 :]
        for place in range(len(text))
        for character in (ALPHABET + "a\x00é\U0001f600").replace(text[place], "")
    ]
    results = compare(page, changed)
    assert len(changed) > 8_000
    assert "ok" not in results
    assert set(results) >= {"unreadable", "unknown_key", "not_genuine"}


@pytest.mark.parametrize("text", [SHORT, LONG], ids=["screen", "permit"])
def test_every_truncation_and_every_flip_of_a_bit(page: Page, text: str) -> None:
    data = bytes_of(text)
    number = int.from_bytes(data, "big")
    pieces = [text[:end] for end in range(len(text))] + [text[start:] for start in range(1, len(text))]
    pieces += [text_of(data[:end]) for end in range(len(data))]
    pieces += [text_of((number ^ 1 << bit).to_bytes(len(data), "big")) for bit in range(8 * len(data))]
    assert "ok" not in compare(page, pieces)


@pytest.mark.parametrize("seed", [11, 12])
def test_mutants(page: Page, seed: int) -> None:
    results = compare(page, mutants(5_000, seed))
    assert set(results) == {"unreadable", "wrong_kind", "unknown_key", "not_genuine"}


def _payloads() -> Iterator[bytes]:
    """Yield claims that are nearly ours, each of them signed for real."""
    for statement in STATEMENTS:
        yield Claims(IAT + 60, IAT, cti(), statement).encode()
    edges = (0, 1, 23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**63, 2**64 - 1, -1, -25, -(2**64))
    for place in range(4):
        for edge in edges:
            values = [1, 0, 330_100, 7]
            values[place] = edge
            for kept in (values[:3], values, [*values, 1], values[:2]):
                yield cbor.encode({4: IAT + 60, 6: IAT, 7: cti(), -65537: kept})
    for edge in edges:
        yield cbor.encode({4: edge, 6: IAT, 7: cti(), -65537: [1, 0, 330_100]})
        yield cbor.encode({4: IAT + 60, 6: edge, 7: cti(), -65537: [9, 0, 330_100]})
    for other in ({}, [], None, True, "x", b"x", {4: IAT + 60}, {4: 1, 6: 2, 7: 3, 8: 4}, [[[[[[[1]]]]]]]):
        yield cbor.encode(other)
    yield cbor.encode({4: IAT + 60, 6: IAT, 7: cti()[:15], -65537: [1, 0, 330_100]})
    yield cbor.encode({4: IAT + 60, 6: IAT, 7: "0" * 16, -65537: [1, 0, 330_100]})
    yield cbor.encode({4: IAT + 60, 6: IAT, 7: cti(), -65537: [True, 0, 330_100]})
    yield Claims(IAT + 60, IAT, cti(), STATEMENTS[0]).encode() + b"\x00"
    # Longer than its shortest form, and out of order: what a lenient reader would take.
    good = Claims(IAT + 60, IAT, cti(), STATEMENTS[0]).encode()
    yield good.replace(b"\x83\x01\x00\x1a", b"\x83\x18\x01\x00\x1a")
    yield good.replace(b"\x83\x01", b"\x9f\x01") + b"\xff"
    yield cbor.encode({6: IAT, 4: IAT + 60, 7: cti(), -65537: [1, 0, 330_100]})[::-1]


def test_what_is_signed_but_is_no_code(page: Page) -> None:
    header = envelope.protected_header(KEY.record.kid)
    texts = [signed(header, payload) for payload in _payloads()]
    payload = Claims(IAT + 60, IAT, cti(), STATEMENTS[0]).encode()
    for other in (b"", header[:-1], header + b"\x00", header.replace(b"\x26", b"\x27"), cbor.encode({1: -7})):
        texts.append(signed(other, payload))
    results = compare(page, texts)
    assert set(results) >= {"ok", "unreadable", "wrong_kind", "expired"}


def test_other_texts(page: Page) -> None:
    foreign = ["HC1:" + SHORT[4:], "ABCDEFGHI:" + SHORT[4:], "hc1:" + SHORT[4:], ":" + SHORT[4:], "JK1:", "", "JK1"]
    foreign += ["JK2:" + SHORT[4:], "HC1:!", "JK1:" + "0" * 396, "JK1:" + "0" * 397, "\U0001f600" * 300, "JK1: :", "A:"]
    foreign += ["https://example.cn/", "JK1:\U0001f600", "JK1:" + base45.encode(b"\xd2\x84"), SHORT * 3]
    results = compare(page, foreign)
    assert set(results) == {"unreadable", "wrong_kind"}


@pytest.mark.parametrize("online", [False, True])
def test_the_time_of_a_code(page: Page, online: bool) -> None:
    seconds = [-301, -31, -30.5, -30, -29.5, -6, -5, 0, 89, 90, 94.5, 95, 119.5, 120, 121, 600, 605, 629, 630, 86_400]
    times = [AT + timedelta(seconds=second) for second in seconds]
    texts = [token(statement) for statement in STATEMENTS]
    texts += [token(life=timedelta(seconds=1)), signed(envelope.protected_header(KEY.record.kid), _too_long())]
    results = compare(page, texts, Gate(online=online), times)
    assert set(results) >= {"ok", "not_yet_valid", "expired"}


def _too_long() -> bytes:
    return Claims(IAT + 10_000, IAT, cti(), STATEMENTS[0]).encode()


@pytest.mark.parametrize("hours", [None, -1, 0, 23, 24, 25, 3_000])
def test_the_age_of_the_data(page: Page, hours: int | None) -> None:
    as_of = None if hours is None else AT - timedelta(hours=hours)
    compare(page, [SHORT, LONG, "x", token(STATEMENTS[1])], Gate(as_of=as_of))


def _clash() -> VerifyingKey:
    """Another key under the same four bytes."""
    return record(signing_key(2).private_key, kid=KEY.record.kid)  # type: ignore[arg-type]  # a key of the library's


@pytest.mark.parametrize(
    "gate",
    [
        Gate(keys=()),
        Gate(keys=(signing_key(2).record,)),
        Gate(keys=(record(KEY.private_key, state=KeyState.WITHDRAWN),)),  # type: ignore[arg-type]  # as above
        Gate(keys=(record(KEY.private_key, state=KeyState.WITHDRAWN), signing_key(2).record)),  # type: ignore[arg-type]
        Gate(keys=(record(KEY.private_key, valid_until=AT),)),  # type: ignore[arg-type]
        Gate(keys=(record(KEY.private_key, valid_from=AT),)),  # type: ignore[arg-type]
        Gate(keys=(record(KEY.private_key, scope=frozenset({Kind.PAPER})),)),  # type: ignore[arg-type]
        Gate(keys=(_clash(),)),
        Gate(keys=(_clash(), KEY.record)),
        Gate(kinds=frozenset({Kind.OWN_PHONE})),
        Gate(kinds=frozenset()),
        Gate(revoked=None),
    ],
)
def test_the_keys_and_the_place(page: Page, gate: Gate) -> None:
    compare(page, [token(statement) for statement in STATEMENTS], gate)


@pytest.mark.parametrize(
    "change",
    [
        {"x": "AAAA"},
        {"y": jwk(signing_key(2).record)["y"]},
        {"x": "A" * 43, "y": "A" * 43},
        {"crv": "P-384"},
        {"kty": "OKP"},
        {"scope": []},
        {"scope": [1, 99]},
        {"kid": "AAAA"},
        {"nbf": 5, "exp": 5},
        {"state": "resting"},
        {"alg": "none"},
    ],
    ids=json.dumps,
)
def test_a_malformed_key_enters_no_set(page: Page, change: dict[str, Any]) -> None:
    script = """async (keys) => {
      const {makeKeySet} = await import("/static/js/verify.js");
      return (await makeKeySet(keys, 0)).keys.map(({kid}) => kid);
    }"""
    good = jwk(KEY.record)
    assert page.evaluate(script, [{**good, **change}, good]) == [KEY.record.kid.hex()]
