"""Recolouring: carrying a change of areas or rules to the people it touches (N1.2, N1.4, N3.1).

The change and its ``Recolouring`` row commit together, and from that instant readers believe no older decision. Here
the people are decided anew, batch by batch; a killed worker's successor goes on behind the last finished batch.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from healthcode.domain.evidence import Kind
from healthcode.models import Account, Cause, EvidenceRecord, Person, Recolouring
from healthcode.services.audit import record_act
from healthcode.services.decisions import exclude_deciders, lock_people, store_decisions

BATCH = 1_000

Progress = Callable[[int, int], None]


def start_recolouring(
    *, by: Account | None, cause: Cause, counties: Iterable[str], effective_at: datetime, at: datetime
) -> Recolouring:
    """Announce a change, in the transaction that makes it and as its last act; return the row.

    Waits for decisions under way and holds up new ones until the commit. So decisions made under the old areas are all
    there to be found when ``run_recolouring`` looks, and the ids of such rows grow in the order of their commits.
    ``counties`` (six digits) are those touched; a change of the rule set touches everybody.
    """
    exclude_deciders()
    return Recolouring.objects.create(
        cause=cause, counties=sorted(set(counties)), effective_at=effective_at, created_at=at, created_by=by
    )


def run_recolouring(
    *, at: datetime, recolouring_id: int | None = None, batch: int = BATCH, progress: Progress | None = None
) -> Recolouring | None:
    """Carry out one recolouring to its end and return it: the named one, or the oldest that nobody works on.

    None: nothing is left to do, or others are doing it. Each batch is one transaction that holds the row, so several
    workers and a restart after ``kill -9`` decide everyone once. ``progress`` is told how many people are done, and of
    how many. Raises ``NoRuleSet``, ``Recolouring.DoesNotExist``.
    """
    chosen = Recolouring.objects.get(pk=recolouring_id) if recolouring_id else _unclaimed()
    if chosen is None or chosen.finished_at is not None or not Recolouring.objects.enacted().filter(pk=chosen.pk):
        return chosen
    people = _people_touched(chosen)
    while chosen is not None and chosen.finished_at is None:
        chosen = _next_batch(chosen.pk, people, at=at, batch=batch, wait=recolouring_id is not None)
        if chosen is not None and progress is not None:
            progress(bisect_right(people, chosen.cursor), len(people))
    return chosen


def _unclaimed() -> Recolouring | None:
    with transaction.atomic():
        unfinished = Recolouring.objects.enacted().filter(finished_at__isnull=True).order_by("pk")
        return unfinished.select_for_update(skip_locked=True, of=("self",)).first()


def _people_touched(recolouring: Recolouring) -> "array[int]":
    """Return the ids of the people still to do, in order: eight bytes each, read once.

    Who comes later need not be here: a decision made after the change has seen it.
    """
    if recolouring.cause == Cause.RULESET:
        everybody = Person.objects.filter(pk__gt=recolouring.cursor).order_by("pk")
        return array("q", everybody.values_list("pk", flat=True).iterator(chunk_size=10_000))
    places = Q()
    for county in recolouring.counties:
        # A range and not LIKE: a plain index answers it under every collation.
        places |= Q(place__gte=county, place__lt=f"{int(county) + 1:06d}")
    if not places:
        return array("q")
    stays = EvidenceRecord.objects.filter(places, kind=Kind.AREA_STAY, person_id__gt=recolouring.cursor)
    ids = stays.order_by("person_id").values_list("person_id", flat=True).distinct()
    return array("q", ids.iterator(chunk_size=10_000))


@transaction.atomic
def _next_batch(pk: int, people: "array[int]", *, at: datetime, batch: int, wait: bool) -> Recolouring | None:
    """Decide the next people behind the cursor; None when another worker has the row just now."""
    row = Recolouring.objects.select_for_update(of=("self",), skip_locked=not wait).filter(pk=pk).first()
    if row is None or row.finished_at is not None:
        return row
    start = bisect_right(people, row.cursor)
    ids = people[start : start + batch]
    if ids:
        changed = store_decisions(by=None, people=lock_people(ids), cause=Cause(row.cause), at=at)
        row.cursor = ids[-1]
        row.touched += len(ids)
        row.changed += len(changed)
    if start + len(ids) == len(people):
        row.finished_at = at
        record_act(by=None, at=at, action="recolour", recolouring=pk, touched=row.touched, changed=row.changed)
    row.save(update_fields=["cursor", "touched", "changed", "finished_at"])
    return row
