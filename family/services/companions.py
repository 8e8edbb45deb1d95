"""Companions (同行家人, N3.5): making a day's group, joining and leaving it, and what a gate learns of it.

A group says who is together and nothing else: each member keeps their own colour and their own reason.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from family.domain.bonds import Right
from family.domain.companions import MOST, JoinedBy, ends_at
from family.models import Companion, CompanionGroup
from healthcode.access import NotPermitted, may_act_for
from healthcode.models import Account, DecisionRecord, Person
from healthcode.services.audit import Act, record_act, record_acts
from healthcode.services.codes import IssuedCode, issue_group_code, region_of
from healthcode.services.decisions import CodeStatus, lock_people, status_of
from healthcode.services.errors import Refused

# Without letters and digits that look alike.
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LENGTH = 8
_KEPT = timedelta(days=3)


class Member(NamedTuple):
    """One of a group as a gate sees them: None where no code can be shown for them."""

    companion: Companion
    status: CodeStatus | None


@transaction.atomic
def make_group(*, by: Account, leader: Person, at: datetime) -> CompanionGroup:
    """Return the leader's group of the day, made if there is none. Raises ``NotPermitted``."""
    if leader.account_id != by.pk:
        raise NotPermitted(f"{by} is not {leader}")
    lock_people([leader.pk])
    found = CompanionGroup.objects.current(at).filter(leader=leader).first()
    if found is not None:
        return found
    group = CompanionGroup.objects.create(leader=leader, join_code=_new_code(), made_at=at, valid_until=ends_at(at))
    Companion.objects.create(group=group, person=leader, joined_by=JoinedBy.LEADER, joined_at=at)
    record_act(by=by, at=at, action="make_group", person=leader, group=str(group.public_id))
    return group


def _new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _sign in range(_CODE_LENGTH))


@transaction.atomic
def add_dependants(*, by: Account, group: CompanionGroup, people: Sequence[Person], at: datetime) -> int:
    """Take people into the leader's group whose codes the leader may show; return how many are new.

    Raises ``NotPermitted`` (not the leader, or no right to show one of them), ``Refused``: ``group_over``,
    ``group_full``.
    """
    group = _locked(group, at)
    if group.leader.account_id != by.pk or not may_act_for(by, people, Right.SHOW, at):
        raise NotPermitted(f"{by} may not take these people into {group}")
    return _add(by, group, people, JoinedBy.BOND, at)


@transaction.atomic
def join_group(*, by: Account, person: Person, code: str, at: datetime) -> CompanionGroup:
    """Join a group with one's own phone, by the code its leader tells. Joining twice is joining once.

    Raises ``NotPermitted``; ``Refused``: ``no_such_group``, ``group_full``.
    """
    if person.account_id != by.pk:
        raise NotPermitted(f"{by} is not {person}")
    typed = "".join(code.split()).upper()
    found = CompanionGroup.objects.current(at).filter(join_code=typed).first()
    if found is None:
        raise Refused("no_such_group")
    group = _locked(found, at)
    _add(by, group, [person], JoinedBy.OWN_PHONE, at)
    return group


def _locked(group: CompanionGroup, at: datetime) -> CompanionGroup:
    """Return the group under its lock, so that its number of members holds."""
    rows = CompanionGroup.objects.current(at).select_related("leader").select_for_update(of=("self",))
    found = rows.filter(pk=group.pk).first()
    if found is None:
        raise Refused("group_over")
    return found


def _add(by: Account, group: CompanionGroup, people: Sequence[Person], joined_by: JoinedBy, at: datetime) -> int:
    members = set(group.members.filter(left_at__isnull=True).values_list("person_id", flat=True))
    fresh = {person.pk: person for person in people if person.pk not in members}
    if len(members) + len(fresh) > MOST:
        raise Refused("group_full", str(MOST))
    Companion.objects.bulk_create(
        Companion(group=group, person=person, joined_by=joined_by, joined_at=at) for person in fresh.values()
    )
    detail = {"group": str(group.public_id), "joined_by": joined_by.value}
    record_acts(by=by, at=at, acts=[Act("join_group", pk, detail) for pk in fresh])
    return len(fresh)


@transaction.atomic
def leave_group(*, by: Account, group: CompanionGroup, person: Person, at: datetime) -> None:
    """Take a member out: themself, one the account may show, or anybody as the leader. With the leader the group ends.

    Leaving twice is leaving once. Raises ``NotPermitted``; ``Refused``: ``group_over``.
    """
    group = _locked(group, at)
    if group.leader.account_id != by.pk and not may_act_for(by, [person], Right.SHOW, at):
        raise NotPermitted(f"{by} may not take {person} out of {group}")
    leaving = group.members.filter(left_at__isnull=True)
    if person.pk == group.leader_id:
        group.ended_at = at
        group.save(update_fields=["ended_at"])
    else:
        leaving = leaving.filter(person=person)
    gone = list(leaving.values_list("person_id", flat=True))
    leaving.update(left_at=at)
    record_acts(by=by, at=at, acts=[Act("leave_group", pk, {"group": str(group.public_id)}) for pk in gone])


def members_of(*, group_id: int, at: datetime) -> list[Member]:
    """Return the members of a current group with what each one's code says at ``at``; nothing for a group that is over.

    A fixed number of queries; the leader first.
    """
    group = CompanionGroup.objects.current(at).filter(pk=group_id).first()
    if group is None:
        return []
    companions = list(group.members.filter(left_at__isnull=True).select_related("person").order_by("pk"))
    statuses = _statuses([companion.person_id for companion in companions], at)
    return [Member(companion, statuses.get(companion.person_id)) for companion in companions]


def _statuses(person_ids: Sequence[int], at: datetime) -> Mapping[int, CodeStatus]:
    decisions = DecisionRecord.objects.current().with_staleness().filter(person_id__in=person_ids)
    found = decisions.select_related("person", "ruleset").order_by("pk")
    return {decision.person_id: status_of(decision, at) for decision in found}


def group_code(*, group: CompanionGroup, at: datetime) -> IssuedCode:
    """Return the group's one signed code: it says that there is a group and no colour. Raises ``NoSigningKey``."""
    return issue_group_code(group_id=group.pk, region=region_of(group.leader), at=at)


def destroy_groups(*, at: datetime) -> int:
    """Destroy groups three days after their day (N4.3); return how many."""
    old = CompanionGroup.objects.filter(valid_until__lte=at - _KEPT)
    count = old.count()
    if count:
        old.delete()
        record_act(by=None, at=at, action="destroy_groups", destroyed=count)
    return count
