"""Orders of isolation that an alarm freezes: the officer is told, and nothing is half done."""

from datetime import datetime

import pytest

from healthcode.models import Account, EvidenceRecord, HeldBatch, IsolationCase, IsolationOrder, Person, Source
from healthcode.services.errors import Refused
from healthcode.services.evidence import NewEvidence, record_batch
from healthcode.services.isolation import propose_isolation
from healthcode.services.isolation_orders import Moved, change_end, confirm_isolation
from healthcode.services.persons import enrol_people
from tests.healthcode.isolation_kit import CONTACT_ENDS, DAY, PAPER
from tests.people import JOINED, fact, stranger

LONGER = CONTACT_ENDS + 5 * DAY


@pytest.fixture
def cases(sources: dict[str, Source], at: datetime) -> list[IsolationCase]:
    """Eleven contacts whose tests were negative."""
    people: list[Person] = enrol_people(
        by=None, applications=[stranger(n).application for n in range(1, 12)], at=JOINED
    )
    for kind, when, said in (("close_contact", "07-05T10:00", {}), ("nat_result", "07-07", {"result": "negative"})):
        for person in people:
            rows = [NewEvidence(person.pk, fact(kind, when, **said))]
            record_batch(by=None, source=sources["zj-health" if said else "national"], rows=rows, at=at)
    propose_isolation(at=at)
    return list(IsolationCase.objects.order_by("pk"))


def test_a_frozen_order_leaves_its_case_proposed(cases: list[IsolationCase], officer: Account, at: datetime) -> None:
    for case in cases[:9]:
        confirm_isolation(by=officer, case=case, order=PAPER._replace(until=LONGER), at=at)
    with pytest.raises(Refused) as refusal:
        confirm_isolation(by=officer, case=cases[9], order=PAPER._replace(until=LONGER), at=at)
    assert refusal.value.code == "batch_frozen"
    cases[9].refresh_from_db()
    assert (cases[9].state, IsolationOrder.objects.count()) == ("proposed", 9)
    assert HeldBatch.objects.get().records.get().person_id == cases[9].person_id


def test_a_frozen_end_stays_as_it_was(cases: list[IsolationCase], officer: Account, at: datetime) -> None:
    for case in cases[:9]:
        confirm_isolation(by=officer, case=case, order=PAPER._replace(until=LONGER), at=at)
    case = confirm_isolation(by=officer, case=cases[10], order=PAPER, at=at)
    with pytest.raises(Refused) as refusal:
        change_end(by=officer, case=case, moved=Moved(LONGER, "延长", "文"), at=at)
    assert refusal.value.code == "batch_frozen"
    case.refresh_from_db()
    assert case.valid_until == CONTACT_ENDS
    assert HeldBatch.objects.get().records.count() == 1
    assert EvidenceRecord.objects.filter(kind="isolation_order").count() == 9
