"""Frozen batches: nothing of them counts until two supervisors have said so."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from healthcode.access import NotPermitted
from healthcode.domain.orders import ListOrigin, Measure, OrderReason
from healthcode.models import (
    Account,
    Alarm,
    AuditEntry,
    DecisionRecord,
    EvidenceRecord,
    HeldBatch,
    Outcome,
    Person,
    Source,
)
from healthcode.services import anomalies
from healthcode.services.alarms import confirm_outcome, propose_outcome, send_back
from healthcode.services.errors import Refused
from healthcode.services.evidence import NewEvidence, Recorded, record_batch, record_released
from healthcode.services.orders import OrderTerms, approve_order, request_order
from healthcode.services.persons import enrol_people
from tests.healthcode.at_once import at_once
from tests.people import JOINED, current, fact, stranger

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Send = Callable[..., Recorded]
ORDER = {"until": "07-20", "mode": "central", "document": "文"}


@pytest.fixture
def send(sources: dict[str, Source], at: datetime) -> Send:
    """Send orders of isolation about the first so many people, whom nothing else on record explains."""

    def sent(number: int, *, first: int = 1, by: Account | None = None, when: datetime = at) -> Recorded:
        numbers = range(first, first + number)
        enrol_people(by=None, applications=[stranger(n).application for n in numbers], at=JOINED)
        people = list(DecisionRecord.objects.current().order_by("person_id").values_list("person_id", flat=True))
        rows = [
            NewEvidence(pk, fact("isolation_order", "07-08T08:00", name=f"n{n}", **ORDER))
            for n, pk in zip(numbers, people[first - 1 : first - 1 + number], strict=True)
        ]
        return record_batch(by=by, source=sources["zj-office"], rows=rows, at=when)

    return sent


@pytest.fixture
def held(send: Send) -> HeldBatch:
    """A frozen batch of thirty."""
    made = send(30).held
    assert made is not None
    return made


def colours() -> set[str]:
    return set(DecisionRecord.objects.current().values_list("colour", flat=True))


def test_a_small_batch_is_recorded(send: Send) -> None:
    done = send(29)
    assert (len(done.records), done.held) == (29, None)


def test_a_batch_that_nothing_explains_is_frozen(send: Send) -> None:
    done = send(30)
    assert done.held is not None
    assert (done.records, done.decisions, EvidenceRecord.objects.count()) == ([], [], 0)
    assert done.held.records.count() == 30
    assert colours() == {"green"}
    assert Alarm.objects.get(held=done.held).anomaly == "no_epidemiology"


def test_many_small_batches_are_one_large_one(send: Send) -> None:
    assert [send(10, first=first).held is None for first in (1, 11, 21)] == [True, True, False]


def test_what_follows_a_frozen_batch_is_frozen_too(held: HeldBatch, send: Send) -> None:
    assert send(1, first=31).held is not None


def test_another_unit_is_not_frozen_with_it(held: HeldBatch, send: Send, reviewer: Account) -> None:
    assert send(1, first=31, by=reviewer).held is None


def test_the_same_batch_again_is_frozen_once(held: HeldBatch, send: Send) -> None:
    again = send(30)
    assert (again.duplicates, again.held) == (30, None)
    assert HeldBatch.objects.count() == 1


def test_two_supervisors_release_it(
    held: HeldBatch, supervisor: Account, second_supervisor: Account, at: datetime
) -> None:
    propose_outcome(by=supervisor, held=held, outcome=Outcome.RELEASE, reason="核实", at=at)
    assert colours() == {"green"}
    confirm_outcome(by=second_supervisor, held=held, at=at + HOUR)
    assert EvidenceRecord.objects.count() == 30
    assert set(EvidenceRecord.objects.values_list("recorded_at", flat=True)) == {at + HOUR}
    assert colours() == {"red"}


def test_two_supervisors_reject_it(
    held: HeldBatch, supervisor: Account, second_supervisor: Account, at: datetime, send: Send
) -> None:
    propose_outcome(by=supervisor, held=held, outcome=Outcome.REJECT, reason="滥用", at=at)
    confirm_outcome(by=second_supervisor, held=held, at=at)
    assert (EvidenceRecord.objects.count(), colours()) == (0, {"green"})
    assert send(30).held is not None, "sent again, it is frozen again"


def test_one_supervisor_does_not_do_it_alone(held: HeldBatch, supervisor: Account, at: datetime) -> None:
    propose_outcome(by=supervisor, held=held, outcome=Outcome.RELEASE, reason="核实", at=at)
    with pytest.raises(Refused) as refusal:
        confirm_outcome(by=supervisor, held=held, at=at)
    assert refusal.value.code == "own_request"
    assert not EvidenceRecord.objects.exists()


@pytest.mark.parametrize("who", ["officer", "reviewer", "auditor", "operator", "commission", "administrator"])
def test_who_is_no_supervisor_judges_nothing(who: str, held: HeldBatch, at: datetime, request: Any) -> None:
    with pytest.raises(NotPermitted):
        propose_outcome(by=request.getfixturevalue(who), held=held, outcome=Outcome.RELEASE, reason="x", at=at)


def test_a_proposal_is_sent_back(
    held: HeldBatch, supervisor: Account, second_supervisor: Account, at: datetime
) -> None:
    propose_outcome(by=supervisor, held=held, outcome=Outcome.RELEASE, reason="核实", at=at)
    send_back(by=second_supervisor, held=held, reason="证据不足", at=at)
    with pytest.raises(Refused) as refusal:
        confirm_outcome(by=second_supervisor, held=held, at=at)
    assert refusal.value.code == "nothing_proposed"
    assert AuditEntry.objects.get(action="send_back").reason == "证据不足"


def test_what_was_judged_stays_judged(
    held: HeldBatch, supervisor: Account, second_supervisor: Account, at: datetime
) -> None:
    propose_outcome(by=supervisor, held=held, outcome=Outcome.REJECT, reason="滥用", at=at)
    confirm_outcome(by=second_supervisor, held=held, at=at)
    with pytest.raises(Refused) as refusal:
        propose_outcome(by=supervisor, held=held, outcome=Outcome.RELEASE, reason="x", at=at)
    assert refusal.value.code == "already_judged"


def test_what_is_frozen_is_not_recorded_past_the_supervisors(held: HeldBatch, reviewer: Account, at: datetime) -> None:
    with pytest.raises(Refused) as refusal:
        record_released(by=reviewer, held=held, at=at)
    assert refusal.value.code == "not_released"


@pytest.mark.django_db(transaction=True)
def test_confirmed_twice_at_once_is_recorded_once(
    held: HeldBatch, supervisor: Account, second_supervisor: Account, at: datetime
) -> None:
    propose_outcome(by=supervisor, held=held, outcome=Outcome.RELEASE, reason="核实", at=at)
    confirm = partial(confirm_outcome, by=second_supervisor, held=held, at=at)
    outcomes = at_once(confirm, confirm)
    assert [one.code for one in outcomes if isinstance(one, Refused)] == ["already_judged"]
    assert EvidenceRecord.objects.count() == 30


def test_a_frozen_order_waits_for_the_supervisors(
    send: Send, reviewer: Account, commission: Account, supervisor: Account, second_supervisor: Account, at: datetime
) -> None:
    applications = [stranger(n).application for n in range(1, 31)]
    people = enrol_people(by=None, applications=applications, at=JOINED)
    origin = (ListOrigin.SCREENING, "名单")
    terms = OrderTerms("文", OrderReason.CLUSTER, Measure.RED, at + DAY, *origin)
    asked = request_order(by=reviewer, terms=terms, people=people, at=at)
    with pytest.raises(Refused) as refusal:
        approve_order(by=commission, order=asked, at=at)
    assert refusal.value.code == "frozen"
    held = HeldBatch.objects.get(order=asked)
    propose_outcome(by=supervisor, held=held, outcome=Outcome.RELEASE, reason="核实", at=at)
    confirm_outcome(by=second_supervisor, held=held, at=at)
    assert approve_order(by=commission, order=asked, at=at).approvals.count() == 1


def test_contacts_that_the_health_commission_traced_are_no_anomaly(sources: dict[str, Source], at: datetime) -> None:
    people = enrol_people(by=None, applications=[stranger(n).application for n in range(1, 61)], at=JOINED)
    rows = [NewEvidence(person.pk, fact("close_contact", "07-05T10:00")) for person in people]
    done = record_batch(by=None, source=sources["zj-health"], rows=rows, at=at)
    assert (len(done.records), done.held) == (60, None)
    assert current(people[0]).colour == "red"


def test_nothing_is_asked_for_a_batch_that_reddens_nobody(
    sources: dict[str, Source], at: datetime, django_assert_num_queries: Any
) -> None:
    row = anomalies.Named(1, fact("nat_result", "07-07", result="negative"))
    with django_assert_num_queries(0):
        assert anomalies.check_batch(by=None, source=sources["zj-health"], rows=[row], at=at) == []


def test_a_row_that_cannot_be_recorded_keeps_no_frozen_batch_from_release(
    sources: dict[str, Source], at: datetime
) -> None:
    people = enrol_people(by=None, applications=[stranger(n).application for n in range(1, 31)], at=JOINED)
    rows = [NewEvidence(person.pk, fact("isolation_order", "07-08T08:00", **ORDER)) for person in people]
    wrong = fact("release", "07-08T09:00", of=["nothing"], stage="all", document="文")
    with pytest.raises(Refused) as refusal:
        record_batch(by=None, source=sources["zj-office"], rows=[*rows, NewEvidence(people[0].pk, wrong)], at=at)
    assert refusal.value.code == "unknown_released"
    assert not HeldBatch.objects.exists()


def test_whom_supervisors_have_released_is_not_counted_again(
    held: HeldBatch, supervisor: Account, second_supervisor: Account, at: datetime, send: Send
) -> None:
    propose_outcome(by=supervisor, held=held, outcome=Outcome.RELEASE, reason="核实", at=at)
    confirm_outcome(by=second_supervisor, held=held, at=at)
    assert send(29, first=31, when=at + HOUR).held is None
    assert send(1, first=60, when=at + HOUR).held is not None


def test_what_is_found_is_not_frozen_with_a_list(held: HeldBatch, sources: dict[str, Source], at: datetime) -> None:
    # Another list of the same source is frozen; an infection that was found counts at once.
    health = sources["zj-health"]
    people = list(Person.objects.order_by("pk"))
    listed = [NewEvidence(p.pk, fact("isolation_order", "07-08T08:00", **ORDER)) for p in people]
    assert record_batch(by=None, source=health, rows=listed, at=at).held is not None
    found = [NewEvidence(people[0].pk, fact("diagnosis", "07-08T09:00", status="confirmed"))]
    assert record_batch(by=None, source=health, rows=found, at=at).held is None
    assert current(people[0]).colour == "red"
