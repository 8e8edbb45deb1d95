"""Decisions: what colour, why, until when. Append-only; exactly one current per person (赋码)."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Least

from healthcode.domain.cases import read_segment
from healthcode.domain.colours import Colour
from healthcode.domain.decide import Segment, segment_at
from healthcode.domain.governance import RuleState
from healthcode.domain.instants import to_china
from healthcode.models.fields import append_only, one_of, word_field
from healthcode.models.rules import RuleSetVersion


class Cause(StrEnum):
    """What led to a decision."""

    APPLICATION = "application"
    EVIDENCE = "evidence"
    AREAS = "areas"
    RULESET = "ruleset"
    CONVERSION = "conversion"


class RecolouringQuerySet(models.QuerySet["Recolouring"]):
    """Filters of recolourings."""

    def enacted(self) -> "RecolouringQuerySet":
        """Leave out those whose rules are only scheduled: nobody is decided under rules that are not in force."""
        scheduled = RuleSetVersion.objects.filter(state=RuleState.SCHEDULED.value).values("valid_from")
        return self.exclude(cause=Cause.RULESET.value, effective_at__in=scheduled)

    def workable(self) -> "RecolouringQuerySet":
        """Keep those that have not reached everyone, that may begin, and that nobody has stopped."""
        return self.enacted().filter(finished_at__isnull=True, stopped_at__isnull=True)


class Recolouring(models.Model):
    """A change of areas or rules that has to reach the people it touches. Its id orders such changes.

    From ``effective_at`` until ``finished_at`` is set, a decision made under an older one is not believed when read,
    whether or not somebody has stopped the work meanwhile.
    """

    cause = word_field(Cause)
    effective_at = models.DateTimeField()
    counties = models.JSONField(default=list)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    # Set when the people are found and parted into batches: how many there are, all batches together.
    planned_at = models.DateTimeField(null=True)
    people = models.PositiveIntegerField(default=0)
    touched = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    stop_reason = models.CharField(max_length=256, blank=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar = RecolouringQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            one_of("cause", Cause),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True, stopped_by__isnull=True, stop_reason="")
                | (Q(stopped_at__isnull=False, stopped_by__isnull=False) & ~Q(stop_reason="")),
                name="recolouring_stop_is_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(finished_at__isnull=True), name="recolouring_unfinished")
        ]

    def __str__(self) -> str:
        return f"{self.cause} {self.pk}"


class RecolouringBatch(models.Model):
    """People whom a recolouring decides in one transaction; batches are done in the order of ``number``, urgent first.

    ``members`` are the people's keys, eight bytes each, and are emptied with ``done_at``, which is the database's own
    clock: what the rate is reckoned from. Retention: the keys until the batch is done, the rest holds no person.
    """

    recolouring = models.ForeignKey(Recolouring, on_delete=models.PROTECT, related_name="batches")
    number = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    members = models.BinaryField()
    done_at = models.DateTimeField(null=True)
    changed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["recolouring", "number"], name="recolouring_batch_number"),
            models.CheckConstraint(
                condition=(Q(done_at__isnull=True) & ~Q(members=b"")) | Q(done_at__isnull=False, members=b""),
                name="recolouring_batch_emptied_when_done",
            ),
            models.CheckConstraint(condition=Q(changed__lte=F("size")), name="recolouring_batch_changed_of_size"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["recolouring", "number"], condition=Q(done_at__isnull=True), name="recolouring_batch_to_do"
            )
        ]

    def __str__(self) -> str:
        return f"{self.recolouring_id} {self.number}"


def _newer_in_effect(at: datetime) -> Exists:
    unfinished = Recolouring.objects.filter(finished_at__isnull=True, effective_at__lte=at)
    return Exists(unfinished.filter(id__gt=OuterRef("recolouring")))


class DecisionQuerySet(models.QuerySet["DecisionRecord"]):
    """Filters of decisions."""

    def current(self) -> "DecisionQuerySet":
        """Keep the one decision per person that holds."""
        return self.filter(superseded_at__isnull=True)

    def due(self, at: datetime) -> "DecisionQuerySet":
        """Keep the current decisions whose colour has changed by itself at ``at``."""
        return self.current().filter(changes_at__lte=at)

    def with_staleness(self) -> "DecisionQuerySet":
        """Say with each row from when on it is not believed (``stale_from``, None: always believed).

        That is when the first unfinished recolouring newer than it takes effect, or its own rule set ends.
        """
        newer = Recolouring.objects.filter(finished_at__isnull=True, id__gt=OuterRef("recolouring"))
        first = newer.order_by("effective_at").values("effective_at")[:1]
        # PostgreSQL's LEAST passes over NULL: a scheduled end of the rules counts beside a recolouring and alone.
        return self.annotate(stale_from=Least(Subquery(first), F("ruleset__valid_until")))

    def believed(self, at: datetime) -> "DecisionQuerySet":
        """Leave out the decisions that are not believed at ``at``: what is read in sets has to wait for those."""
        return self.exclude(_newer_in_effect(at)).exclude(ruleset__valid_until__lte=at)

    def convertible(self, at: datetime) -> "DecisionQuerySet":
        """Keep the decisions due at ``at`` whose timeline is still right at the instant of their change.

        What an unfinished recolouring in effect concerns, or changes after its rule set has ended, is decided anew.
        """
        return self.due(at).exclude(_newer_in_effect(at)).exclude(ruleset__valid_until__lte=F("changes_at"))


class DecisionRecord(models.Model):
    """One decision on one person's colour, with its grounds, rule set and whole timeline.

    Nobody writes ``colour`` but the service that stores what ``decide()`` decided.
    Retention: until the sunset of the epidemic (N4.3).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, related_name="decisions")
    colour = word_field(Colour)
    grounds = models.JSONField(default=list)
    timeline = models.JSONField(default=list)
    ruleset = models.ForeignKey("healthcode.RuleSetVersion", on_delete=models.PROTECT, related_name="+")
    cause = word_field(Cause)
    at = models.DateTimeField()
    decided_at = models.DateTimeField()
    changes_at = models.DateTimeField(null=True)
    becomes = models.CharField(max_length=8, blank=True)
    # The newest recolouring this decision has taken into account; 0 when there was none.
    recolouring = models.BigIntegerField(default=0)
    superseded_at = models.DateTimeField(null=True)

    objects: ClassVar = DecisionQuerySet.as_manager()

    class Meta:
        triggers: ClassVar = append_only(except_for=("superseded_at",))
        constraints: ClassVar = [
            one_of("colour", Colour),
            one_of("becomes", Colour, blank=True),
            one_of("cause", Cause),
            models.UniqueConstraint(
                fields=["person"], condition=Q(superseded_at__isnull=True), name="decision_one_current"
            ),
            models.CheckConstraint(
                condition=Q(changes_at__isnull=True, becomes="")
                | (Q(changes_at__isnull=False, changes_at__gt=F("at")) & ~Q(becomes="") & ~Q(becomes=F("colour"))),
                name="decision_change_is_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["person", "-at"], name="decision_person_at"),
            # The red ones, whose isolation is managed: few among all that hold.
            models.Index(
                fields=["id"], condition=Q(superseded_at__isnull=True, colour=Colour.RED.value), name="decision_red"
            ),
            models.Index(
                fields=["changes_at"],
                condition=Q(superseded_at__isnull=True, changes_at__isnull=False),
                name="decision_due",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    def segments(self) -> tuple[Segment, ...]:
        """Return the timeline as the rules print it."""
        return tuple(read_segment(item) for item in self.timeline)

    def is_stale(self, at: datetime) -> bool:
        """Tell whether the row, read ``with_staleness``, is not to be believed at ``at``."""
        stale_from: datetime | None = getattr(self, "stale_from", None)
        return stale_from is not None and stale_from <= at

    def segment_at(self, at: datetime) -> Segment:
        """Return what holds at ``at``, exact whether or not the sweep has come."""
        segments = self.segments()
        # Clocks of two machines differ a little: an instant just before the decision is its first.
        return segment_at(segments, max(to_china(at), segments[0].begins))
