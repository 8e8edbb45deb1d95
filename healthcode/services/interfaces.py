"""What departments' systems may do in a person's name (shaped after GB/T 38963-2020): only what is granted, and only
with the holder there.

The holder is there when their own screen code, at most 90 seconds old, comes with the call, or when they read out the
one-time code that was sent to the phone of their health code and named the system and what it is for.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.core.cache import cache
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import override

from healthcode import gateways
from healthcode.access import check_can_keep_keys
from healthcode.domain.divisions import is_code
from healthcode.domain.identity import Document
from healthcode.domain.tokens import Kind, Reason
from healthcode.models import Account, DecisionRecord, Delivery, Person, Source, SystemGrant, SystemScope
from healthcode.services.audit import Act, record_act, record_acts
from healthcode.services.codes import IssuedCode, issue_code, verify_code
from healthcode.services.decisions import CodeStatus, lock_people, status_of
from healthcode.services.declarations import Declared, declare
from healthcode.services.errors import Refused
from healthcode.services.persons import Application, enrol_people, number_index

_SECONDS = 300
_TRIES = 3
_SENDS = 5


class Holder(NamedTuple):
    """How the holder's presence is shown: ``shown_code``, or document and ``one_time_code``."""

    shown_code: str = ""
    document: Document | None = None
    nationality: str = ""
    one_time_code: str = ""


# --- who may call what ------------------------------------------------------------------------------------


@transaction.atomic
def grant_scope(*, by: Account, source: Source, scope: SystemScope, document: str, at: datetime) -> SystemGrant:
    """Let the systems of ``source`` make one sort of call.

    Raises ``NotPermitted``; ``Refused``: ``document_required``.
    """
    check_can_keep_keys(by)
    if not document.strip():
        raise Refused("document_required")
    Source.objects.select_for_update(of=("self",)).get(pk=source.pk)
    found = SystemGrant.objects.in_force(at).filter(source=source, scope=scope.value).first()
    if found is not None:
        return found
    said = {"source": source, "scope": scope, "document": document.strip()}
    grant: SystemGrant = SystemGrant.objects.create(**said, granted_at=at, granted_by=by)
    record_act(by=by, at=at, action="grant_scope", source=source.code, scope=scope.value)
    return grant


@transaction.atomic
def revoke_scope(*, by: Account, grant: SystemGrant, at: datetime) -> SystemGrant:
    """Take it back at once. Raises ``NotPermitted``; ``Refused``: ``grant_ended``."""
    check_can_keep_keys(by)
    grant = SystemGrant.objects.select_for_update(of=("self",)).select_related("source").get(pk=grant.pk)
    if grant.revoked_at is not None:
        raise Refused("grant_ended")
    grant.revoked_at, grant.revoked_by = at, by
    grant.save(update_fields=["revoked_at", "revoked_by"])
    record_act(by=by, at=at, action="revoke_scope", source=grant.source.code, scope=str(grant.scope))
    return grant


def _check_scope(by: Delivery, scope: SystemScope, at: datetime) -> None:
    if not SystemGrant.objects.in_force(at).filter(source_id=by.source_id, scope=scope.value).exists():
        raise Refused("scope_not_granted", scope.value)


# --- the holder -------------------------------------------------------------------------------------------


def ask_holder(*, by: Delivery, scope: SystemScope, holder: Holder, at: datetime) -> None:
    """Send the holder a one-time code for one call of this system. The answer never tells whether anybody is known.

    Raises ``Refused``: ``scope_not_granted``, ``asked_too_often``; ``GatewayDown``.
    """
    _check_scope(by, scope, at)
    person = _named(holder)
    if person is None or not person.phone:
        return
    sends = _key("sends", by, scope, person)
    cache.add(sends, 0, 3600)
    if cache.incr(sends) > _SENDS:
        raise Refused("asked_too_often")
    code = f"{secrets.randbelow(10**6):06d}"
    with override("zh-hans"):
        text = _("Zhejiang Health Code: %(code)s. Tell it to %(system)s only if you are there and want them to act.")
        said = text % {"code": code, "system": by.source.name}
    gateways.sms().send(phone=person.phone, text=said, reference=f"holder:{secrets.token_urlsafe(12)}", at=at)
    cache.set(_key("tries", by, scope, person), 0, _SECONDS)
    cache.set(_key("code", by, scope, person), code, _SECONDS)
    _note(by, "ask_holder", person, scope, at)


def _holder(by: Delivery, scope: SystemScope, holder: Holder, at: datetime) -> Person:
    """Return who is there; raise ``Refused``: ``scope_not_granted``, ``holder_not_there``."""
    _check_scope(by, scope, at)
    person = _shown(holder.shown_code, at) if holder.shown_code else _read_out(by, scope, holder)
    if person is None:
        raise Refused("holder_not_there")
    return person


def _shown(text: str, at: datetime) -> Person | None:
    checked = verify_code(text=text, at=at)
    claims = checked.verified.claims
    own = claims is not None and claims.statement.kind is Kind.OWN_PHONE
    return checked.status.person if own and checked.status and checked.verified.result is Reason.OK else None


def _read_out(by: Delivery, scope: SystemScope, holder: Holder) -> Person | None:
    person = _named(holder)
    if person is None:
        return None
    key = _key("code", by, scope, person)
    sent = cache.get(key)
    try:
        # A try is counted before it is looked at, so that guesses made at once are not counted as one.
        tries = cache.incr(_key("tries", by, scope, person))
    except ValueError:
        return None
    if sent is None or tries > _TRIES or not constant_time_compare(sent, holder.one_time_code):
        return None
    return person if cache.delete(key) else None


def _named(holder: Holder) -> Person | None:
    if holder.document is None:
        return None
    index = number_index(holder.document, holder.nationality)
    return Person.objects.filter(number_index=index, applied_at__isnull=False).first()


def _key(what: str, by: Delivery, scope: SystemScope, person: Person) -> str:
    return f"holder-{what}:{by.source_id}:{scope.value}:{person.pk}"


# --- the calls --------------------------------------------------------------------------------------------


def declare_for(
    *, by: Delivery, scope: SystemScope, holder: Holder, said: Sequence[Declared], number: str, at: datetime
) -> int:
    """Record what the holder declares at a system: it can only add caution. Return how many records are new.

    Raises ``Refused``: ``scope_not_granted``, ``holder_not_there``, ``no_account`` (the code was made at a service
    point and nobody signs for it), and as ``record_batch``.
    """
    person = _holder(by, scope, holder, at)
    if person.account is None:
        raise Refused("no_account")
    form_id = f"{by.source.code}-{number}"
    done = declare(by=person.account, person=person, said=said, form_id=form_id, at=at)
    _note(by, "declare_for", person, scope, at)
    return len(done.records)


def query_for(*, by: Delivery, holder: Holder, at: datetime) -> CodeStatus:
    """Return what the holder's code says now. Raises ``Refused`` as ``_holder``, ``no_such_code``."""
    person = _holder(by, SystemScope.QUERY, holder, at)
    _note(by, "query_for", person, SystemScope.QUERY, at)
    return _status(person, at)


def apply_for(*, by: Delivery, application: Application, at: datetime) -> None:
    """Apply for somebody at a service point (N3.6). The answer never tells whether they had a code.

    Raises ``Refused``: ``scope_not_granted``, ``identity_mismatch``; ``GatewayDown``.
    """
    _check_scope(by, SystemScope.APPLY, at)
    document, nationality = application.document, application.nationality
    if not gateways.identity_authority().matches(document=document, nationality=nationality, name=application.name):
        raise Refused("identity_mismatch")
    enrol_people(by=None, applications=[application], at=at)
    record_acts(by=None, at=at, label=by.source.code, acts=[Act("apply_for", None, {"delivery": str(by.public_id)})])


def make_code_for(*, by: Delivery, holder: Holder, at: datetime) -> IssuedCode:
    """Make one screen code for the holder, who has read out a one-time code for exactly this.

    A shown code makes no other: a screenshot would live for ever. Raises as ``query_for``, ``NoSigningKey``.
    """
    if holder.shown_code:
        raise Refused("holder_not_there")
    person = _holder(by, SystemScope.MAKE_CODE, holder, at)
    code = issue_code(status=_status(person, at), at=at)
    _note(by, "make_code_for", person, SystemScope.MAKE_CODE, at)
    return code


def verify_for(*, by: Delivery, text: str, at: datetime) -> tuple[Reason, CodeStatus | None]:
    """Check a code: what was found, and for a good one what it says now. Raises ``Refused``: ``scope_not_granted``."""
    _check_scope(by, SystemScope.VERIFY_CODE, at)
    checked = verify_code(text=text, at=at)
    person = checked.status.person.pk if checked.status else None
    told = {"delivery": str(by.public_id), "result": checked.verified.result.value}
    record_acts(by=None, at=at, label=by.source.code, acts=[Act("verify_for", person, told)])
    return checked.verified.result, checked.status


@transaction.atomic
def correct_for(*, by: Delivery, holder: Holder, residence_code: str, stay_code: str, at: datetime) -> None:
    """Put right where the holder lives and stays. Evidence is corrected by whoever recorded it, never through here.

    Raises ``Refused`` as ``_holder``, ``not_a_division_code``.
    """
    person = lock_people([_holder(by, SystemScope.CORRECT, holder, at).pk])[0]
    for code in (residence_code, stay_code):
        if code and not is_code(code):
            raise Refused("not_a_division_code", code)
    person.residence_code = residence_code or person.residence_code
    person.stay_code = stay_code or person.stay_code
    person.save(update_fields=["residence_code", "stay_code"])
    _note(by, "correct_for", person, SystemScope.CORRECT, at)


def _status(person: Person, at: datetime) -> CodeStatus:
    decisions = DecisionRecord.objects.current().with_staleness().select_related("person", "ruleset")
    decision = decisions.filter(person=person).first()
    if decision is None:
        raise Refused("no_such_code")
    return status_of(decision, at)


def _note(by: Delivery, action: str, person: Person, scope: SystemScope, at: datetime) -> None:
    detail = {"delivery": str(by.public_id), "scope": scope.value}
    record_acts(by=None, at=at, label=by.source.code, acts=[Act(action, person.pk, detail)])
