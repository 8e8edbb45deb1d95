"""Area designations with their history, and the published snapshots they come from (N1.2, N1.4)."""

import uuid
from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from healthcode.domain.colours import Level
from healthcode.domain.evidence import Designation
from healthcode.domain.instants import to_china
from healthcode.models.fields import DIVISION_LENGTH, append_only, one_of, word_field


class AreaChangeKind(StrEnum):
    """What a snapshot did to a place."""

    STARTED = "started"
    RAISED = "raised"
    LOWERED = "lowered"
    REDRAWN = "redrawn"
    ENDED = "ended"


class AreaSnapshot(models.Model):
    """One published list of risk areas, as of ``taken_at``."""

    taken_at = models.DateTimeField(unique=True)
    fingerprint = models.CharField(max_length=64)
    file_name = models.CharField(max_length=128)
    listed = models.PositiveIntegerField()
    unmapped = models.PositiveIntegerField()
    loaded_at = models.DateTimeField()
    loaded_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.taken_at:%Y-%m-%d %H:%M}"


class AreaDesignationQuerySet(models.QuerySet["AreaDesignation"]):
    """Filters of designations."""

    def open(self) -> "AreaDesignationQuerySet":
        """Keep the designations that have no end."""
        return self.filter(valid_until__isnull=True)

    def touching(self, places: set[str]) -> "AreaDesignationQuerySet":
        """Keep what may concern a stay at one of ``places``: the same county, which is all that rules compare."""
        return self.filter(county__in={place[:6] for place in places})


class AreaDesignation(models.Model):
    """A place at risk (风险地区) in ``[valid_from, valid_until)``. Ending it is the one change it may see.

    ``outbreak`` exists only with the health commission's assessment and the leading group's consent, by two
    people (N1.4).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    level = word_field(Level)
    code = models.CharField(max_length=DIVISION_LENGTH)
    county = models.CharField(max_length=6)
    name = models.CharField(max_length=160)
    communities = models.JSONField(default=list)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    end_recorded_at = models.DateTimeField(null=True)
    snapshot = models.ForeignKey(AreaSnapshot, on_delete=models.PROTECT, null=True, related_name="designations")
    document = models.CharField(max_length=96, blank=True)
    assessed_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    assessed_at = models.DateTimeField(null=True)
    consented_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    consented_at = models.DateTimeField(null=True)

    objects: ClassVar = AreaDesignationQuerySet.as_manager()

    class Meta:
        triggers: ClassVar = append_only(except_for=("valid_until", "end_recorded_at"))
        constraints: ClassVar = [
            one_of("level", Level),
            models.CheckConstraint(condition=Q(code__regex=r"^\d{6}(\d{3}){0,2}$"), name="area_code_form"),
            models.CheckConstraint(condition=Q(code__startswith=F("county")), name="area_county_of_code"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")), name="area_from_until"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True, end_recorded_at__isnull=True)
                | Q(valid_until__isnull=False, end_recorded_at__isnull=False),
                name="area_end_is_recorded",
            ),
            models.CheckConstraint(
                condition=~Q(level=Level.OUTBREAK.value)
                | (
                    Q(assessed_by__isnull=False, assessed_at__isnull=False)
                    & Q(consented_by__isnull=False, consented_at__isnull=False)
                    & ~Q(assessed_by=F("consented_by"))
                    & ~Q(document="")
                ),
                name="area_outbreak_needs_two_approvals",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["county"], name="area_county")]

    def __str__(self) -> str:
        return f"{self.name} {self.level}"

    def as_domain(self) -> Designation:
        """Return the designation as the rules take it."""
        return Designation(
            id=str(self.public_id),
            level=Level(self.level),
            code=self.code,
            valid_from=to_china(self.valid_from),
            valid_until=to_china(self.valid_until) if self.valid_until else None,
            communities=frozenset(self.communities),
        )


class AreaChange(models.Model):
    """What one snapshot did to one place; the history that people see."""

    snapshot = models.ForeignKey(AreaSnapshot, on_delete=models.PROTECT, related_name="changes")
    change = word_field(AreaChangeKind)
    code = models.CharField(max_length=DIVISION_LENGTH)
    name = models.CharField(max_length=160)
    before = models.CharField(max_length=16, blank=True)
    after = models.CharField(max_length=16, blank=True)

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [one_of("change", AreaChangeKind)]

    def __str__(self) -> str:
        return f"{self.name} {self.change}"
