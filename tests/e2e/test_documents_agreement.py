"""The page believes a published document exactly when the server's own reader does, and reads the same lists."""

import json
import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright

from healthcode.domain.tokens import BadDocument
from healthcode.domain.tokens.documents import (
    CERTIFICATE_LIFE,
    KEYS_TYPE,
    PUBLISHER_TYPE,
    Publisher,
    certify,
    read_document,
    sign_document,
)
from healthcode.domain.tokens.jose import from_text, jwk_thumbprint, public_jwk, sign_compact, to_text
from healthcode.domain.tokens.status import is_set, pack_bits, read_status_claim, status_claim
from tests.e2e.script_page import script_page
from tests.healthcode.token_kit import AT, private_key

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("scripts")]

ROOT, SIGNER, OTHER = (private_key(number) for number in (50, 51, 52))
PUBLIC_ROOT = ROOT.public_key()
IAT = int(AT.timestamp())
PAYLOAD = {"iss": "zj", "iat": IAT, "exp": IAT + 3600, "keys": [], "words": "钥匙"}
RUN = """async ({texts, root, typ, times}) => {
  const {readDocument} = await import("/static/js/documents.js");
  const found = [];
  for (const at of times) for (const text of texts)
    found.push(await readDocument(text, {typ, root, at}).catch((error) => error.constructor.name));
  return found;
}"""
LISTS = """async ([claim, indices, changes]) => {
  const {isSet, unpackList, withBits} = await import("/static/js/documents.js");
  const packed = withBits(await unpackList({status_list: claim}), changes);
  return indices.map((index) => isSet(packed, index));
}"""


@pytest.fixture(scope="module")
def page(module_playwright: Playwright) -> Iterator[Page]:
    with script_page(module_playwright) as opened:
        yield opened


def certificate(at: datetime = AT, **changes: Any) -> str:
    made = certify(root=ROOT, public_key=SIGNER.public_key(), issuer="zj", at=at, life=CERTIFICATE_LIFE)
    if not changes:
        return made
    claims = {**json.loads(from_text(made.split(".")[1])), **changes}
    header = {"typ": PUBLISHER_TYPE, "kid": jwk_thumbprint(PUBLIC_ROOT)}
    return sign_compact(ROOT, header, claims)


def document(payload: Mapping[str, Any] = PAYLOAD, cert: str = "", typ: str = KEYS_TYPE) -> str:
    return sign_document(Publisher(SIGNER, cert or certificate(), "zj"), typ, payload)


def compare(page: Page, texts: list[str], times: tuple[datetime, ...] = (AT,)) -> list[bool]:
    """Ask both; fail where they differ; return which were believed."""
    given = {"texts": texts, "root": public_jwk(PUBLIC_ROOT), "typ": KEYS_TYPE}
    theirs = page.evaluate(RUN, {**given, "times": [at.timestamp() for at in times]})
    ours: list[object] = []
    for at in times:
        for text in texts:
            try:
                ours.append(read_document(text, typ=KEYS_TYPE, root=PUBLIC_ROOT, at=at))
            except BadDocument:
                ours.append("BadDocument")
    assert theirs == ours
    return [found != "BadDocument" for found in ours]


def _payloads() -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = [
        {"iat": IAT + 301},
        {"iat": IAT + 300},
        {"exp": IAT},
        {"exp": IAT + 1},
        {"exp": None},
    ]
    changes += [
        {"iat": str(IAT)},
        {"iat": -1},
        {"iat": True},
        {"iat": float(IAT) + 0.5},
        {"iss": "sh"},
        {"exp": IAT - 9},
    ]
    return [{**PAYLOAD, **change} for change in changes]


def test_what_its_payload_says(page: Page) -> None:
    believed = compare(page, [document(), *[document(payload) for payload in _payloads()]])
    assert believed[:3] == [True, False, True]
    assert believed.count(True) == 3


def test_who_certified_it(page: Page) -> None:
    stranger = certify(root=OTHER, public_key=SIGNER.public_key(), issuer="zj", at=AT, life=CERTIFICATE_LIFE)
    certificates = [
        certificate(AT - CERTIFICATE_LIFE),
        certificate(AT + timedelta(hours=1)),
        stranger,
        "",
        "a.b",
        certificate(exp=IAT + 366 * 86_400),
        certificate(kid="x"),
        certificate(jwk=public_jwk(OTHER.public_key())),
        certificate(jwk={"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}),
        certificate(iss="sh"),
    ]
    texts = [document(), *[document(cert=cert) for cert in certificates if cert], document(typ="hc-policy+jwt")]
    assert compare(page, texts).count(True) == 1


def test_when_it_is_read(page: Page) -> None:
    seconds = [-301, -300, -1, 0, 3599, 3600, 3601, 90_000]
    compare(page, [document()], tuple(AT + timedelta(seconds=second) for second in seconds))


def _damaged(text: str, by: random.Random) -> str:
    found = json.loads(text)
    part = by.choice(["payload", "protected", "signature"])
    data = bytearray(from_text(found[part]))
    data[by.randrange(len(data))] ^= 1 << by.randrange(8)
    return json.dumps({**found, part: to_text(bytes(data))})


def test_no_damaged_one_is_believed(page: Page) -> None:
    by, text = random.Random(7), document()
    damaged = [_damaged(text, by) for _ in range(600)]
    found = json.loads(text)
    damaged += [
        "",
        "[]",
        "{}",
        "null",
        text[:-1],
        json.dumps({**found, "header": {}}),
        json.dumps({**found, "payload": 1}),
    ]
    header = json.loads(from_text(found["protected"]))
    for change in ({"alg": "none"}, {"alg": "HS256"}, {"crit": ["exp"]}, {"cert": None}, {"kid": "x"}):
        head = to_text(json.dumps({**header, **change}).encode())
        damaged.append(json.dumps({**found, "protected": head}))
    assert not any(compare(page, damaged))


def test_lists_say_the_same_of_every_code(page: Page) -> None:
    by = random.Random(9)
    indices, later = by.sample(range(65_536), 300), by.sample(range(65_536), 30)
    claim = status_claim(pack_bits(indices, 65_536))
    asked = [*indices, *later, *by.sample(range(65_536), 500), 65_535, 65_536, 2**32 - 1]
    packed = bytearray(read_status_claim({"status_list": claim}))
    for index in later:
        packed[index >> 3] |= 1 << (index & 7)
    assert page.evaluate(LISTS, [claim, asked, later]) == [is_set(bytes(packed), index) for index in asked]
