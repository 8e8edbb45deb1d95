"""Looking somebody up for them: what staff learn, what the person sees, what is unusual."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.conf import LazySettings

from family.domain.lookups import LIMITS, Basis, Done, Outcome, Purpose, Unusual, find_unusual
from family.models import LookUp
from family.services.lookups import LookedUp, Stated, answer_complaint, complain, look_up, lookups_of
from healthcode.access import NotPermitted
from healthcode.domain.instants import CHINA
from healthcode.models import Account, Alarm, AuditEntry, Outbox
from healthcode.services.errors import Refused
from healthcode.services.roles import Role
from tests.healthcode.at_once import at_once
from tests.people import CITIZEN, JOINED, XIHU, Member, employ, person_of, stranger

STATED = Stated("城西农贸市场", Purpose.ENTRY, Basis.PRESENCE)
NOON = datetime(2020, 7, 8, 12, tzinfo=CHINA)


@pytest.fixture
def desk(province: None) -> Account:
    """Staff of a service point."""
    return employ("desk", Role.SERVICE_POINT, XIHU)


def find(by: Account, member: Member = CITIZEN, at: datetime = JOINED) -> LookedUp:
    return look_up(by=by, document=member.document, nationality="", stated=STATED, at=at)


def test_staff_learn_what_the_code_says_and_the_person_sees_it_at_once(citizen: Account, desk: Account) -> None:
    found = find(desk)
    assert found.status is not None
    assert (found.status.colour, found.lookup.outcome) == ("green", Outcome.SHOWN)
    assert lookups_of(person=person_of(citizen)) == [found.lookup]
    assert Outbox.objects.filter(person=person_of(citizen), topic="news").count() == 1
    entry = AuditEntry.objects.get(action="look_up")
    assert (entry.actor, entry.person, entry.detail["purpose"]) == (desk, person_of(citizen), "entry")


def test_who_has_no_code_is_not_shown_and_not_kept(desk: Account, citizen: Account) -> None:
    found = find(desk, stranger(5))
    assert (found.status, found.lookup.person) == (None, None)


def test_citizens_and_other_staff_look_nobody_up(citizen: Account, operator: Account, auditor: Account) -> None:
    for who in (citizen, operator, auditor):
        with pytest.raises(NotPermitted):
            find(who)
    assert not LookUp.objects.exists()


def test_an_account_looks_up_so_many_an_hour(citizen: Account, desk: Account, settings: LazySettings) -> None:
    settings.HC_LOOKUPS_AN_HOUR = 2
    find(desk)
    find(desk)
    with pytest.raises(Refused, match="too_many_lookups"):
        find(desk, at=JOINED + timedelta(minutes=59))
    assert find(desk, at=JOINED + timedelta(hours=1)).status is not None


def test_guessing_raises_one_alarm(citizen: Account, desk: Account) -> None:
    for number in range(LIMITS.guessing + 1):
        find(desk, stranger(number + 1))
    alarm = Alarm.objects.get()
    assert (alarm.anomaly, alarm.unit, alarm.about) == ("unusual_lookups", "desk", "guessing")


@pytest.mark.parametrize(
    ("number", "outcome", "at", "expected"),
    [
        (LIMITS.many - 1, Outcome.SHOWN, NOON, []),
        (LIMITS.many, Outcome.SHOWN, NOON, [Unusual.MANY]),
        (LIMITS.many + 1, Outcome.SHOWN, NOON, []),
        (LIMITS.guessing, Outcome.NOT_SHOWN, NOON, [Unusual.GUESSING]),
        (LIMITS.at_night, Outcome.SHOWN, NOON.replace(hour=4), [Unusual.AT_NIGHT]),
        (LIMITS.at_night, Outcome.SHOWN, NOON.replace(hour=5), []),
        (0, Outcome.SHOWN, NOON, []),
    ],
)
def test_what_is_unusual(number: int, outcome: Outcome, at: datetime, expected: list[Unusual]) -> None:
    assert find_unusual([Done(at, outcome)] * number, at) == expected


def test_what_was_an_hour_ago_is_past() -> None:
    assert find_unusual([Done(NOON - timedelta(hours=1), Outcome.NOT_SHOWN)] * 40, NOON) == []


def test_a_complaint_is_made_once_and_answered_by_a_supervisor(
    citizen: Account, outsider: Account, desk: Account, supervisor: Account
) -> None:
    lookup = find(desk).lookup
    with pytest.raises(NotPermitted):
        complain(by=outsider, lookup_id=lookup.public_id, text="不是我", at=JOINED)
    made = complain(by=citizen, lookup_id=lookup.public_id, text="我没有去过那里", at=JOINED)
    with pytest.raises(Refused, match="already_complained"):
        complain(by=citizen, lookup_id=lookup.public_id, text="再说一次", at=JOINED)
    with pytest.raises(NotPermitted):
        answer_complaint(by=desk, complaint=made, text="没事", at=JOINED)
    answered = answer_complaint(by=supervisor, complaint=made, text="已核实并约谈", at=JOINED)
    assert (answered.answer, answered.answered_by) == ("已核实并约谈", supervisor)
    with pytest.raises(Refused, match="already_answered"):
        answer_complaint(by=supervisor, complaint=made, text="再答", at=JOINED)


@pytest.mark.django_db(transaction=True)
def test_look_ups_at_once_are_counted_each(citizen: Account, desk: Account, settings: LazySettings) -> None:
    settings.HC_LOOKUPS_AN_HOUR = 1
    outcomes = at_once(*[partial(find, desk)] * 3)
    assert [str(one.code) for one in outcomes if isinstance(one, Refused)] == ["too_many_lookups"] * 2
