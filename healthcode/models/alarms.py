"""Alarms, and the batches they froze until two supervisors have said what becomes of them (the Henan pattern)."""

import uuid
from enum import StrEnum
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q

from healthcode.domain.anomalies import Anomaly
from healthcode.domain.evidence import Evidence
from healthcode.domain.held import read_record
from healthcode.models.fields import append_only, one_of, word_field


class Outcome(StrEnum):
    """What becomes of a frozen batch."""

    RELEASE = "release"
    REJECT = "reject"


class HeldBatch(models.Model):
    """A frozen batch of records, or a frozen control order. Nothing of it counts until it is released.

    One supervisor proposes an outcome with a reason, another confirms it or sends it back.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey("healthcode.Source", on_delete=models.PROTECT, null=True, related_name="+")
    batch = models.ForeignKey("healthcode.EvidenceBatch", on_delete=models.PROTECT, null=True, related_name="+")
    order = models.OneToOneField(
        "healthcode.ControlOrderRequest", on_delete=models.PROTECT, null=True, related_name="held"
    )
    received_at = models.DateTimeField()
    received_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    outcome = word_field(Outcome, blank=True)
    reason = models.CharField(max_length=256, blank=True)
    proposed_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        permissions: ClassVar = [("judge_heldbatch", "May say what becomes of a frozen batch")]
        triggers: ClassVar = [
            *(trigger for trigger in append_only() if trigger.name != "no_update"),
            # A proposal may be sent back; what two have confirmed stays.
            pgtrigger.Protect(
                name="no_update_once_confirmed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__confirmed_at__isnull=False),
            ),
        ]
        constraints: ClassVar = [
            one_of("outcome", Outcome, blank=True),
            models.CheckConstraint(
                condition=Q(source__isnull=False, order__isnull=True) | Q(source__isnull=True, order__isnull=False),
                name="held_is_records_or_order",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", reason="", proposed_by__isnull=True, proposed_at__isnull=True)
                | (~Q(outcome="") & ~Q(reason="") & Q(proposed_by__isnull=False, proposed_at__isnull=False)),
                name="held_proposal_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | (
                    Q(confirmed_by__isnull=False, confirmed_at__isnull=False, proposed_by__isnull=False)
                    & ~Q(confirmed_by=F("proposed_by"))
                ),
                name="held_needs_two_supervisors",
            ),
            models.CheckConstraint(
                condition=Q(received_by__isnull=True)
                | (
                    (Q(proposed_by__isnull=True) | ~Q(proposed_by=F("received_by")))
                    & (Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("received_by")))
                ),
                name="held_not_judged_by_its_author",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(confirmed_at__isnull=True), name="held_waiting"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_released(self) -> bool:
        """Tell whether two supervisors have released it."""
        return self.confirmed_at is not None and self.outcome == Outcome.RELEASE


class HeldRecord(models.Model):
    """One record of a frozen batch (quarantine). It is no evidence. Append-only.

    Retention: until the sunset of the epidemic (N4.3).
    """

    held = models.ForeignKey(HeldBatch, on_delete=models.PROTECT, related_name="records")
    person = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, related_name="+")
    source_ref = models.CharField(max_length=64, db_index=True)
    said = models.JSONField()

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["held", "source_ref"], name="held_one_per_source_ref"),
        ]

    def __str__(self) -> str:
        return self.source_ref

    def as_domain(self) -> Evidence:
        """Return the record as it came."""
        return read_record(self.said)


class Alarm(models.Model):
    """Something that looks like an abuse: what, how many, of how many. Append-only; names no person."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    anomaly = word_field(Anomaly)
    held = models.ForeignKey(HeldBatch, on_delete=models.PROTECT, null=True, related_name="alarms")
    unit = models.CharField(max_length=96)
    number = models.PositiveIntegerField()
    of = models.PositiveIntegerField()
    about = models.CharField(max_length=200, blank=True)
    raised_at = models.DateTimeField()

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [one_of("anomaly", Anomaly)]
        indexes: ClassVar = [models.Index(fields=["-raised_at"], name="alarm_raised")]

    def __str__(self) -> str:
        return f"{self.anomaly} {self.unit}"
