"""Recolouring: carrying a change of areas or rules to the people it touches (N1.2, N1.4, N3.1).

The change and its ``Recolouring`` row commit together, and from that instant readers believe no older decision. Here
the people are decided anew. They are found once and parted into batches, urgent ones first; a batch is a row that
its worker holds, so any number of workers share the work, and what a killed one held is taken by the next.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, FilteredRelation, Q, QuerySet, Value, When
from django.db.models.functions import Now

from healthcode.access import check_can_steer_recolouring
from healthcode.domain.colours import Colour
from healthcode.domain.evidence import Kind
from healthcode.models import Account, Cause, EvidenceRecord, Person, Recolouring, RecolouringBatch
from healthcode.services.audit import Act, record_act, record_acts
from healthcode.services.collector import collector_resting
from healthcode.services.decisions import exclude_deciders, lock_people, store_decisions
from healthcode.services.errors import Refused

BATCH = 2_000
# So many batches are written down at once while the people are being found.
_WRITTEN = 50

# The last batches tell how fast it goes now; those before a stop would not.
_PACED_BY = 20

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
    """Work on one recolouring until nothing of it is left to take, and return it: the named one, or the oldest
    that there is something to do of.

    None: nothing is left to do, or others are doing it. Each batch is one transaction, so several workers and a
    restart after ``kill -9`` decide everyone once. ``progress`` is told how many people are done, and of how many.
    Raises ``NoRuleSet``, ``Recolouring.DoesNotExist``.
    """
    if recolouring_id is not None:
        _carry_on(recolouring_id, at=at, batch=batch, progress=progress)
        return Recolouring.objects.get(pk=recolouring_id)
    unfinished = Recolouring.objects.workable().order_by("pk").values_list("pk", flat=True)
    for pk in list(unfinished):
        if _carry_on(pk, at=at, batch=batch, progress=progress):
            return Recolouring.objects.get(pk=pk)
    return None


def _carry_on(pk: int, *, at: datetime, batch: int, progress: Progress | None) -> bool:
    """Plan unless that is done, and decide batch by batch; tell whether any of it was ours to do."""
    if not _plan(pk, at=at, batch=batch):
        return False
    worked = Recolouring.objects.filter(pk=pk, finished_at__isnull=False).exists()
    while _next_batch(pk, at=at):
        worked = True
        if progress is not None:
            progress(*Recolouring.objects.values_list("touched", "people").get(pk=pk))
    return worked


@transaction.atomic
def _plan(pk: int, *, at: datetime, batch: int) -> bool:
    """Part the people into batches unless that is done; False while another worker is at it, or nobody may begin.

    Who comes later need not be among them: a decision made after the change has seen it.
    """
    row = Recolouring.objects.workable().select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if row is None:
        # A batch that is being counted holds the row as well; then the plan is there.
        return Recolouring.objects.workable().filter(pk=pk, planned_at__isnull=False).exists()
    if row.planned_at is not None:
        return True
    made: list[RecolouringBatch] = []
    for number, ids in enumerate(_parts(_people_touched(row), batch)):
        made.append(RecolouringBatch(recolouring=row, number=number, size=len(ids), members=ids.tobytes()))
        row.people += len(ids)
        if len(made) == _WRITTEN:
            RecolouringBatch.objects.bulk_create(made)
            made.clear()
    RecolouringBatch.objects.bulk_create(made)
    Recolouring.objects.filter(pk=pk).update(people=row.people, planned_at=Now())
    if not row.people:
        _finish(pk, at)
    return True


def _people_touched(recolouring: Recolouring) -> "QuerySet[Person, int]":
    """Return the keys of the people the change may concern, found by index, urgent ones first.

    Only who is not green may turn green, and only who is not red may turn red: the colour that holds says who is
    urgent, before anybody is decided.
    """
    people = Person.objects.annotate(
        holding=FilteredRelation("decisions", condition=Q(decisions__superseded_at__isnull=True))
    )
    if recolouring.cause != Cause.RULESET:
        people = people.filter(pk__in=_who_stayed(recolouring.counties))
    rank = Case(
        When(holding__colour=Colour.RED.value, then=Value(0)),
        When(holding__colour=Colour.YELLOW.value, then=Value(1)),
        default=Value(2),
    )
    urgent = rank.asc() if settings.HC_RECOLOUR_FIRST == Colour.GREEN else rank.desc()
    return people.order_by(urgent, "pk").values_list("pk", flat=True)


def _who_stayed(counties: Iterable[str]) -> "QuerySet[EvidenceRecord, int]":
    places = Q(pk__in=())
    for county in counties:
        # A range and not LIKE: a plain index answers it under every collation.
        places |= Q(place__gte=county, place__lt=f"{int(county) + 1:06d}")
    return EvidenceRecord.objects.filter(places, kind=Kind.AREA_STAY).values_list("person_id", flat=True)


def _parts(people: "QuerySet[Person, int]", size: int) -> Iterator["array[int]"]:
    part = array("q")
    for person_id in people.iterator(chunk_size=10_000):
        part.append(person_id)
        if len(part) == size:
            yield part
            part = array("q")
    if part:
        yield part


@collector_resting()
@transaction.atomic
def _next_batch(pk: int, *, at: datetime) -> bool:
    """Decide the first batch that nobody holds; False when there is none, or somebody has stopped the work."""
    free = RecolouringBatch.objects.filter(recolouring=pk, recolouring__stopped_at__isnull=True, done_at__isnull=True)
    part = free.order_by("number").select_for_update(of=("self",), skip_locked=True).first()
    if part is None:
        return False
    cause = Cause(Recolouring.objects.values_list("cause", flat=True).get(pk=pk))
    people = lock_people(array("q", bytes(part.members)), "pk")
    part.changed = len(store_decisions(by=None, people=people, cause=cause, at=at))
    # Waits for whoever is stopping the work just now: then nothing of this batch is kept.
    going_on = Recolouring.objects.filter(pk=pk, stopped_at__isnull=True)
    if not going_on.update(touched=F("touched") + part.size, changed=F("changed") + part.changed):
        transaction.set_rollback(True)
        return False
    RecolouringBatch.objects.filter(pk=part.pk).update(done_at=Now(), members=b"", changed=part.changed)
    # The row counted in is held until the commit: who comes second sees what the first has done.
    if not RecolouringBatch.objects.filter(recolouring=pk, done_at__isnull=True).exists():
        _finish(pk, at)
    return True


def _finish(pk: int, at: datetime) -> None:
    """Write down that everybody has been decided: from now on decisions are believed again."""
    Recolouring.objects.filter(pk=pk).update(finished_at=at)
    row = Recolouring.objects.get(pk=pk)
    record_act(by=None, at=at, action="recolour", recolouring=pk, touched=row.touched, changed=row.changed)


@transaction.atomic
def stop_recolouring(*, by: Account, recolouring: Recolouring, reason: str, at: datetime) -> Recolouring:
    """Stop the work before the next batch is committed; what is decided stays, and reading stays right.

    For the provincial office. Raises ``NotPermitted``; ``Refused``: ``reason_required``, ``recolouring_finished``,
    ``recolouring_stopped``.
    """
    check_can_steer_recolouring(by)
    if not reason.strip():
        raise Refused("reason_required")
    row = _unfinished(recolouring)
    if row.stopped_at is not None:
        raise Refused("recolouring_stopped")
    row.stopped_at, row.stopped_by, row.stop_reason = at, by, reason.strip()
    return _steered(row, by=by, action="stop_recolouring", reason=row.stop_reason, at=at)


@transaction.atomic
def resume_recolouring(*, by: Account, recolouring: Recolouring, reason: str, at: datetime) -> Recolouring:
    """Let a stopped recolouring go on with the first batch that is not done.

    For the provincial office. Raises ``NotPermitted``; ``Refused``: ``reason_required``, ``recolouring_finished``,
    ``recolouring_not_stopped``.
    """
    check_can_steer_recolouring(by)
    if not reason.strip():
        raise Refused("reason_required")
    row = _unfinished(recolouring)
    if row.stopped_at is None:
        raise Refused("recolouring_not_stopped")
    row.stopped_at, row.stopped_by, row.stop_reason = None, None, ""
    return _steered(row, by=by, action="resume_recolouring", reason=reason.strip(), at=at)


def people_a_second(recolouring: Recolouring) -> float | None:
    """Return how fast people are being decided, by the clock of the database; None until two batches are done."""
    done = recolouring.batches.filter(done_at__isnull=False).order_by("-done_at").values_list("done_at", "size")
    last = [(done_at, size) for done_at, size in done[:_PACED_BY] if done_at]
    seconds = (last[0][0] - last[-1][0]).total_seconds() if last else 0
    # The first of them only says when the others began.
    return sum(size for _done_at, size in last[:-1]) / seconds if seconds else None


def _unfinished(recolouring: Recolouring) -> Recolouring:
    row = Recolouring.objects.select_for_update(of=("self",)).get(pk=recolouring.pk)
    if row.finished_at is not None:
        raise Refused("recolouring_finished")
    return row


def _steered(row: Recolouring, *, by: Account, action: str, reason: str, at: datetime) -> Recolouring:
    row.save(update_fields=["stopped_at", "stopped_by", "stop_reason"])
    detail = {"recolouring": row.pk, "touched": row.touched, "people": row.people}
    record_acts(by=by, at=at, acts=[Act(action, None, detail, reason)])
    return row
