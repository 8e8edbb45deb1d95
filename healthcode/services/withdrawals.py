"""Withdrawing a batch: every record that came with one file or request is retracted in one act (N3.2, N3.8).

The act is a row; carrying it out goes through the people in chunks, each a transaction that leaves a step behind. A
killed worker's successor goes on after the last step, and two at once do each chunk once.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from healthcode.access import check_can_withdraw_batch
from healthcode.domain.colours import Colour
from healthcode.domain.evidence import Kind
from healthcode.models import (
    Account,
    AuditEntry,
    BatchWithdrawal,
    Cause,
    DecisionRecord,
    EvidenceBatch,
    EvidenceRecord,
    Outbox,
    Person,
    Topic,
    WithdrawalStep,
)
from healthcode.services.audit import record_act
from healthcode.services.decisions import decide_without, lock_people, store_decisions
from healthcode.services.errors import Refused
from healthcode.services.outbox import announce, message_for
from healthcode.services.reads import colours_now

CHUNK = 1_000
# Deciding is exact and takes a moment a person; whoever is asked to confirm waits for so many and no more.
PREVIEWED = 500

Progress = Callable[[int, int], None]

_RETRACT = """
WITH made AS (
    INSERT INTO {evidence} (public_id, person_id, kind, at, ended_at, recorded_at, source_id, source_ref,
                            place, community, detail, retracts_id, reason, recorded_by_id)
    SELECT gen_random_uuid(), old.person_id, %(kind)s, %(at)s, %(at)s, %(at)s, old.source_id,
           'retract-' || old.public_id, '', '', '{{}}'::jsonb, old.id, %(reason)s, %(by)s
    FROM {evidence} old
    WHERE old.batch_id = %(batch)s AND old.person_id = ANY(%(people)s) AND old.kind <> %(kind)s
      AND NOT EXISTS (SELECT 1 FROM {evidence} done WHERE done.retracts_id = old.id)
    ON CONFLICT (source_id, source_ref) DO NOTHING
    RETURNING public_id, person_id
), audited AS (
    INSERT INTO {audit} (at, actor_id, actor_label, action, person_id, detail, reason)
    SELECT %(at)s, %(by)s, %(label)s, 'record_evidence', person_id,
           jsonb_build_object('evidence', public_id, 'kind', %(kind)s), %(reason)s
    FROM made
)
SELECT person_id, count(*) FROM made GROUP BY person_id
"""


class WithdrawalPreview(NamedTuple):
    """What withdrawing a batch would do: to how many records and people, and to the colours of the ``asked`` first.

    ``final`` are retractions in the batch, which nothing withdraws. ``turns`` counts people by (from, to).
    """

    records: int
    withdrawn: int
    final: int
    people: int
    asked: int
    turns: Mapping[tuple[Colour | None, Colour], int]


class Carried(NamedTuple):
    """What a withdrawal did so far: records withdrawn, people touched, decisions changed, people told."""

    records: int
    people: int
    changed: int
    told: int


def withdraw_batch(
    *, by: Account | None, batch: EvidenceBatch, reason: str, at: datetime, limit: int | None = None
) -> BatchWithdrawal:
    """Retract every record of ``batch``, recolour everyone touched and tell each of them; return the act.

    Carried out in chunks of 1,000 people; after ``limit`` chunks the rest is left to ``run_withdrawals``. Nothing can
    be added to the batch any more. Raises ``NotPermitted``; ``Refused``: ``reason_required``, ``already_withdrawn``.
    """
    withdrawal = _order(by, batch, reason.strip(), at)
    return _carry_out(withdrawal, at, limit, None) or withdrawal


@transaction.atomic
def _order(by: Account | None, batch: EvidenceBatch, reason: str, at: datetime) -> BatchWithdrawal:
    if not reason:
        raise Refused("reason_required")
    # Waits for whoever is adding to the batch; ``check_batch_open`` keeps everybody else out from here on.
    batch = EvidenceBatch.objects.select_for_update(of=("self",)).select_related("source").get(pk=batch.pk)
    check_can_withdraw_batch(by, batch)
    if BatchWithdrawal.objects.filter(batch=batch).exists():
        raise Refused("already_withdrawn")
    made = BatchWithdrawal.objects.create(batch=batch, reason=reason, withdrawn_at=at, withdrawn_by=by)
    record_act(by=by, at=at, action="withdraw_batch", batch=str(batch.public_id), source=batch.source.code)
    return made


def run_withdrawals(*, at: datetime, progress: Progress | None = None) -> int:
    """Carry out what is ordered and unfinished, except what others work on just now; return how many were finished."""
    finished = 0
    for withdrawal in BatchWithdrawal.objects.unfinished().order_by("pk"):
        done = _carry_out(withdrawal, max(at, withdrawal.withdrawn_at), None, progress)
        finished += done is not None and done.finished_at is not None
    return finished


def _carry_out(
    withdrawal: BatchWithdrawal, at: datetime, limit: int | None, progress: Progress | None
) -> BatchWithdrawal | None:
    people = _people_of(withdrawal.batch_id)
    done: BatchWithdrawal | None = withdrawal
    chunks = 0
    while done is not None and done.finished_at is None and (limit is None or chunks < limit):
        done = _next_chunk(withdrawal.pk, people, at)
        chunks += 1
        if progress is not None:
            progress(min(chunks * CHUNK, len(people)), len(people))
    return done


def _people_of(batch_id: int) -> "array[int]":
    """Return the ids of the batch's people, in order: eight bytes each, read once."""
    records = EvidenceRecord.objects.filter(batch_id=batch_id).exclude(kind=Kind.RETRACTION)
    ids = records.order_by("person_id").values_list("person_id", flat=True).distinct()
    return array("q", ids.iterator(chunk_size=10_000))


@transaction.atomic
def _next_chunk(pk: int, people: "array[int]", at: datetime) -> BatchWithdrawal | None:
    """Withdraw the records of the next people; None when another worker has the row just now."""
    rows = BatchWithdrawal.objects.select_for_update(of=("self",), skip_locked=True)
    row = rows.filter(pk=pk).select_related("batch__source", "withdrawn_by").first()
    if row is None or row.finished_at is not None:
        return row
    last = WithdrawalStep.objects.filter(withdrawal=row).order_by("-cursor").first()
    start = bisect_right(people, last.cursor) if last else 0
    ids = people[start : start + CHUNK]
    if ids:
        _do_step(row, list(ids), at)
    if start + len(ids) == len(people):
        row.finished_at = at
        row.save(update_fields=["finished_at"])
        done = carried([row])[row.pk]
        record_act(by=None, at=at, action="batch_withdrawn", batch=str(row.batch.public_id), **done._asdict())
    return row


def _do_step(row: BatchWithdrawal, ids: list[int], at: datetime) -> None:
    people = lock_people(ids)
    found = _retract(row, ids, at)
    touched = [person for person in people if person.pk in found]
    changed = store_decisions(by=row.withdrawn_by, people=touched, cause=Cause.EVIDENCE, at=at) if touched else []
    told = _tell(row, touched, changed, at)
    WithdrawalStep.objects.create(
        withdrawal=row,
        cursor=ids[-1],
        done_at=at,
        records=sum(found.values()),
        people=len(touched),
        changed=len(changed),
        told=told,
    )


def _retract(row: BatchWithdrawal, ids: list[int], at: datetime) -> dict[int, int]:
    """Retract the people's records of the batch; return how many of each person."""
    by = row.withdrawn_by
    tables = {"evidence": EvidenceRecord._meta.db_table, "audit": AuditEntry._meta.db_table}
    given: dict[str, Any] = {
        "kind": Kind.RETRACTION.value,
        "at": at,
        "reason": row.reason,
        "by": by.pk if by else None,
        "label": by.username if by else row.batch.source.code,
        "batch": row.batch_id,
        "people": ids,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RETRACT.format(**tables), given)
        return dict(cursor.fetchall())


def _tell(row: BatchWithdrawal, touched: list[Person], changed: list[DecisionRecord], at: datetime) -> int:
    """Tell everyone touched, those whose colour turned by the message of the turn; return how many hear of it."""
    keys = [f"colour:{decision.public_id}" for decision in changed]
    turned = set(Outbox.objects.filter(dedupe_key__in=keys).values_list("person_id", flat=True))
    holders = [person for person in touched if person.applied_at is not None]
    announce(
        rows=[
            message_for(
                person=person, topic=Topic.RECORDS_WITHDRAWN, key=f"withdrawn:{row.pk}:{person.public_id}", at=at
            )
            for person in holders
            if person.pk not in turned
        ]
    )
    return len(holders)


def carried(withdrawals: list[BatchWithdrawal]) -> Mapping[int, Carried]:
    """Return what these withdrawals did so far, by their ids; one query."""
    found = dict.fromkeys((row.pk for row in withdrawals), Carried(0, 0, 0, 0))
    steps = WithdrawalStep.objects.filter(withdrawal__in=list(found)).order_by("pk")
    for pk, *counts in steps.values_list("withdrawal_id", *Carried._fields):
        found[pk] = Carried(*(a + b for a, b in zip(found[pk], counts, strict=True)))
    return found


def preview_withdrawal(*, batch: EvidenceBatch, at: datetime) -> WithdrawalPreview:
    """Return what withdrawing ``batch`` would do. Writes nothing. Raises ``NoRuleSet``."""
    records = EvidenceRecord.objects.filter(batch=batch)
    final = records.filter(kind=Kind.RETRACTION).count()
    facts = records.exclude(kind=Kind.RETRACTION)
    withdrawn = facts.filter(retractions__isnull=False).count()
    left = facts.filter(retractions__isnull=True)
    people = left.values("person_id").distinct().count()
    ids = list(left.order_by("person_id").values_list("person_id", flat=True).distinct()[:PREVIEWED])
    turns = _turns(batch, ids, at)
    return WithdrawalPreview(left.count(), withdrawn, final, people, len(ids), turns)


def _turns(batch: EvidenceBatch, ids: list[int], at: datetime) -> Mapping[tuple[Colour | None, Colour], int]:
    named = EvidenceRecord.objects.filter(batch=batch, person_id__in=ids).exclude(kind=Kind.RETRACTION)
    without = {str(public_id) for public_id in named.values_list("public_id", flat=True)}
    now = colours_now(person_ids=ids, at=at)
    counted: dict[tuple[Colour | None, Colour], int] = {}
    for person_id, decision in decide_without(ids, without, at).items():
        turn = (now.get(person_id), decision.colour)
        counted[turn] = counted.get(turn, 0) + (turn[0] is not turn[1])
    return {turn: number for turn, number in counted.items() if number}
