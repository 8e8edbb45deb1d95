"""What may happen only once to a case, tried twice at once on two real connections."""

from collections import Counter
from datetime import datetime
from functools import partial

import pytest

from healthcode.models import Account, IsolationCase, IsolationOrder, Outbox, Topic
from healthcode.services.errors import Refused
from healthcode.services.isolation import propose_isolation, remind_isolation
from healthcode.services.isolation_orders import confirm_isolation
from tests.healthcode.at_once import at_once, behind_a_lock
from tests.healthcode.isolation_kit import CONTACT_ENDS, DAY, PAPER, confirmed, contact
from tests.people import fact, person_of, record, strangers

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_sweeps_propose_once(sources: object, at: datetime) -> None:
    for person in strangers(6):
        record(person, fact("close_contact", "07-05T10:00"), at=at)
    sweep = partial(propose_isolation, at=at, batch=2)
    outcomes = at_once(sweep, sweep)
    assert sum(outcomes) + propose_isolation(at=at) == 6
    assert IsolationCase.objects.count() == 6


def test_two_officers_confirm_once(citizen: Account, officer: Account, reviewer: Account, at: datetime) -> None:
    person = person_of(citizen)
    case = contact(person)
    calls = [partial(confirm_isolation, by=by, case=case, order=PAPER, at=at) for by in (officer, reviewer)]
    outcomes = behind_a_lock([person], *calls)
    assert Counter(type(outcome) for outcome in outcomes) == {IsolationCase: 1, Refused: 1}
    assert IsolationOrder.objects.count() == 1


def test_an_end_is_announced_once(citizen: Account, officer: Account) -> None:
    confirmed(officer, person_of(citizen))
    remind = partial(remind_isolation, at=CONTACT_ENDS - DAY)
    assert sum(at_once(remind, remind)) == 1
    assert Outbox.objects.filter(topic=Topic.ISOLATION_ENDING).count() == 1
