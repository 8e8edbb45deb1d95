"""A province and a country that Zhejiang trusts, and what their people show."""

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

from healthcode.domain.foreign import Use, write_report
from healthcode.domain.identity import Document, DocumentType
from healthcode.domain.tokens import KeyState, Kind, SigningKey, Statement, TokenColour, VerifyingKey, encode_token
from healthcode.domain.tokens.publish import jwk
from healthcode.models import Account, TrustedIssuer
from healthcode.services.issuers import IssuerFields, approve_issuer, propose_issuer
from healthcode.services.persons import Application, apply_for_code, open_account, verify_phone
from tests.healthcode.dcc_kit import Authority
from tests.people import XIHU

SHANGHAI = 310100
DAY = timedelta(days=1)


class Province(NamedTuple):
    """Another province's health code: a key for screens and one for reports."""

    screen: SigningKey
    report: SigningKey

    def code(self, colour: TokenColour, at: datetime, kind: Kind = Kind.OWN_PHONE, cti: bytes = b"c" * 16) -> str:
        """Return a screen code."""
        return encode_token(key=self.screen, statement=Statement(kind, colour, SHANGHAI), cti=cti, issued_at=at)

    def test(self, result: str, sampled_at: datetime, at: datetime, cti: bytes = b"t" * 16) -> str:
        """Return a test report."""
        return write_report(key=self.report, result=result, region=SHANGHAI, sampled_at=sampled_at, cti=cti, at=at)

    @property
    def keys(self) -> str:
        """Return the public keys as a JWKS."""
        return json.dumps({"keys": [jwk(key.record) for key in (self.screen, self.report)]})


def province(at: datetime) -> Province:
    """Return a province with new keys."""
    return Province(_key(at, Kind.OWN_PHONE, Kind.FAMILY, Kind.COMPANIONS), _key(at, Kind.TEST_REPORT))


def _key(at: datetime, *scope: Kind) -> SigningKey:
    private = ec.generate_private_key(ec.SECP256R1())
    record = VerifyingKey(
        private.public_key(),
        issuer="sh",
        scope=frozenset(scope),
        valid_from=at - 60 * DAY,
        valid_until=at + 60 * DAY,
        state=KeyState.SIGNING,
    )
    return SigningKey(private, record)


def issuer_fields(keys: str, at: datetime, **changed: Any) -> IssuerFields:
    """Return what a proposal says: Shanghai, trusted for codes and reports, unless changed."""
    uses = frozenset({Use.HOME_CODE, Use.TEST_REPORT})
    said = {"code": "sh", "country": "CHN", "province": "310000", "name": "上海市", "name_en": "Shanghai", "uses": uses}
    span = {"valid_from": at - 30 * DAY, "valid_until": at + 30 * DAY}
    return IssuerFields(**{**said, "keys": keys, **span, **changed})


def trust(fields: IssuerFields, *, proposer: Account, approver: Account, at: datetime) -> TrustedIssuer:
    """Have an issuer proposed and approved."""
    proposed = propose_issuer(by=proposer, fields=fields, document="浙防办〔2020〕40号", at=at)
    return approve_issuer(by=approver, issuer=proposed, at=at)


def eu_fields(issuer: Authority, at: datetime) -> IssuerFields:
    """Return what a proposal of an EU issuer says."""
    named = {"code": "eu-se", "country": "SWE", "province": "", "name": "瑞典", "name_en": "Sweden"}
    return issuer_fields(issuer.pem, at, uses=frozenset({Use.EU_CERTIFICATE}), **named)


def passport_holder(name: str, at: datetime) -> Account:
    """Have somebody with a Swedish passport apply."""
    account = open_account(phone="+8613800138077", at=at)
    verify_phone(account=account, at=at)
    document = Document(DocumentType.PASSPORT, "AA1234567")
    application = Application(document, "SWE", name, "+8613800138077", XIHU, XIHU)
    apply_for_code(by=account, application=application, at=at)
    return account
