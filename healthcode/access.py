"""May they? ``check_…`` raises ``NotPermitted``, ``can_…`` answers, ``…_for_…`` loads or answers 404.

Jurisdiction is one predicate on the division-code prefix (属地).
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from healthcode import gateways
from healthcode.domain.divisions import covers, prefix_of
from healthcode.domain.governance import PROVINCIAL_OFFICE, Party, RuleAct, RuleState, is_open_to
from healthcode.domain.orders import Body
from healthcode.models import (
    Account,
    DecisionRecord,
    EvidenceBatch,
    EvidenceRecord,
    Person,
    RuleSetVersion,
    Source,
    SourceCategory,
    Transfer,
)

RECORD_EVIDENCE = "healthcode.add_evidencerecord"
IMPORT_EVIDENCE = "healthcode.add_evidencebatch"
WITHDRAW_BATCH = "healthcode.add_batchwithdrawal"
VIEW_PERSON = "healthcode.view_person"
MANAGE_ISOLATION = "healthcode.add_isolationorder"
VISIT = "healthcode.add_isolationvisit"
TRANSFER = "healthcode.add_transfer"
PROPOSE_RULES = "healthcode.propose_rulesetversion"
APPROVE_RULES = "healthcode.approve_rulesetversion"
REQUEST_ORDER = "healthcode.add_controlorderrequest"
APPROVE_ORDER = "healthcode.approve_controlorderrequest"
JUDGE_ALARM = "healthcode.judge_heldbatch"
STEER_RECOLOURING = "healthcode.change_recolouring"
# The body an account speaks for, by the name of its role.
_BODIES = {
    "province_officer": Body.CONTROL_OFFICE,
    "health_commission": Body.HEALTH_COMMISSION,
    "leading_group": Body.LEADING_GROUP,
}
KEEP_KEYS = "healthcode.add_systemkey"
WITHDRAW_KEY = "healthcode.withdraw_codekey"
PRINT_CODE = "healthcode.add_papercode"


class NotPermitted(PermissionDenied):
    """The account may not do this. ``code`` is ``not_permitted``; a page that lets it through answers 403."""

    code = "not_permitted"


def is_in_jurisdiction(account: Account, person: Person) -> bool:
    """Tell whether the person lives or stays in the officer's division."""
    return covers(account.division, person.stay_code) or covers(account.division, person.residence_code)


def can_record(account: Account | None, source: Source, people: Iterable[Person], at: datetime | None = None) -> bool:
    """Tell whether ``account`` may record for ``source`` about all of ``people``.

    No account is the system itself (a feed or a command). A citizen declares for themself and for whom they may act
    for at ``at`` (N3.5); without an instant, for nobody else.
    """
    if account is None:
        return True
    if source.category == SourceCategory.SELF:
        return may_act_for(account, people, "declare", at)
    # Who administers the installation has every permission in Django's eyes, and no say in anybody's colour.
    if account.is_superuser or not account.is_active or not account.has_perm(RECORD_EVIDENCE):
        return False
    return all(is_in_jurisdiction(account, person) for person in people)


def may_act_for(account: Account, people: Iterable[Person], right: str, at: datetime | None) -> bool:
    """Tell whether each of ``people`` is the account's own person, or one it may use ``right`` for at ``at``."""
    others = [person.pk for person in people if person.account_id != account.pk]
    if not others:
        return True
    if at is None:
        return False
    return gateways.representation().may(account_id=account.pk, person_ids=others, right=right, at=at)


def check_can_record(
    account: Account | None, source: Source, people: Iterable[Person], at: datetime | None = None
) -> None:
    """Raise ``NotPermitted`` unless ``can_record``."""
    if not can_record(account, source, people, at):
        raise NotPermitted(f"{account} may not record for {source.code}")


def can_withdraw_batch(account: Account | None, batch: EvidenceBatch) -> bool:
    """Tell whether ``account`` may withdraw the whole of ``batch``: whoever may, where its source works.

    A batch is about people of many divisions, so the source's division decides; one without works in the province.
    """
    if account is None:
        return True
    if not account.is_active or account.is_superuser or not account.has_perm(WITHDRAW_BATCH):
        return False
    return _works_for(account, batch.source)


def _works_for(account: Account, source: Source) -> bool:
    """Tell whether the source's division is the account's; a source without one is the whole province's."""
    if source.division:
        return covers(account.division, source.division)
    return bool(account.division) and len(prefix_of(account.division)) == len("33")


def check_can_withdraw_batch(account: Account | None, batch: EvidenceBatch) -> None:
    """Raise ``NotPermitted`` unless ``can_withdraw_batch``."""
    if not can_withdraw_batch(account, batch):
        raise NotPermitted(f"{account} may not withdraw batches of {batch.source.code}")


def can_import(account: Account | None, source: Source) -> bool:
    """Tell whether ``account`` may load a file of ``source``, which is about whomever it names."""
    if account is None:
        return True
    # Who administers the installation has every permission in Django's eyes, and no say in anybody's colour.
    allowed = account.is_active and not account.is_superuser and account.has_perm(IMPORT_EVIDENCE)
    return allowed and source.category != SourceCategory.SELF and _works_for(account, source)


def check_can_import(account: Account | None, source: Source) -> None:
    """Raise ``NotPermitted`` unless ``can_import``."""
    if not can_import(account, source):
        raise NotPermitted(f"{account} may not load files of {source.code}")


def can_manage_isolation(account: Account, person: Person) -> bool:
    """Tell whether the officer may confirm, change and end the isolation of the person (N2.1): in their division."""
    allowed = account.is_active and account.has_perm(MANAGE_ISOLATION)
    return allowed and is_in_jurisdiction(account, person)


def check_can_manage_isolation(account: Account, person: Person) -> None:
    """Raise ``NotPermitted`` unless ``can_manage_isolation``."""
    if not can_manage_isolation(account, person):
        raise NotPermitted(f"{account} may not manage the isolation of {person}")


def can_visit(account: Account, person: Person) -> bool:
    """Tell whether the officer may record visits to the person."""
    return account.is_active and account.has_perm(VISIT) and is_in_jurisdiction(account, person)


def check_can_visit(account: Account, person: Person) -> None:
    """Raise ``NotPermitted`` unless ``can_visit``."""
    if not can_visit(account, person):
        raise NotPermitted(f"{account} may not record visits to {person}")


def can_transfer(account: Account, person: Person) -> bool:
    """Tell whether the officer may start a transfer of the person and record its rides (N2.2)."""
    return account.is_active and account.has_perm(TRANSFER) and is_in_jurisdiction(account, person)


def check_can_transfer(account: Account, person: Person) -> None:
    """Raise ``NotPermitted`` unless ``can_transfer``."""
    if not can_transfer(account, person):
        raise NotPermitted(f"{account} may not transfer {person}")


def can_receive(account: Account, transfer: Transfer) -> bool:
    """Tell whether the officer may record that somebody was received: theirs, or brought into their division."""
    if not account.is_active or not account.has_perm(TRANSFER):
        return False
    return is_in_jurisdiction(account, transfer.person) or covers(account.division, transfer.destination_division)


def check_can_receive(account: Account, transfer: Transfer) -> None:
    """Raise ``NotPermitted`` unless ``can_receive``."""
    if not can_receive(account, transfer):
        raise NotPermitted(f"{account} may not receive from {transfer}")


def can_view_person(account: Account, person: Person) -> bool:
    """Tell whether the officer may see the person's record."""
    return account.has_perm(VIEW_PERSON) and is_in_jurisdiction(account, person)


def can_keep_keys(account: Account) -> bool:
    """Tell whether the account may register, rotate and revoke the keys of departments' systems."""
    return account.is_active and account.has_perm(KEEP_KEYS)


def check_can_keep_keys(account: Account) -> None:
    """Raise ``NotPermitted`` unless ``can_keep_keys``."""
    if not can_keep_keys(account):
        raise NotPermitted(f"{account} may not keep the keys of systems")


def current_decision_for_account(account: Account) -> DecisionRecord | None:
    """Return the account's own current decision with what showing it needs: one indexed read."""
    decisions = DecisionRecord.objects.current().with_staleness()
    return decisions.select_related("person", "ruleset").filter(person__account=account.pk).first()


def decision_for_account(account: Account, person: UUID | None, right: str, at: datetime) -> DecisionRecord | None:
    """Return the account's own current decision, or that of ``person`` where it may use ``right`` for them.

    ``person`` is a public id. Answers 404 for anybody else's, whether or not there is such a person (N3.5).
    """
    if person is None:
        return current_decision_for_account(account)
    decisions = DecisionRecord.objects.current().with_staleness().select_related("person", "ruleset")
    decision = decisions.filter(person__public_id=person).first()
    if decision is None or not may_act_for(account, [decision.person], right, at):
        return get_object_or_404(DecisionRecord.objects.none())
    return decision


def person_for_account(
    account: Account, person: UUID | None = None, right: str = "declare", at: datetime | None = None
) -> Person:
    """Return the account's own person, or ``person`` (a public id) where it may use ``right`` for them; else 404."""
    applied = Person.objects.filter(applied_at__isnull=False)
    if person is None:
        return get_object_or_404(applied, account=account.pk)
    found = get_object_or_404(applied, public_id=person)
    if not may_act_for(account, [found], right, at):
        return get_object_or_404(applied.none())
    return found


def people_shown_by(account: Account, at: datetime) -> list[tuple[Person, str]]:
    """Return the people whose codes the account may show beside its own, each with what they are to it."""
    shown = gateways.representation().people(account_id=account.pk, right="show", at=at)
    people = Person.objects.in_bulk([one.person_id for one in shown]) if shown else {}
    return [(people[one.person_id], one.label) for one in shown]


def evidence_for_officer(account: Account, public_id: str) -> EvidenceRecord:
    """Return a record within the officer's jurisdiction, or answer 404."""
    records = EvidenceRecord.objects.select_related("person", "source")
    record = get_object_or_404(records, public_id=public_id)
    if not can_view_person(account, record.person):
        return get_object_or_404(records.none())
    return record


def decisions_for_account(account: Account, since: datetime | None = None) -> list[DecisionRecord]:
    """Return the account's own decisions, newest first."""
    decisions = DecisionRecord.objects.filter(person__account=account.pk).select_related("ruleset")
    if since is not None:
        decisions = decisions.filter(at__gte=since)
    return list(decisions.order_by("-at", "-pk")[:200])


def body_of(account: Account) -> Body | None:
    """Return the one body the account speaks for; none for an administrator, or for who would speak for two."""
    if account.is_superuser or not account.is_active:
        return None
    groups = account.groups.order_by("pk").values_list("name", flat=True)
    bodies = {_BODIES[name] for name in groups if name in _BODIES}
    return bodies.pop() if len(bodies) == 1 else None


def check_can_request_order(account: Account, people: Iterable[Person]) -> None:
    """Raise ``NotPermitted`` unless the officer may ask for an order about all of ``people``."""
    may = account.is_active and not account.is_superuser and account.has_perm(REQUEST_ORDER)
    if not may or not all(is_in_jurisdiction(account, person) for person in people):
        raise NotPermitted(f"{account} may not ask for a control order")


def check_can_approve_order(account: Account, people: Iterable[Person]) -> Body:
    """Return the body the account approves for; raise ``NotPermitted`` when it speaks for none, or not here."""
    body = body_of(account)
    may = body is not None and account.has_perm(APPROVE_ORDER)
    if body is None or not may or not all(is_in_jurisdiction(account, person) for person in people):
        raise NotPermitted(f"{account} may not approve a control order")
    return body


def can_judge_alarm(account: Account) -> bool:
    """Tell whether the account is a supervisor, who says what becomes of a frozen batch."""
    return account.is_active and not account.is_superuser and account.has_perm(JUDGE_ALARM)


def check_can_judge_alarm(account: Account) -> None:
    """Raise ``NotPermitted`` unless ``can_judge_alarm``."""
    if not can_judge_alarm(account):
        raise NotPermitted(f"{account} may not judge alarms")


def can_draft_rules(account: Account) -> bool:
    """Tell whether ``account`` may write and propose a version of the rules: officers of any division."""
    may = account.is_active and not account.is_superuser and account.has_perm(PROPOSE_RULES)
    return may and bool(account.division)


def is_provincial_office(account: Account) -> bool:
    """Tell whether ``account`` decides on rules for the provincial office. A permission without the office does not."""
    may = account.is_active and not account.is_superuser and account.has_perm(APPROVE_RULES)
    return may and account.division == PROVINCIAL_OFFICE


def parties_on_rules(account: Account, version: RuleSetVersion) -> frozenset[Party]:
    """Return as what ``account`` acts on a version: its author, the provincial office, both or nobody."""
    is_author = version.author_id == account.pk and can_draft_rules(account)
    found = {Party.AUTHOR: is_author, Party.OFFICE: is_provincial_office(account)}
    return frozenset(party for party, holds in found.items() if holds)


def can_act_on_rules(account: Account, version: RuleSetVersion, act: RuleAct, at: datetime) -> bool:
    """Tell whether ``account`` may do the act to the version as it stands at ``at``."""
    if act is RuleAct.APPROVE and account.pk in (version.author_id, version.first_approval_by_id):
        return False
    return is_open_to(version.state_at(at), act, parties_on_rules(account, version))


def can_simulate_rules(account: Account, version: RuleSetVersion) -> bool:
    """Tell whether ``account`` may try the version on the population: its author and the office, until it binds."""
    considered = (RuleState.DRAFT, RuleState.PROPOSED, RuleState.APPROVED)
    return version.state in considered and bool(parties_on_rules(account, version))


def can_see_rules(account: Account, version: RuleSetVersion) -> bool:
    """Tell whether ``account`` may read the version: a draft is its author's alone until it is proposed."""
    return version.state != RuleState.DRAFT or version.author_id == account.pk


def can_steer_recolouring(account: Account) -> bool:
    """Tell whether ``account`` may stop the carrying of a change to people and let it go on: the provincial office."""
    may = account.is_active and not account.is_superuser and account.has_perm(STEER_RECOLOURING)
    return may and account.division == PROVINCIAL_OFFICE


def check_can_steer_recolouring(account: Account) -> None:
    """Raise ``NotPermitted`` unless ``can_steer_recolouring``."""
    if not can_steer_recolouring(account):
        raise NotPermitted(f"{account} may not stop a recolouring")


def can_withdraw_key(account: Account) -> bool:
    """Tell whether ``account`` may withdraw a signing key of codes: the provincial office alone, at any hour."""
    may = account.is_active and not account.is_superuser and account.has_perm(WITHDRAW_KEY)
    return may and account.division == PROVINCIAL_OFFICE


def check_can_withdraw_key(account: Account) -> None:
    """Raise ``NotPermitted`` unless ``can_withdraw_key``."""
    if not can_withdraw_key(account):
        raise NotPermitted(f"{account} may not withdraw keys")


def can_print_code(account: Account | None, person: Person, at: datetime) -> bool:
    """Tell whether ``account`` may print, hand out and take back the person's paper code at ``at``.

    The person, whoever may show the code for them (N3.5), and the service desk of the division. No account is the
    system itself.
    """
    if account is None or may_act_for(account, [person], "show", at):
        return True
    if account.is_superuser or not account.is_active or not account.has_perm(PRINT_CODE):
        return False
    return is_in_jurisdiction(account, person)


def check_can_print_code(account: Account | None, person: Person, at: datetime) -> None:
    """Raise ``NotPermitted`` unless ``can_print_code``."""
    if not can_print_code(account, person, at):
        raise NotPermitted(f"{account} may not print this person's code")
