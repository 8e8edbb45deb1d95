"""Short ways to isolation cases, for their tests."""

from datetime import datetime, timedelta
from typing import Any

from healthcode.domain.instants import CHINA
from healthcode.models import Account, EvidenceRecord, IsolationCase, Person
from healthcode.services.isolation import propose_isolation
from healthcode.services.isolation_orders import OrderFields, confirm_isolation
from tests.people import fact, record

DAY = timedelta(days=1)
NOON = datetime(2020, 7, 8, 12, tzinfo=CHINA)
CONTACT_ENDS = datetime(2020, 7, 19, 10, tzinfo=CHINA)
PAPER = OrderFields(
    "西湖区疾控中心", "之江隔离酒店 305 室", document="西防 12 号", supply_arranged=True, supply="三餐送到"
)


def contact(person: Person, at: datetime = NOON) -> IsolationCase:
    """Make somebody a close contact until ``CONTACT_ENDS`` and return the case that is proposed."""
    record(person, fact("close_contact", "07-05T10:00"), at=at)
    propose_isolation(at=at)
    return case_of(person)


def confirmed(by: Account, person: Person, at: datetime = NOON, **changes: Any) -> IsolationCase:
    """Return a case of a close contact that an officer has confirmed."""
    return confirm_isolation(by=by, case=contact(person, at), order=PAPER._replace(**changes), at=at)


def case_of(person: Person) -> IsolationCase:
    """Return the person's newest case, read afresh."""
    return (
        IsolationCase.objects.select_related("person", "ground", "order__evidence").filter(person=person).latest("pk")
    )


def order_record(person: Person) -> EvidenceRecord:
    """Return the record that the order of the newest case rests its longer end on."""
    record = case_of(person).order.evidence
    assert record is not None
    return record
