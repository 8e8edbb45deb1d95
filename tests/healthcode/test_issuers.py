"""The trust list: two people, one signature, keys in three forms, published; and the back office's pages for it."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import cbor2
import pytest
import time_machine

from healthcode.access import NotPermitted
from healthcode.domain.foreign import Use
from healthcode.domain.tokens.publish import cose_key
from healthcode.models import Account, AuditEntry, Source, TrustedIssuer
from healthcode.services.errors import Refused
from healthcode.services.issuers import (
    approve_issuer,
    end_issuer,
    propose_issuer,
    published_issuers,
    trusted_issuers,
)
from healthcode.services.publishing import ensure_publisher
from tests.client import StrictClient
from tests.healthcode.admin_kit import list_url, page_url, words_of
from tests.healthcode.dcc_kit import authority
from tests.healthcode.foreign_kit import issuer_fields, province, trust

pytestmark = pytest.mark.django_db
SignIn = Callable[[Account], StrictClient]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    """Stop the clock of the pages at noon."""
    with time_machine.travel(at, tick=False):
        yield


def propose(by: Account, keys: str, at: datetime) -> TrustedIssuer:
    return propose_issuer(by=by, fields=issuer_fields(keys, at), document="甲", at=at)


def test_a_proposal_is_not_trusted_until_another_person_approves(
    reviewer: Account, leader: Account, at: datetime
) -> None:
    issuer = propose(reviewer, province(at).keys, at)
    assert trusted_issuers(at) == []
    approve_issuer(by=leader, issuer=issuer, at=at)
    assert trusted_issuers(at) == [issuer]
    acts = AuditEntry.objects.filter(action__endswith="_issuer").values_list("action", "actor")
    assert set(acts) == {("propose_issuer", reviewer.pk), ("approve_issuer", leader.pk)}


def test_who_may_not_propose_or_approve(
    reviewer: Account, officer: Account, administrator: Account, leader: Account, at: datetime
) -> None:
    keys = province(at).keys
    for account in (officer, administrator, leader):
        with pytest.raises(NotPermitted):
            propose(account, keys, at)
    issuer = propose(reviewer, keys, at)
    for account in (reviewer, officer, administrator):
        with pytest.raises(NotPermitted):
            approve_issuer(by=account, issuer=issuer, at=at)


def test_new_keys_end_the_entry_before(reviewer: Account, leader: Account, at: datetime) -> None:
    first, second = (
        trust(issuer_fields(province(at).keys, at), proposer=reviewer, approver=leader, at=at + hour)
        for hour in (timedelta(), timedelta(hours=1))
    )
    first.refresh_from_db()
    assert first.ended_at == second.approved_at
    assert trusted_issuers(at + DAY) == [second]


def test_one_person_is_enough_to_end_it(reviewer: Account, leader: Account, officer: Account, at: datetime) -> None:
    issuer = trust(issuer_fields(province(at).keys, at), proposer=reviewer, approver=leader, at=at)
    with pytest.raises(NotPermitted):
        end_issuer(by=officer, issuer=issuer, reason="密钥泄露", at=at)
    with pytest.raises(Refused, match="reason_required"):
        end_issuer(by=reviewer, issuer=issuer, reason="", at=at)
    end_issuer(by=reviewer, issuer=issuer, reason="密钥泄露", at=at)
    assert trusted_issuers(at) == []
    with pytest.raises(Refused, match="issuer_is_over"):
        end_issuer(by=reviewer, issuer=issuer, reason="密钥泄露", at=at)


def test_outside_its_validity_nothing_is_trusted(reviewer: Account, leader: Account, at: datetime) -> None:
    trust(issuer_fields(province(at).keys, at), proposer=reviewer, approver=leader, at=at)
    assert [len(trusted_issuers(at + days * DAY)) for days in (-31, 0, 30)] == [0, 1, 0]


@pytest.mark.parametrize(
    "keys",
    ["", "{}", "not base64", '{"keys": []}', '{"kty": "EC", "crv": "P-384"}', '{"kty": "oct", "k": "AA"}', "AAAA"],
)
def test_what_is_no_key_is_refused(reviewer: Account, at: datetime, keys: str) -> None:
    with pytest.raises(Refused, match="invalid_issuer_key"):
        propose(reviewer, keys, at)


def test_keys_are_read_in_three_forms(reviewer: Account, at: datetime) -> None:
    home = province(at).screen.record
    as_cose = base64.b64encode(cbor2.dumps(cose_key(home))).decode()
    as_jwk = json.dumps(json.loads(province(at).keys)["keys"][0])
    for keys, size in ((as_cose, 4), (as_jwk, 4), (authority().pem, 8)):
        (key,) = propose(reviewer, keys, at).issuer_keys()
        assert len(key.kid) == size
    assert propose(reviewer, as_cose, at).issuer_keys()[0].kid == home.kid


def test_a_proposal_says_what_for_and_how_long(reviewer: Account, at: datetime) -> None:
    refused: dict[str, dict[str, object]] = {
        "nothing_trusted": {"uses": frozenset[Use]()},
        "until_in_past": {"valid_until": at - DAY},
    }
    for code, changed in refused.items():
        fields = issuer_fields(province(at).keys, at, **changed)
        with pytest.raises(Refused, match=code):
            propose_issuer(by=reviewer, fields=fields, document="甲", at=at)


def test_the_list_is_published_signed(client: StrictClient, reviewer: Account, leader: Account, at: datetime) -> None:
    ensure_publisher(by=None, at=at)
    trust(issuer_fields(province(at).keys, at), proposer=reviewer, approver=leader, at=at)
    response = client.get("/.well-known/health-code-issuers")
    assert response.status_code == 200
    payload = response.json()["payload"]
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert said["issuers"] == published_issuers(at)
    assert said["issuers"][0]["iss"] == "sh"
    again = client.get("/.well-known/health-code-issuers", headers={"if-none-match": response.headers["ETag"]})
    assert again.status_code == 304


def test_the_back_office_proposes_and_approves(
    reviewer: Account, leader: Account, sign_in: SignIn, sources: dict[str, Source], at: datetime
) -> None:
    said = {"code": "sh", "country": "CHN", "province": "310000", "name": "上海市", "name_en": "Shanghai"}
    said |= {"keys": province(at).keys, "valid_from": "2020-07-01", "valid_until": "2020-12-31", "document": "甲"}
    sent = {**said, "uses": ["home_code", "test_report"]}
    sign_in(reviewer).post("/admin/healthcode/trustedissuer/add/", sent)
    issuer = TrustedIssuer.objects.get()
    assert sign_in(reviewer).get(page_url(issuer, "approve")).status_code == 403
    browser = sign_in(leader)
    assert issuer.issuer_keys()[0].fingerprint in words_of(browser.get(page_url(issuer, "approve")))
    browser.post(page_url(issuer, "approve"), {})
    assert trusted_issuers(at) == [issuer]
    browser.post(page_url(issuer, "end"), {"reason": "密钥泄露"})
    assert trusted_issuers(at) == []
    assert "密钥泄露" in words_of(browser.get(page_url(issuer)))


def test_an_officer_sees_no_trust_list(officer: Account, sign_in: SignIn) -> None:
    assert sign_in(officer).get(list_url(TrustedIssuer)).status_code == 403
