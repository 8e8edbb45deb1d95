"""The trust list of issuers elsewhere (N3.4): proposed by one person, approved by another, signed."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from healthcode.access import NotPermitted
from healthcode.domain.foreign import ForeignError, Trusted, Use, keys_as_data, read_keys
from healthcode.domain.instants import print_instant
from healthcode.models import Account, TrustedIssuer
from healthcode.services.audit import record_act
from healthcode.services.errors import Refused
from healthcode.services.keys import ISSUER
from healthcode.services.publishing import Published, as_of, sign_published
from healthcode.services.rules import ensure_rule_key, sign_message, signature_holds

PROPOSE = "healthcode.add_trustedissuer"
APPROVE = "healthcode.approve_trustedissuer"
ISSUERS_TYPE = "hc-issuers+jwt"
LIST_LIFE = timedelta(hours=48)
_STEP = timedelta(minutes=10)


class IssuerFields(NamedTuple):
    """What is said of an issuer. ``keys`` is pasted text: JWK(S), PEM certificates, or base64 of DER or COSE_Key."""

    code: str
    country: str
    province: str
    name: str
    name_en: str
    uses: frozenset[Use]
    keys: str
    valid_from: datetime
    valid_until: datetime


@transaction.atomic
def propose_issuer(*, by: Account, fields: IssuerFields, document: str, at: datetime) -> TrustedIssuer:
    """Propose an issuer, or new keys of one. It changes nothing yet.

    Raises ``NotPermitted``; ``Refused``: ``document_required``, ``nothing_trusted`` (no use), ``invalid_issuer_key``,
    ``until_in_past`` (it would be over before it begins, or is over).
    """
    _check_may(by, PROPOSE)
    if not document.strip():
        raise Refused("document_required")
    if not fields.uses:
        raise Refused("nothing_trusted")
    if fields.valid_until <= max(fields.valid_from, at):
        raise Refused("until_in_past")
    try:
        keys = read_keys(fields.keys, valid_from=fields.valid_from, valid_until=fields.valid_until)
    except ForeignError as error:
        raise Refused("invalid_issuer_key", str(error)) from error
    said = fields._asdict() | {"keys": keys_as_data(keys), "uses": sorted(use.value for use in fields.uses)}
    issuer = TrustedIssuer.objects.create(**said, document=document.strip(), proposed_at=at, proposed_by=by)
    _note(by, "propose_issuer", issuer, at)
    return issuer


@transaction.atomic
def approve_issuer(*, by: Account, issuer: TrustedIssuer, at: datetime) -> TrustedIssuer:
    """Trust a proposed issuer from ``at`` on, under the province's signature; its entry before ends.

    Raises ``NotPermitted``; ``Refused``: ``own_request``, ``already_approved``, ``issuer_is_over``.
    """
    _check_may(by, APPROVE)
    issuer = _locked(issuer)
    if issuer.approved_at is not None:
        raise Refused("already_approved")
    if issuer.ended_at is not None or issuer.valid_until <= at:
        raise Refused("issuer_is_over")
    if issuer.proposed_by_id == by.pk:
        raise Refused("own_request")
    for before in TrustedIssuer.objects.filter(code=issuer.code, approved_at__isnull=False, ended_at__isnull=True):
        _end(before, by, f"replaced by {issuer.public_id}", at)
    key = ensure_rule_key(by=by, at=at)
    issuer.approved_at, issuer.approved_by = at, by
    issuer.signature, issuer.signed_with = sign_message(key, _message(issuer)), key
    issuer.save(update_fields=["approved_at", "approved_by", "signature", "signed_with"])
    _note(by, "approve_issuer", issuer, at)
    return issuer


@transaction.atomic
def end_issuer(*, by: Account, issuer: TrustedIssuer, reason: str, at: datetime) -> TrustedIssuer:
    """Stop trusting an issuer at once, or drop a proposal. One person is enough: doubt needs no second opinion.

    Raises ``NotPermitted``; ``Refused``: ``reason_required``, ``issuer_is_over``.
    """
    if not (_may(by, PROPOSE) or _may(by, APPROVE)):
        raise NotPermitted(f"{by} may not end an issuer")
    if not reason.strip():
        raise Refused("reason_required")
    issuer = _locked(issuer)
    if issuer.ended_at is not None:
        raise Refused("issuer_is_over")
    _end(issuer, by, reason.strip(), at)
    _note(by, "end_issuer", issuer, at)
    return issuer


def trusted_issuers(at: datetime) -> list[TrustedIssuer]:
    """Return the issuers trusted at ``at`` whose signature holds; a row nobody signed is as if it were not there."""
    rows = TrustedIssuer.objects.trusted(at).select_related("signed_with").order_by("code")
    return [row for row in rows if is_signed(row)]


def is_signed(issuer: TrustedIssuer) -> bool:
    """Tell whether the province signed exactly this entry."""
    if issuer.signed_with is None or issuer.signature is None:
        return False
    return signature_holds(issuer.signed_with, issuer.signature, _message(issuer))


def trusted_keys(issuers: Iterable[TrustedIssuer]) -> list[Trusted]:
    """Return the keys of these issuers with what each is trusted for."""
    return [key for issuer in issuers for key in issuer.trusted_keys()]


def issuers_document(at: datetime) -> Published:
    """Return the trust list as others read it, signed by the publisher, valid for ``LIST_LIFE``.

    Raises as ``sign_published``.
    """
    rows = TrustedIssuer.objects.filter(approved_at__isnull=False).order_by("pk")
    changes = [time for row in rows.values_list("approved_at", "ended_at") for time in row if time and time <= at]
    stamp = as_of(at, _STEP, max(changes, default=None))
    until = int((stamp + LIST_LIFE).timestamp())
    payload = {"iss": ISSUER, "iat": int(stamp.timestamp()), "exp": until, "issuers": published_issuers(at)}
    return sign_published(typ=ISSUERS_TYPE, payload=payload, at=at)


def published_issuers(at: datetime) -> list[dict[str, Any]]:
    """Return what the list says, by code."""
    return [_told(issuer) for issuer in trusted_issuers(at)]


def _told(issuer: TrustedIssuer) -> dict[str, Any]:
    return {
        "iss": issuer.code,
        "country": issuer.country,
        "province": issuer.province,
        "name": issuer.name,
        "name_en": issuer.name_en,
        "uses": issuer.uses,
        "keys": issuer.keys,
        "nbf": int(issuer.valid_from.timestamp()),
        "exp": int(issuer.valid_until.timestamp()),
    }


def _message(issuer: TrustedIssuer) -> bytes:
    approved = print_instant(issuer.approved_at) if issuer.approved_at else ""
    said = {"trusted_issuer": _told(issuer), "document": issuer.document, "approved_at": approved}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _end(issuer: TrustedIssuer, by: Account, reason: str, at: datetime) -> None:
    issuer.ended_at, issuer.ended_by, issuer.end_reason = at, by, reason
    issuer.save(update_fields=["ended_at", "ended_by", "end_reason"])


def _locked(issuer: TrustedIssuer) -> TrustedIssuer:
    """Lock every entry of this code in the order of their ids: approving one ends another."""
    rows = TrustedIssuer.objects.select_for_update(of=("self",)).filter(code=issuer.code).order_by("pk")
    return next(row for row in rows if row.pk == issuer.pk)


def _may(by: Account, permission: str) -> bool:
    return by.is_active and not by.is_superuser and by.has_perm(permission)


def _check_may(by: Account, permission: str) -> None:
    if not _may(by, permission):
        raise NotPermitted(f"{by} may not: {permission}")


def _note(by: Account, action: str, issuer: TrustedIssuer, at: datetime) -> None:
    record_act(
        by=by, at=at, action=action, issuer=issuer.code, entry=str(issuer.public_id), reason=issuer.end_reason or ""
    )
