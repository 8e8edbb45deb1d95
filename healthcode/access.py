"""May they? ``check_…`` raises ``NotPermitted``, ``can_…`` answers, ``…_for_…`` loads or answers 404.

Jurisdiction is one predicate on the division-code prefix (属地).
"""

from collections.abc import Iterable
from datetime import datetime

from django.shortcuts import get_object_or_404

from healthcode.domain.divisions import covers
from healthcode.models import Account, DecisionRecord, EvidenceRecord, Person, Source, SourceCategory

RECORD_EVIDENCE = "healthcode.add_evidencerecord"
VIEW_PERSON = "healthcode.view_person"


class NotPermitted(Exception):
    """The account may not do this. ``code`` is ``not_permitted``."""

    code = "not_permitted"


def is_in_jurisdiction(account: Account, person: Person) -> bool:
    """Tell whether the person lives or stays in the officer's division."""
    return covers(account.division, person.stay_code) or covers(account.division, person.residence_code)


def can_record(account: Account | None, source: Source, people: Iterable[Person]) -> bool:
    """Tell whether ``account`` may record for ``source`` about all of ``people``.

    No account is the system itself (a feed or a command). A citizen records for ``self``, about themself alone.
    """
    if account is None:
        return True
    if source.category == SourceCategory.SELF:
        return all(person.account_id == account.pk for person in people)
    if not account.is_active or not account.has_perm(RECORD_EVIDENCE):
        return False
    return all(is_in_jurisdiction(account, person) for person in people)


def check_can_record(account: Account | None, source: Source, people: Iterable[Person]) -> None:
    """Raise ``NotPermitted`` unless ``can_record``."""
    if not can_record(account, source, people):
        raise NotPermitted(f"{account} may not record for {source.code}")


def can_view_person(account: Account, person: Person) -> bool:
    """Tell whether the officer may see the person's record."""
    return account.has_perm(VIEW_PERSON) and is_in_jurisdiction(account, person)


def current_decision_for_account(account: Account) -> DecisionRecord | None:
    """Return the account's own current decision with what showing it needs: one indexed read."""
    decisions = DecisionRecord.objects.current().with_staleness()
    return decisions.select_related("person", "ruleset").filter(person__account=account.pk).first()


def person_for_account(account: Account) -> Person:
    """Return the person whose account this is, or answer 404."""
    return get_object_or_404(Person, account=account.pk, applied_at__isnull=False)


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
