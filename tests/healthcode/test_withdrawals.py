"""Withdrawing a batch: one act, everybody touched is recoloured and told, once, whatever is killed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from healthcode.access import NotPermitted
from healthcode.domain.colours import Colour
from healthcode.models import (
    Account,
    AuditEntry,
    BatchWithdrawal,
    EvidenceBatch,
    EvidenceRecord,
    Outbox,
    Person,
    Source,
    WithdrawalStep,
)
from healthcode.services import figures, withdrawals
from healthcode.services.errors import Refused
from healthcode.services.evidence import NewEvidence, record_batch, retract_evidence
from healthcode.services.withdrawals import preview_withdrawal, run_withdrawals, withdraw_batch
from tests.healthcode.at_once import at_once
from tests.people import fact, status, strangers


def send_batch(source: Source, people: Sequence[Person], at: datetime, kind: str = "close_contact") -> EvidenceBatch:
    """Let a source send one record about each of these people in one batch."""
    batch = EvidenceBatch.objects.create(source=source, name="contacts.csv", received_at=at)
    fields: dict[str, Any] = {"result": "negative"} if kind == "nat_result" else {}
    rows = [NewEvidence(person.pk, fact(kind, "07-05T09:00", **fields)) for person in people]
    record_batch(by=None, source=source, rows=rows, at=at, batch=batch)
    return batch


@pytest.fixture
def people(sources: dict[str, Source]) -> Sequence[Person]:
    return strangers(3)


@pytest.fixture
def batch(sources: dict[str, Source], people: Sequence[Person], at: datetime) -> EvidenceBatch:
    return send_batch(sources["zj-health"], people, at)


def test_everybody_touched_is_green_again(people: Sequence[Person], batch: EvidenceBatch, at: datetime) -> None:
    assert {status(person, at).colour for person in people} == {Colour.RED}
    done = withdraw_batch(by=None, batch=batch, reason="wrong list", at=at)
    assert done.finished_at == at
    assert {status(person, at).colour for person in people} == {Colour.GREEN}
    assert EvidenceRecord.objects.filter(retracts__batch=batch, reason="wrong list").count() == 3


def test_everybody_touched_is_told_once(
    sources: dict[str, Source], people: Sequence[Person], batch: EvidenceBatch, at: datetime
) -> None:
    tests = send_batch(sources["zj-health"], people[:2], at, "nat_result")
    Outbox.objects.all().delete()
    withdraw_batch(by=None, batch=batch, reason="wrong list", at=at)
    assert sorted(Outbox.objects.values_list("topic", flat=True)) == ["colour_changed"] * 3
    withdraw_batch(by=None, batch=tests, reason="another laboratory's", at=at)
    assert Outbox.objects.filter(topic="records_withdrawn").count() == 2


def test_what_was_withdrawn_before_stays_so_and_retractions_are_final(
    sources: dict[str, Source], people: Sequence[Person], batch: EvidenceBatch, at: datetime
) -> None:
    record = batch.evidence.order_by("pk")[0]
    again = fact("retraction", "07-06T09:00", retracts=str(record.public_id), reason="other person")
    row = NewEvidence(record.person_id, again)
    record_batch(by=None, source=sources["zj-health"], rows=[row], at=at, batch=batch)
    preview = preview_withdrawal(batch=batch, at=at)
    assert (preview.records, preview.withdrawn, preview.final, preview.people) == (2, 1, 1, 2)
    withdraw_batch(by=None, batch=batch, reason="wrong list", at=at)
    assert EvidenceRecord.objects.filter(retracts__isnull=False).count() == 3


def test_other_records_of_the_people_stay(
    sources: dict[str, Source], people: Sequence[Person], batch: EvidenceBatch, at: datetime
) -> None:
    send_batch(sources["zj-health"], people[:1], at)
    assert preview_withdrawal(batch=batch, at=at).turns == {(Colour.RED, Colour.GREEN): 2}
    withdraw_batch(by=None, batch=batch, reason="wrong list", at=at)
    assert [status(person, at).colour for person in people] == [Colour.RED, Colour.GREEN, Colour.GREEN]


def test_a_preview_writes_nothing(batch: EvidenceBatch, at: datetime) -> None:
    assert preview_withdrawal(batch=batch, at=at).turns == {(Colour.RED, Colour.GREEN): 3}
    assert not BatchWithdrawal.objects.exists()
    assert not EvidenceRecord.objects.filter(kind="retraction").exists()


def test_it_is_done_once(batch: EvidenceBatch, at: datetime) -> None:
    withdraw_batch(by=None, batch=batch, reason="wrong list", at=at)
    with pytest.raises(Refused, match="already_withdrawn"):
        withdraw_batch(by=None, batch=batch, reason="again", at=at)
    assert run_withdrawals(at=at) == 0
    assert EvidenceRecord.objects.filter(kind="retraction").count() == 3


def test_it_needs_a_reason(batch: EvidenceBatch, at: datetime) -> None:
    with pytest.raises(Refused, match="reason_required"):
        withdraw_batch(by=None, batch=batch, reason="  ", at=at)


def test_nothing_is_added_to_a_withdrawn_batch(
    sources: dict[str, Source], people: Sequence[Person], batch: EvidenceBatch, at: datetime
) -> None:
    withdraw_batch(by=None, batch=batch, reason="wrong list", at=at)
    row = NewEvidence(people[0].pk, fact("close_contact", "07-06T09:00"))
    with pytest.raises(Refused, match="batch_withdrawn"):
        record_batch(by=None, source=sources["zj-health"], rows=[row], at=at, batch=batch)


def test_it_goes_on_after_the_last_step(
    people: Sequence[Person], batch: EvidenceBatch, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawals, "CHUNK", 1)
    begun = withdraw_batch(by=None, batch=batch, reason="wrong list", at=at, limit=1)
    assert (begun.finished_at, WithdrawalStep.objects.count()) == (None, 1)
    assert [status(person, at).colour for person in people] == [Colour.GREEN, Colour.RED, Colour.RED]
    assert run_withdrawals(at=at + timedelta(minutes=1)) == 1
    assert {status(person, at).colour for person in people} == {Colour.GREEN}
    assert WithdrawalStep.objects.count() == 3


def test_a_withdrawn_batch_is_a_system_error(batch: EvidenceBatch, at: datetime) -> None:
    assert figures.system_errors(at=at) == (0, 0, 0, 0)
    withdraw_batch(by=None, batch=batch, reason="wrong list", at=at)
    assert figures.system_errors(at=at) == (1, 3, 3, 3)
    assert figures.system_errors(at=at + timedelta(days=31)) == (0, 0, 0, 0)


def test_the_act_and_each_record_are_in_the_audit(batch: EvidenceBatch, reviewer: Account, at: datetime) -> None:
    AuditEntry.objects.filter(action="record_evidence").count()
    withdraw_batch(by=reviewer, batch=batch, reason="wrong list", at=at)
    entries = AuditEntry.objects.filter(actor=reviewer)
    assert entries.get(action="withdraw_batch").detail["batch"] == str(batch.public_id)
    assert entries.filter(action="record_evidence", reason="wrong list").count() == 3


def test_a_county_may_not(batch: EvidenceBatch, officer: Account, at: datetime) -> None:
    with pytest.raises(NotPermitted):
        withdraw_batch(by=officer, batch=batch, reason="wrong list", at=at)


def test_a_record_withdrawn_alone_and_with_its_batch_is_withdrawn_once(
    batch: EvidenceBatch, reviewer: Account, at: datetime
) -> None:
    withdraw_batch(by=None, batch=batch, reason="wrong list", at=at)
    with pytest.raises(Refused, match="already_retracted"):
        retract_evidence(by=reviewer, record=batch.evidence.order_by("pk")[0], reason="me too", at=at)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_withdraw_once(people: Sequence[Person], batch: EvidenceBatch, at: datetime) -> None:
    def act() -> Any:
        return withdraw_batch(by=None, batch=batch, reason="wrong list", at=at)

    outcomes = at_once(act, act)
    assert sorted(type(one).__name__ for one in outcomes) == ["BatchWithdrawal", "Refused"]
    run_withdrawals(at=at)
    assert EvidenceRecord.objects.filter(kind="retraction").count() == 3
    assert Outbox.objects.filter(topic="colour_changed").count() == 6


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_each_step_once(
    people: Sequence[Person], batch: EvidenceBatch, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawals, "CHUNK", 1)
    withdraw_batch(by=None, batch=batch, reason="wrong list", at=at, limit=0)
    at_once(*[lambda: run_withdrawals(at=at)] * 2)
    run_withdrawals(at=at)
    assert (WithdrawalStep.objects.count(), EvidenceRecord.objects.filter(kind="retraction").count()) == (3, 3)
    assert BatchWithdrawal.objects.get().finished_at == at


def test_what_a_step_did_stays_written(batch: EvidenceBatch, at: datetime) -> None:
    withdraw_batch(by=None, batch=batch, reason="wrong list", at=at)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        WithdrawalStep.objects.update(records=0)
