"""Withdrawing a whole batch of evidence: the act, and the steps in which it was carried out."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from healthcode.models.fields import append_only


class BatchWithdrawalQuerySet(models.QuerySet["BatchWithdrawal"]):
    """Filters of withdrawals."""

    def unfinished(self) -> "BatchWithdrawalQuerySet":
        """Keep those that have not reached everyone yet."""
        return self.filter(finished_at__isnull=True)

    def since(self, at: datetime) -> "BatchWithdrawalQuerySet":
        """Keep those ordered at ``at`` or later."""
        return self.filter(withdrawn_at__gte=at)


class BatchWithdrawal(models.Model):
    """One act that withdraws every record of a batch. It counts as a system error in the statistics.

    Append-only; being finished is said once.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.OneToOneField("healthcode.EvidenceBatch", on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.CharField(max_length=256)
    withdrawn_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar = BatchWithdrawalQuerySet.as_manager()

    class Meta:
        triggers: ClassVar = append_only(except_for=("finished_at",))
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="batch_withdrawal_reason_given"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=models.F("withdrawn_at")),
                name="batch_withdrawal_ends_after_it_began",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(finished_at__isnull=True), name="batch_withdrawal_open")
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class WithdrawalStep(models.Model):
    """What one transaction of a withdrawal did: the people up to ``cursor``, in the order of their ids."""

    withdrawal = models.ForeignKey(BatchWithdrawal, on_delete=models.PROTECT, related_name="steps")
    cursor = models.BigIntegerField()
    done_at = models.DateTimeField()
    records = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    told = models.PositiveIntegerField()

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [models.UniqueConstraint(fields=["withdrawal", "cursor"], name="withdrawal_step_once")]

    def __str__(self) -> str:
        return f"{self.withdrawal_id} {self.cursor}"
