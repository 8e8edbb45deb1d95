"""Audit entries, the outbox and the on-screen inbox of the demo."""

import uuid
from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Q

from healthcode.models.fields import append_only
from healthcode.models.vault import vault


class AuditEntry(models.Model):
    """Who did what to whom, when and why. ``actor`` empty: the system itself, named in ``actor_label``.

    Retention: until the sunset of the epidemic (N4.3); detail names records by their public ids only.
    """

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField(max_length=64)
    action = models.CharField(max_length=48)
    # Found by ``audit_person_at``; an index of its own would cost every writer and serve nobody.
    person = models.ForeignKey(
        "healthcode.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    detail = models.JSONField(default=dict)
    reason = models.CharField(max_length=256, blank=True)

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(actor_label=""), name="audit_actor_named"),
            models.CheckConstraint(condition=~Q(action=""), name="audit_action_named"),
        ]
        indexes: ClassVar = [models.Index(fields=["person", "-at"], name="audit_person_at")]

    def __str__(self) -> str:
        return f"{self.action} {self.actor_label}"


class Topic(StrEnum):
    """What an outbox row tells, and so which words it becomes and which app sweeps it."""

    CODE_ISSUED = "code_issued"
    COLOUR_CHANGED = "colour_changed"
    ISOLATION_ENDING = "isolation_ending"
    ISOLATION_TURNED = "isolation_turned"
    NEWS = "news"
    ORDERED = "ordered"
    PAPER_ENDED = "paper_ended"
    RECORDS_WITHDRAWN = "records_withdrawn"


class Outbox(models.Model):
    """A message that must go out exactly because the transaction that wrote it was committed.

    Holds no words and no phone. Retention: until the sunset of the epidemic (N4.3).
    """

    topic = models.CharField(max_length=32)
    person = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, null=True, related_name="+")
    params = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=96, unique=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=128, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"], condition=Q(sent_at__isnull=True, failed_at__isnull=True), name="outbox_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"


class InboxMessage(models.Model):
    """A text message shown on screen instead of being sent (demonstration only). Retention: 30 days."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phone_sealed = models.BinaryField()
    phone_index = models.BinaryField(max_length=32, db_index=True)
    text_sealed = models.BinaryField()
    received_at = models.DateTimeField(db_index=True)
    reference = models.CharField(max_length=96, unique=True)

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def phone(self) -> str:
        """Return the phone in E.164."""
        return vault().open(self.phone_sealed, "inbox.phone")

    @property
    def text(self) -> str:
        """Return the message."""
        return vault().open(self.text_sealed, "inbox.text")
