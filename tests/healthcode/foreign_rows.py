"""One valid row of each model of 转码 and of the systems' calls, and each of their constraints with what breaks it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count
from typing import Any

from django.db.models import Model

from healthcode.models import (
    Account,
    EvidenceRecord,
    ForeignReport,
    Person,
    RuleSetKey,
    Source,
    SystemGrant,
    TrustedIssuer,
)
from tests.healthcode.row_kit import HOUR, NOON, Row
from tests.healthcode.row_kit import make as make_other

_numbers = count(1)


def _issuer() -> Row:
    said = {"code": f"p-{next(_numbers)}", "country": "CHN", "province": "310000", "name": "某省", "name_en": "Some"}
    span = {"valid_from": NOON, "valid_until": NOON + timedelta(days=9), "proposed_at": NOON}
    return {**said, "uses": [], "keys": [], **span, "document": "文", "proposed_by": make_other(Account)}


def _report() -> Row:
    what = {"shown": "test_negative", "became": "evidence", "sampled_at": NOON - HOUR, "shown_at": NOON}
    who = {"person": make_other(Person), "issuer": make(TrustedIssuer)}
    return {**who, "number": f"{next(_numbers)}", **what}


def _grant() -> Row:
    who = {"source": make_other(Source), "granted_by": make_other(Account)}
    return {**who, "scope": "query", "document": "文", "granted_at": NOON}


ROWS: Mapping[type[Model], Callable[[], Row]] = {
    TrustedIssuer: _issuer,
    ForeignReport: _report,
    SystemGrant: _grant,
}


def make(model: type[Model], **changes: Any) -> Any:
    """Insert a valid row of ``model`` with these changes and return it."""
    return model._default_manager.create(**ROWS[model]() | changes)


def approved() -> Row:
    """Return what approving an issuer sets."""
    signed = {"signature": "s", "signed_with": make_other(RuleSetKey)}
    return {"approved_at": NOON, "approved_by": make_other(Account), **signed}


def _approved_twice() -> Row:
    return {"code": make(TrustedIssuer, **approved()).code, **approved()}


def _by_the_proposer() -> Row:
    account = make_other(Account)
    return {**approved(), "proposed_by": account, "approved_by": account}


def _declined_evidence() -> Row:
    settled = {"settled_at": NOON, "settled_by": make_other(Account), "declined": "因"}
    return {"evidence": make_other(EvidenceRecord), **settled}


BROKEN: list[tuple[type[Model], Row | Callable[[], Row], str]] = [
    (TrustedIssuer, _approved_twice, "trustedissuer_one_approved"),
    (TrustedIssuer, {"code": "SH"}, "trustedissuer_code_form"),
    (TrustedIssuer, {"country": "CN"}, "trustedissuer_country_form"),
    (TrustedIssuer, {"province": "31"}, "trustedissuer_province_form"),
    (TrustedIssuer, {"name_en": ""}, "trustedissuer_names_and_document"),
    (TrustedIssuer, {"valid_until": NOON}, "trustedissuer_from_until"),
    (TrustedIssuer, {"approved_at": NOON}, "trustedissuer_approved_by_another"),
    (TrustedIssuer, _by_the_proposer, "trustedissuer_approved_by_another"),
    (TrustedIssuer, {"ended_at": NOON}, "trustedissuer_end_is_whole"),
    (ForeignReport, {"shown": "某"}, "healthcode_foreignreport_shown_word"),
    (ForeignReport, {"became": "某"}, "healthcode_foreignreport_became_word"),
    (ForeignReport, {"became": "nothing", "settled_at": NOON}, "foreignreport_only_evidence_is_settled"),
    (ForeignReport, {"sampled_at": None}, "foreignreport_only_evidence_is_settled"),
    (ForeignReport, {"settled_at": NOON}, "foreignreport_settled_when_and_by_whom"),
    (ForeignReport, _declined_evidence, "foreignreport_declined_with_reason"),
    (SystemGrant, {"scope": "某"}, "healthcode_systemgrant_scope_word"),
    (SystemGrant, {"document": ""}, "systemgrant_has_document"),
    (SystemGrant, lambda: {"source": make(SystemGrant).source}, "systemgrant_one_in_force"),
    (SystemGrant, {"revoked_at": NOON}, "systemgrant_revoked_when_and_by_whom"),
]
