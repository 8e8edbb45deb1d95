"""A day's group: joined, left, full, over at midnight, and nobody's colour changed by it."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from family.domain.companions import MOST, ends_at
from family.models import CompanionGroup
from family.services.bonds import revoke_bond
from family.services.companions import (
    add_dependants,
    destroy_groups,
    join_group,
    leave_group,
    make_group,
    members_of,
)
from healthcode.access import NotPermitted
from healthcode.domain.instants import CHINA
from healthcode.models import Account
from healthcode.services.errors import Refused
from tests.family.kit import bind_mother, bind_son
from tests.healthcode.at_once import at_once, behind_a_lock
from tests.people import JOINED, fact, join, person_of, record, stranger, strangers

LATER = JOINED + timedelta(hours=2)
MIDNIGHT = datetime(2020, 7, 7, tzinfo=CHINA)


def group_of(account: Account) -> CompanionGroup:
    return make_group(by=account, leader=person_of(account), at=JOINED)


def names(group: CompanionGroup, at: datetime = LATER) -> list[str]:
    return [member.companion.person.name for member in members_of(group_id=group.pk, at=at)]


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (datetime(2020, 7, 6, tzinfo=CHINA), MIDNIGHT),
        (datetime(2020, 7, 6, 23, 59, 59, tzinfo=CHINA), MIDNIGHT),
        (MIDNIGHT, datetime(2020, 7, 8, tzinfo=CHINA)),
    ],
)
def test_a_group_ends_at_midnight_in_china(at: datetime, end: datetime) -> None:
    assert ends_at(at) == end


def test_a_family_with_one_phone_and_a_friend_with_their_own(
    citizen: Account, mother: Account, outsider: Account
) -> None:
    people = [bind_son(citizen).dependant, bind_mother(citizen).dependant]
    group = group_of(citizen)
    assert add_dependants(by=citizen, group=group, people=people, at=LATER) == 2
    join_group(by=outsider, person=person_of(outsider), code=f" {group.join_code.lower()} ", at=LATER)
    assert names(group) == ["王晓明", "王小乐", "李桂芳", "赵大勇"]


def test_one_red_member_leaves_the_others_as_they_are(citizen: Account, outsider: Account) -> None:
    group = group_of(citizen)
    join_group(by=outsider, person=person_of(outsider), code=group.join_code, at=LATER)
    record(person_of(outsider), fact("diagnosis", "07-06T09:30", status="confirmed"), at=LATER)
    statuses = [member.status for member in members_of(group_id=group.pk, at=LATER)]
    assert [status.colour for status in statuses if status] == ["green", "red"]


def test_nobody_is_taken_along_without_the_right_to_show(citizen: Account, outsider: Account, mother: Account) -> None:
    group = group_of(citizen)
    bond = bind_mother(citizen)
    revoke_bond(by=mother, bond=bond, at=JOINED)
    for person in (person_of(outsider), bond.dependant):
        with pytest.raises(NotPermitted):
            add_dependants(by=citizen, group=group, people=[person], at=LATER)
    with pytest.raises(NotPermitted):
        add_dependants(by=outsider, group=group, people=[person_of(outsider)], at=LATER)


def test_making_twice_is_one_group_and_joining_twice_one_member(citizen: Account, outsider: Account) -> None:
    group = group_of(citizen)
    assert group_of(citizen) == group
    for _time in range(2):
        join_group(by=outsider, person=person_of(outsider), code=group.join_code, at=LATER)
    assert len(names(group)) == 2


def test_a_wrong_code_and_yesterdays_group_are_nobodys(citizen: Account, outsider: Account) -> None:
    group = group_of(citizen)
    me = person_of(outsider)
    with pytest.raises(Refused, match="no_such_group"):
        join_group(by=outsider, person=me, code="AAAAAAAA", at=LATER)
    with pytest.raises(Refused, match="no_such_group"):
        join_group(by=outsider, person=me, code=group.join_code, at=group.valid_until)
    assert members_of(group_id=group.pk, at=group.valid_until) == []


def test_leaving_is_one_act_and_coming_back_another(citizen: Account, outsider: Account) -> None:
    group, me = group_of(citizen), person_of(outsider)
    for _time in range(2):
        join_group(by=outsider, person=me, code=group.join_code, at=LATER)
        leave_group(by=outsider, group=group, person=me, at=LATER)
        leave_group(by=outsider, group=group, person=me, at=LATER)
        assert names(group) == ["王晓明"]


def test_a_member_sends_nobody_away_and_the_leader_anybody(
    citizen: Account, outsider: Account, mother: Account
) -> None:
    group = group_of(citizen)
    for account in (outsider, mother):
        join_group(by=account, person=person_of(account), code=group.join_code, at=LATER)
    with pytest.raises(NotPermitted):
        leave_group(by=outsider, group=group, person=person_of(mother), at=LATER)
    leave_group(by=citizen, group=group, person=person_of(mother), at=LATER)
    assert names(group) == ["王晓明", "赵大勇"]


def test_with_its_leader_the_group_ends(citizen: Account, outsider: Account) -> None:
    group = group_of(citizen)
    join_group(by=outsider, person=person_of(outsider), code=group.join_code, at=LATER)
    leave_group(by=citizen, group=group, person=person_of(citizen), at=LATER)
    assert members_of(group_id=group.pk, at=LATER) == []
    assert group_of(citizen) != group


def test_groups_are_destroyed_after_three_days(citizen: Account) -> None:
    until = group_of(citizen).valid_until
    days = timedelta(days=3)
    assert destroy_groups(at=until + days - timedelta(seconds=1)) == 0
    assert (destroy_groups(at=until + days), CompanionGroup.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_a_group_is_made_once_and_never_overfull(citizen: Account) -> None:
    lead = person_of(citizen)
    group = behind_a_lock([lead], *[partial(make_group, by=citizen, leader=lead, at=JOINED)] * 2)
    assert group[0] == group[1]
    for person in strangers(MOST - 2):
        assert person.account is not None
        join_group(by=person.account, person=person, code=group[0].join_code, at=LATER)
    last = [join(stranger(number)) for number in (50, 51)]
    calls = [partial(join_group, by=a, person=person_of(a), code=group[0].join_code, at=LATER) for a in last]
    assert [outcome.code for outcome in at_once(*calls) if isinstance(outcome, Refused)] == ["group_full"]
