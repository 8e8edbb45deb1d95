"""Recording evidence (涉疫信息, N3.2): lock the person, insert, decide, audit, tell, in one transaction.

Correcting is retracting plus recording anew; nothing here changes a record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from healthcode.access import can_import, check_can_record
from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.orders import APPROVALS
from healthcode.models import (
    Account,
    BatchWithdrawal,
    Cause,
    ControlOrderRequest,
    DecisionRecord,
    EvidenceBatch,
    EvidenceRecord,
    HeldBatch,
    Person,
    Source,
)
from healthcode.services.anomalies import Named, check_batch, hold_batch, waiting_numbers
from healthcode.services.audit import Act, record_acts
from healthcode.services.decisions import lock_people, store_decisions
from healthcode.services.errors import Refused
from healthcode.services.feeds import mark_late


class NewEvidence(NamedTuple):
    """A record to be made: whose it is, and what it says.

    ``evidence.id`` is the source's own number of the record; ``evidence.retracts`` and the ``of`` of a release are
    numbers within the same source, of this batch too, or public ids of the records they act on.
    """

    person_id: int
    evidence: Evidence


class Recorded(NamedTuple):
    """What came of a batch: the records made, how many were there already, the decisions that differ.

    ``held``: an alarm froze the batch; nothing of it was recorded.
    """

    records: list[EvidenceRecord]
    duplicates: int
    decisions: list[DecisionRecord]
    held: HeldBatch | None = None


def record_evidence(
    *, by: Account | None, source: Source, person: Person, evidence: Evidence, at: datetime
) -> Recorded:
    """Record one piece of evidence about one person. Raises ``Refused`` as ``record_batch``."""
    return record_batch(by=by, source=source, rows=[NewEvidence(person.pk, evidence)], at=at)


@transaction.atomic
def record_batch(
    *,
    by: Account | None,
    source: Source,
    rows: Sequence[NewEvidence],
    at: datetime,
    batch: EvidenceBatch | None = None,
) -> Recorded:
    """Record rows of one source and recolour everyone they touch, in a fixed number of queries.

    A row whose number this source has used already is a duplicate and changes nothing. Raises ``Refused``:
    ``source_may_not_assert`` (the source may not record this kind), ``not_permitted`` (``by`` may not),
    ``recorded_in_future``, ``event_in_future`` (only orders may begin after they are recorded), ``reason_required``,
    ``not_a_retraction`` (another kind names a record to withdraw), ``unknown_retracted`` and ``unknown_released``
    (no such record of this person), ``batch_withdrawn`` (the batch has been withdrawn), ``order_needs_approval``
    (a control order comes from ``carry_out_orders`` alone). A batch that looks like an abuse is frozen and nothing
    of it recorded: ``held`` says so.
    """
    for row in rows:
        _check_row(source, row, at)
    if batch is not None:
        check_batch_open(batch=batch)
    people = lock_people({row.person_id for row in rows})
    if batch is None or not can_import(by, source):
        # A file of a source is about whomever it names; everybody else records in their own division.
        check_can_record(by, source, people, at)
    fresh, duplicates = _new_rows(source, rows)
    if not fresh:
        return Recorded([], duplicates, [])
    records = [_new_record(by, source, row, batch) for row in fresh]
    # Before the look-out: what cannot be recorded must not lie in a frozen batch and keep the rest from release.
    _link(source, fresh, records)
    named = [Named(row.person_id, row.evidence) for row in fresh]
    findings = check_batch(by=by, source=source, rows=named, at=at)
    if findings:
        held = hold_batch(by=by, source=source, rows=named, findings=findings, batch=batch, at=at)
        return Recorded([], duplicates, [], held)
    return _store(by, source, records, people, at)._replace(duplicates=duplicates)


@transaction.atomic
def record_released(*, by: Account, held: HeldBatch, at: datetime) -> Recorded:
    """Record a frozen batch that two supervisors have released, as known from ``at`` on.

    What was recorded meanwhile from elsewhere under the same numbers is a duplicate. Raises ``Refused``:
    ``not_released``, and as ``record_batch``.
    """
    if not held.is_released or held.source is None:
        raise Refused("not_released", str(held.public_id))
    rows = [
        NewEvidence(record.person_id, replace(record.as_domain(), recorded_at=at))
        for record in held.records.order_by("pk")
    ]
    for row in rows:
        _check_row(held.source, row, at)
    if held.batch is not None:
        check_batch_open(batch=held.batch)
    people = lock_people({row.person_id for row in rows})
    fresh, duplicates = _new_rows(held.source, rows)
    records = [_new_record(held.received_by, held.source, row, held.batch) for row in fresh]
    _link(held.source, fresh, records)
    return _store(by, held.source, records, people, at)._replace(duplicates=duplicates)


@transaction.atomic
def record_order(*, source: Source, order: ControlOrderRequest, at: datetime) -> Recorded:
    """Record what an approved order says of everyone it names: the one way by which such a record is made.

    ``order`` is locked. Raises ``Refused``: ``order_needs_approval`` unless two bodies have approved it, its delay is
    over, nobody stopped it and no alarm holds it. The database refuses a second record of one order and person.
    """
    _check_order(order, at)
    said = {"colour": order.measure, "document": order.document}
    ids = order.people.order_by("person_id").values_list("person_id", flat=True)
    rows = [
        NewEvidence(
            person_id,
            Evidence(
                id=f"order-{order.public_id}-{number}",
                kind=Kind.CONTROL_ORDER,
                at=at,
                ended_at=at,
                recorded_at=at,
                until=order.valid_until,
                source=source.category,
                detail=said,
            ),
        )
        for number, person_id in enumerate(ids, 1)
    ]
    people = lock_people(ids)
    records = [_new_record(order.requested_by, source, row, None) for row in rows]
    for record in records:
        record.order = order
    return _store(None, source, records, people, at)


def _check_order(order: ControlOrderRequest, at: datetime) -> None:
    approvals = order.approvals.order_by("pk").values_list("by", "body")
    distinct = min(len({by for by, _body in approvals}), len({body for _by, body in approvals}))
    held = HeldBatch.objects.filter(order=order).first()
    is_due = ControlOrderRequest.objects.due(at).filter(pk=order.pk).exists()
    if not is_due or distinct < APPROVALS or (held is not None and not held.is_released):
        raise Refused("order_needs_approval", str(order.public_id))


def _store(
    by: Account | None,
    source: Source,
    records: list[EvidenceRecord],
    people: list[Person],
    at: datetime,
) -> Recorded:
    """Insert the records, audit them, and decide for everyone they touch. The people are locked."""
    # What a record of this batch withdraws may be in it too, and must have its row first.
    first = [record for record in records if record.retracts is None]
    EvidenceRecord.objects.bulk_create(first)
    if len(first) < len(records):
        EvidenceRecord.objects.bulk_create(record for record in records if record.retracts is not None)
    record_acts(by=by, at=at, label=source.code, acts=[_act(record) for record in records])
    touched = {record.person_id for record in records}
    changed = store_decisions(by=by, people=[p for p in people if p.pk in touched], cause=Cause.EVIDENCE, at=at)
    mark_late(by=by, source=source, records=records, decisions=changed, at=at)
    return Recorded(records, 0, changed)


def check_batch_open(*, batch: EvidenceBatch) -> None:
    """Raise ``Refused("batch_withdrawn")`` for a batch that was withdrawn; otherwise keep it open until the commit."""
    EvidenceBatch.objects.select_for_update(of=("self",), no_key=True).get(pk=batch.pk)
    if BatchWithdrawal.objects.filter(batch=batch).exists():
        raise Refused("batch_withdrawn", str(batch.public_id))


def _check_row(source: Source, row: NewEvidence, at: datetime) -> None:
    if row.evidence.kind is Kind.CONTROL_ORDER:
        raise Refused("order_needs_approval", row.evidence.id)
    if not source.may_assert(row.evidence.kind):
        raise Refused("source_may_not_assert", f"{source.code} {row.evidence.kind}")
    if row.evidence.recorded_at > at:
        raise Refused("recorded_in_future", row.evidence.id)
    if row.evidence.begins_after_recorded:
        raise Refused("event_in_future", row.evidence.id)
    if row.evidence.retracts and row.evidence.kind is not Kind.RETRACTION:
        raise Refused("not_a_retraction", row.evidence.id)
    if row.evidence.kind is Kind.RETRACTION and not row.evidence.reason:
        raise Refused("reason_required", row.evidence.id)


def _new_rows(source: Source, rows: Sequence[NewEvidence]) -> tuple[list[NewEvidence], int]:
    """Return the rows whose number is new, the first of each number, and how many are not."""
    refs = [row.evidence.id for row in rows]
    known = set(EvidenceRecord.objects.filter(source=source, source_ref__in=refs).values_list("source_ref", flat=True))
    known |= waiting_numbers(source=source, numbers=refs)
    fresh: list[NewEvidence] = []
    for row in rows:
        if row.evidence.id not in known:
            known.add(row.evidence.id)
            fresh.append(row)
    return fresh, len(rows) - len(fresh)


def _link(source: Source, rows: Sequence[NewEvidence], records: Sequence[EvidenceRecord]) -> None:
    """Point retractions and releases at the records that they name, each of the same person."""
    names = {name for row in rows for name in _names(row.evidence)}
    if not names:
        return
    mine = [record for record in records if record.kind != Kind.RETRACTION]
    by_ref = EvidenceRecord.objects.filter(source=source, source_ref__in=names)
    by_id = EvidenceRecord.objects.filter(public_id__in=[name for name in names if _is_uuid(name)])
    found = {(record.person_id, record.source_ref): record for record in [*mine, *by_ref.order_by("pk")]}
    found |= {(record.person_id, str(record.public_id)): record for record in by_id.order_by("pk")}
    for row, record in zip(rows, records, strict=True):
        for name in _names(row.evidence):
            if (row.person_id, name) not in found:
                raise Refused("unknown_retracted" if row.evidence.retracts else "unknown_released", name)
        if row.evidence.retracts:
            record.retracts = found[row.person_id, row.evidence.retracts]
        elif names_of := _names(row.evidence):
            record.detail["of"] = [str(found[row.person_id, name].public_id) for name in names_of]


def _names(said: Evidence) -> list[str]:
    """Return the names of other records that this one acts on."""
    if said.retracts:
        return [said.retracts]
    of = said.detail.get("of")
    return [str(name) for name in of] if said.kind is Kind.RELEASE and isinstance(of, Iterable) else []


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _new_record(
    by: Account | None,
    source: Source,
    row: NewEvidence,
    batch: EvidenceBatch | None,
) -> EvidenceRecord:
    said = row.evidence
    return EvidenceRecord(
        person_id=row.person_id,
        kind=said.kind,
        at=said.at,
        ended_at=said.ended_at,
        until=said.until,
        recorded_at=said.recorded_at,
        reported_at=said.reported_at,
        source=source,
        source_ref=said.id,
        batch=batch,
        place=said.place,
        community=said.community,
        detail={name: list(v) if isinstance(v, tuple) else v for name, v in said.detail.items()},
        reason=said.reason,
        recorded_by=by,
    )


def _act(record: EvidenceRecord) -> Act:
    detail = {"evidence": str(record.public_id), "kind": record.kind}
    return Act("record_evidence", record.person_id, detail, record.reason)


def retract_evidence(*, by: Account, record: EvidenceRecord, reason: str, at: datetime) -> Recorded:
    """Withdraw one record with a reason and recolour the person (N3.8: put the record right).

    Raises ``Refused``: ``reason_required``, ``already_retracted``, ``retraction_is_final``, ``not_permitted``.
    """
    if not reason.strip():
        raise Refused("reason_required")
    if record.kind == Kind.RETRACTION:
        raise Refused("retraction_is_final")
    retraction = Evidence(
        id=f"retract-{record.public_id}",
        kind=Kind.RETRACTION,
        at=at,
        ended_at=at,
        recorded_at=at,
        retracts=str(record.public_id),
        reason=reason.strip(),
    )
    done = record_evidence(by=by, source=record.source, person=record.person, evidence=retraction, at=at)
    if not done.records:
        raise Refused("already_retracted")
    return done
