"""Versions of the rules: draft, propose, approve, schedule, bring into force, withdraw (N3.1 全省一码).

Anyone with the permission may propose, from any county; nobody edits what is in force. Two people of the provincial
office approve, neither of them the author, and only what was simulated word for word.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from healthcode.access import NotPermitted, can_draft_rules, parties_on_rules
from healthcode.domain.governance import (
    BINDING,
    InvalidTexts,
    RuleAct,
    RuleState,
    WrongTransition,
    check_texts,
    transition,
)
from healthcode.domain.instants import print_instant
from healthcode.domain.rulesets import InvalidRuleSet, fingerprint, ruleset_from, texts_in
from healthcode.models import Account, Cause, Recolouring, RuleSetEvent, RuleSetVersion
from healthcode.services.audit import record_act
from healthcode.services.decisions import exclude_deciders, ruleset_in_force
from healthcode.services.errors import Refused
from healthcode.services.recolouring import start_recolouring
from healthcode.services.rules import ensure_rule_key, sign

# What an act may change of a version; its text is none of it.
_MOVING = (
    *("state", "valid_from", "valid_until", "signature", "signed_with"),
    *("first_approval_by", "first_approval_at", "second_approval_by", "second_approval_at"),
)


class DraftFields(NamedTuple):
    """What a draft says: its code, title in two languages, days by parameter, wording of clauses by language."""

    code: str
    title: Mapping[str, str]
    days: Mapping[str, int]
    texts: Mapping[str, Mapping[str, str]]


@transaction.atomic
def draft_ruleset(*, by: Account, fields: DraftFields, at: datetime, revises: str = "") -> RuleSetVersion:
    """Write a draft down, or the author's own draft ``revises`` anew; nothing else changes by it.

    Raises ``NotPermitted``; ``Refused``: ``ruleset_code_taken``, ``invalid_rule_set``, ``invalid_texts``,
    ``rules_unchanged`` (neither a number nor a text differs from the rules in force), ``wrong_transition``.
    """
    if not can_draft_rules(by):
        raise NotPermitted(f"{by} may not propose rules")
    data = _data_of(fields, at)
    if revises:
        version = _locked(revises)
        _check(version, RuleAct.REVISE, by, at)
    else:
        version = RuleSetVersion(author=by, state=RuleState.DRAFT.value, recorded_at=at)
    if RuleSetVersion.objects.filter(code=fields.code).exclude(pk=version.pk).exists():
        raise Refused("ruleset_code_taken", fields.code)
    version.code, version.data, version.fingerprint = fields.code, data, fingerprint(data)
    version.save()
    _note(version, RuleAct.REVISE if revises else RuleAct.DRAFT, by=by, at=at)
    return version


def _data_of(fields: DraftFields, at: datetime) -> dict[str, Any]:
    data = {
        "id": fields.code,
        "title": dict(fields.title),
        "days": dict(fields.days),
        "texts": {clause: dict(words) for clause, words in fields.texts.items()},
    }
    try:
        ruleset_from({**data, "valid_from": print_instant(at)})
        check_texts(fields.texts)
    except InvalidRuleSet as error:
        raise Refused("invalid_rule_set", str(error)) from error
    except InvalidTexts as error:
        raise Refused("invalid_texts", str(error)) from error
    now = ruleset_in_force(at).data
    if data["days"] == now["days"] and data["texts"] == texts_in(now):
        raise Refused("rules_unchanged")
    return data


@transaction.atomic
def propose_ruleset(*, by: Account, code: str, reason: str, at: datetime) -> RuleSetVersion:
    """Put the author's own draft before the provincial office. From now on its text stays as it is.

    Raises ``NotPermitted``; ``Refused``: ``wrong_transition``, ``reason_required``.
    """
    version = _locked(code)
    to = _check(version, RuleAct.PROPOSE, by, at)
    _need_reason(reason)
    return _move(version, RuleAct.PROPOSE, to, by=by, at=at, reason=reason)


@transaction.atomic
def approve_ruleset(*, by: Account, code: str, seen: str, reason: str = "", at: datetime) -> RuleSetVersion:
    """Approve a proposal as one of two people of the provincial office; the second makes it approved.

    ``seen`` is the fingerprint of what the approver has read. Raises ``NotPermitted``; ``Refused``:
    ``wrong_transition``, ``own_proposal`` (the author), ``approved_by_you`` (a second approval by the same person),
    ``text_differs`` (``seen`` is another text), ``not_simulated`` (no finished simulation of exactly this text beside
    the rules now in force).
    """
    version = _locked(code)
    to = _check(version, RuleAct.APPROVE, by, at)
    if version.author_id == by.pk:
        raise Refused("own_proposal")
    if version.first_approval_by_id == by.pk:
        raise Refused("approved_by_you")
    if seen != version.fingerprint or fingerprint(version.data) != version.fingerprint:
        raise Refused("text_differs")
    _need_simulation(version, at)
    if version.first_approval_by_id is None:
        version.first_approval_by, version.first_approval_at = by, at
        to = RuleState.PROPOSED
    else:
        version.second_approval_by, version.second_approval_at = by, at
    return _move(version, RuleAct.APPROVE, to, by=by, at=at, reason=reason)


@transaction.atomic
def schedule_ruleset(*, by: Account, code: str, valid_from: datetime, at: datetime) -> RuleSetVersion:
    """Say from which instant on an approved version is in force everywhere; sign it and announce the recolouring.

    The version in force ends at that instant. Raises ``NotPermitted``; ``Refused``: ``wrong_transition``,
    ``valid_from_passed`` (not after ``at``), ``another_scheduled`` (one is waiting for its instant already),
    ``not_simulated`` (other rules have come into force since it was).
    """
    version = _locked(code, *BINDING)
    to = _check(version, RuleAct.SCHEDULE, by, at)
    if RuleSetVersion.objects.filter(state=RuleState.SCHEDULED.value).exists():
        raise Refused("another_scheduled")
    _need_simulation(version, at)
    now = ruleset_in_force(at)
    if valid_from <= at:
        raise Refused("valid_from_passed", str(valid_from))
    version.valid_from = valid_from
    sign(version=version, key=ensure_rule_key(by=by, at=at))
    RuleSetVersion.objects.filter(pk=now.pk).update(valid_until=valid_from)
    _move(version, RuleAct.SCHEDULE, to, by=by, at=at)
    start_recolouring(by=by, cause=Cause.RULESET, counties=(), effective_at=valid_from, at=at)
    return version


@transaction.atomic
def withdraw_ruleset(*, by: Account, code: str, reason: str, at: datetime) -> RuleSetVersion:
    """Take a version back before it is in force: the author a draft or proposal, the office any that is not.

    Raises ``NotPermitted``; ``Refused``: ``wrong_transition``, ``reason_required``.
    """
    version = _locked(code, *BINDING)
    to = _check(version, RuleAct.WITHDRAW, by, at)
    _need_reason(reason)
    if version.valid_from is not None:
        RuleSetVersion.objects.filter(valid_until=version.valid_from).update(valid_until=None)
        waiting = Recolouring.objects.filter(
            cause=Cause.RULESET.value, effective_at=version.valid_from, finished_at__isnull=True
        )
        waiting.update(finished_at=at)
        version.valid_from, version.signature, version.signed_with = None, "", None
    return _move(version, RuleAct.WITHDRAW, to, by=by, at=at, reason=reason)


@transaction.atomic
def enact_rules(*, at: datetime) -> RuleSetVersion | None:
    """Write down that a scheduled version has come into force and the one before is retired; None: nothing is due.

    Readers go by the instant and have not waited for this. From here on nobody decides under the retired rules, and
    the recolouring may begin. Idempotent, and safe with several workers at once.
    """
    due = RuleSetVersion.objects.filter(state=RuleState.SCHEDULED.value, valid_from__lte=at)
    if not due.exists():
        return None
    binding = RuleSetVersion.objects.binding().order_by("pk").select_for_update(of=("self",), no_key=True)
    rows = {RuleState(row.state): row for row in binding}
    version = rows.get(RuleState.SCHEDULED)
    if version is None or version.valid_from is None or version.valid_from > at:
        return None
    exclude_deciders()
    old = rows.get(RuleState.IN_FORCE)
    if old is not None:
        _move(old, RuleAct.RETIRE, transition(RuleState.IN_FORCE, RuleAct.RETIRE).to, by=None, at=at)
    return _move(version, RuleAct.ENACT, transition(RuleState.SCHEDULED, RuleAct.ENACT).to, by=None, at=at)


def _locked(code: str, *others: RuleState) -> RuleSetVersion:
    """Return the version under its lock, with those in ``others`` locked too, always in the order of their ids."""
    wanted = RuleSetVersion.objects.filter(code=code) | RuleSetVersion.objects.filter(state__in=sorted(others))
    rows = {row.code: row for row in wanted.order_by("pk").select_for_update(of=("self",), no_key=True)}
    if code not in rows:
        raise RuleSetVersion.DoesNotExist(code)
    return rows[code]


def _check(version: RuleSetVersion, act: RuleAct, by: Account, at: datetime) -> RuleState:
    """Return where the act leads; refuse it where the state or the person does not allow it."""
    try:
        step = transition(version.state_at(at), act)
    except WrongTransition as error:
        raise Refused("wrong_transition", str(error)) from error
    if not step.parties & parties_on_rules(by, version):
        raise NotPermitted(f"{by} may not {act} {version.code}")
    return step.to


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused("reason_required")


def _need_simulation(version: RuleSetVersion, at: datetime) -> None:
    """Refuse a version of which nobody knows what it changes: what was found beside retired rules says nothing now."""
    since = ruleset_in_force(at).valid_from
    finished = version.simulations.filter(fingerprint=version.fingerprint, finished_at__isnull=False, at__gte=since)
    if not finished.exists():
        raise Refused("not_simulated")


def _move(
    version: RuleSetVersion, act: RuleAct, to: RuleState, *, by: Account | None, at: datetime, reason: str = ""
) -> RuleSetVersion:
    version.state = to.value
    version.save(update_fields=_MOVING)
    _note(version, act, by=by, at=at, reason=reason)
    return version


def _note(version: RuleSetVersion, act: RuleAct, *, by: Account | None, at: datetime, reason: str = "") -> None:
    begins = print_instant(version.valid_from)
    RuleSetEvent.objects.create(
        version=version,
        act=act.value,
        state=version.state,
        at=at,
        actor=by,
        fingerprint=version.fingerprint,
        reason=reason.strip(),
        detail={"valid_from": begins},
    )
    record_act(
        by=by,
        at=at,
        action=f"{act.value}_rules",
        ruleset=version.code,
        fingerprint=version.fingerprint,
        state=version.state,
        valid_from=begins,
    )
