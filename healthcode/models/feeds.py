"""Feeds of departments (N3.2): what is expected, the keys they sign with, what was delivered, what was late."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Greatest

from healthcode.models.evidence import EvidenceBatch, EvidenceRecord, Source
from healthcode.models.fields import append_only
from healthcode.models.persons import Person

KEPT_DAYS = 90
_ENDS = ("valid_until", "revoked_at", "revoked_by")
_SET_AT_END = ("finished_at", "recorded", "duplicates", "refused")


class FeedQuerySet(models.QuerySet["Feed"]):
    """Filters of feeds."""

    def with_last_received(self) -> "FeedQuerySet":
        """Say with each feed when a delivery or a file of its source came last (``last_received_at``, may be None)."""
        deliveries = Delivery.objects.filter(source=OuterRef("source"), finished_at__isnull=False)
        batches = EvidenceBatch.objects.filter(source=OuterRef("source"))
        return self.select_related("source").annotate(
            # PostgreSQL's GREATEST passes over NULL.
            last_received_at=Greatest(
                Subquery(deliveries.order_by("-received_at").values("received_at")[:1]),
                Subquery(batches.order_by("-received_at").values("received_at")[:1]),
            )
        )


class Feed(models.Model):
    """What is expected of one source. ``expected_every`` empty: it sends when it has something to say."""

    source = models.OneToOneField(Source, on_delete=models.PROTECT, related_name="feed")
    expected_every = models.DurationField(null=True)
    late_after = models.DurationField()
    watched_from = models.DateTimeField()

    objects: ClassVar = FeedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expected_every__isnull=True) | Q(expected_every__gt=timedelta()),
                name="feed_expected_every_positive",
            ),
            models.CheckConstraint(condition=Q(late_after__gt=timedelta()), name="feed_late_after_positive"),
        ]

    def __str__(self) -> str:
        return self.source.code


class SystemKeyQuerySet(models.QuerySet["SystemKey"]):
    """Filters of keys."""

    def usable(self, at: datetime) -> "SystemKeyQuerySet":
        """Keep the keys with which a source in use may sign at ``at``."""
        open_end = Q(valid_until__isnull=True) | Q(valid_until__gt=at)
        return self.filter(open_end, valid_from__lte=at, revoked_at__isnull=True, source__is_active=True)


class SystemKey(models.Model):
    """The public key of a department's system: what is signed with its other half comes from that system.

    The private half never leaves the department, so nobody here can sign in its name. Why one was revoked stands in the
    audit.
    """

    key_id = models.CharField(max_length=64, unique=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="keys")
    public_key = models.BinaryField(max_length=32, unique=True)
    label = models.CharField(max_length=96)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    registered_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar = SystemKeyQuerySet.as_manager()

    class Meta:
        # A key with a successor may still be revoked, so each column is closed by itself once it is set.
        triggers: ClassVar = [
            *append_only(except_for=_ENDS)[: -len(_ENDS)],
            *(
                pgtrigger.Protect(
                    name=f"{name}_once",
                    operation=pgtrigger.Update,
                    condition=pgtrigger.Q(
                        **{f"old__{name}__isnull": False, f"old__{name}__df": pgtrigger.F(f"new__{name}")}
                    ),
                )
                for name in _ENDS
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="systemkey_revoked_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")), name="systemkey_from_until"
            ),
        ]

    def __str__(self) -> str:
        return self.key_id


class Delivery(models.Model):
    """One signed request of a department's system. Its nonce is used once; the counts are set when the work is done.

    Retention: 90 days; names nobody.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.ForeignKey(SystemKey, on_delete=models.PROTECT, related_name="deliveries")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="deliveries")
    nonce = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    batch = models.ForeignKey(EvidenceBatch, on_delete=models.PROTECT, null=True, related_name="deliveries")
    recorded = models.PositiveIntegerField(null=True)
    duplicates = models.PositiveIntegerField(null=True)
    refused = models.PositiveIntegerField(null=True)

    class Meta:
        triggers: ClassVar = append_only(except_for=("batch", *_SET_AT_END), kept=("received_at", KEPT_DAYS))
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "nonce"], name="delivery_nonce_once"),
            models.CheckConstraint(condition=~Q(nonce=""), name="delivery_nonce_given"),
            models.CheckConstraint(
                condition=Q(*((f"{name}__isnull", True) for name in _SET_AT_END))
                | Q(*((f"{name}__isnull", False) for name in _SET_AT_END)),
                name="delivery_counts_are_whole",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["source", "-received_at"], name="delivery_source_received")]

    def __str__(self) -> str:
        return str(self.public_id)


class LateRecord(models.Model):
    """A record that came long after what it states, and the decision it led to (None: nothing changed).

    Retention: with the record, until the sunset of the epidemic (N4.3).
    """

    evidence = models.OneToOneField(EvidenceRecord, on_delete=models.PROTECT, related_name="lateness")
    delay = models.DurationField()
    allowed = models.DurationField()
    marked_at = models.DateTimeField()
    decision = models.ForeignKey(
        "healthcode.DecisionRecord", on_delete=models.PROTECT, null=True, related_name="late_records"
    )

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(delay__gt=F("allowed")), name="laterecord_delay_over_allowed")
        ]

    def __str__(self) -> str:
        return str(self.evidence)

    @property
    def person(self) -> Person:
        """Return whom the record is about. Needs ``evidence`` and its person loaded."""
        return self.evidence.person
