"""Decisions: what colour, why, until when. Append-only; exactly one current per person (赋码)."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from healthcode.domain.cases import read_segment
from healthcode.domain.colours import Colour
from healthcode.domain.decide import Segment, segment_at
from healthcode.domain.instants import to_china
from healthcode.models.fields import append_only, one_of, word_field


class Cause(StrEnum):
    """What led to a decision."""

    APPLICATION = "application"
    EVIDENCE = "evidence"
    AREAS = "areas"
    RULESET = "ruleset"
    CONVERSION = "conversion"


class Recolouring(models.Model):
    """A change of areas or rules that has to reach the people it touches. Its id orders such changes.

    Until ``finished_at`` is set, a decision made under an older one is not believed when it is read.
    """

    cause = word_field(Cause)
    effective_at = models.DateTimeField()
    counties = models.JSONField(default=list)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    cursor = models.BigIntegerField(default=0)
    touched = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [one_of("cause", Cause)]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(finished_at__isnull=True), name="recolouring_unfinished")
        ]

    def __str__(self) -> str:
        return f"{self.cause} {self.pk}"


class DecisionQuerySet(models.QuerySet["DecisionRecord"]):
    """Filters of decisions."""

    def current(self) -> "DecisionQuerySet":
        """Keep the one decision per person that holds."""
        return self.filter(superseded_at__isnull=True)

    def due(self, at: datetime) -> "DecisionQuerySet":
        """Keep the current decisions whose colour has changed by itself at ``at``."""
        return self.current().filter(changes_at__lte=at)

    def with_staleness(self) -> "DecisionQuerySet":
        """Say with each row whether an unfinished recolouring is newer than it (``is_stale``)."""
        newer = Recolouring.objects.filter(finished_at__isnull=True, id__gt=OuterRef("recolouring"))
        return self.annotate(is_stale=Exists(newer))


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

    def segment_at(self, at: datetime) -> Segment:
        """Return what holds at ``at``, exact whether or not the sweep has come."""
        segments = self.segments()
        # Clocks of two machines differ a little: an instant just before the decision is its first.
        return segment_at(segments, max(to_china(at), segments[0].begins))
