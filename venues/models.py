"""Venues, their guards, and every scan at their gates, failed ones too."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from healthcode.domain.colours import Colour
from healthcode.domain.tokens import Reason, Verdict
from healthcode.models.fields import DIVISION_LENGTH, append_only, one_of, word_field
from venues.domain.policy import Category

# How long a scan is kept. The database refuses to delete a younger one.
RETENTION_DAYS = 28


class Venue(models.Model):
    """A place with a gate."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=96)
    category = word_field(Category)
    division = models.CharField(max_length=DIVISION_LENGTH)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("category", Category),
            models.UniqueConstraint(fields=["name", "division"], name="venue_name_in_division"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gt=F("opened_at")), name="venue_open_closed"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Guard(models.Model):
    """An account that verifies codes at one venue."""

    account = models.OneToOneField("healthcode.Account", on_delete=models.PROTECT, related_name="guard")
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="guards")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")), name="guard_from_until"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} @ {self.venue_id}"

    def is_on_duty(self, at: datetime) -> bool:
        """Tell whether the guard works here at ``at``."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


class ScanQuerySet(models.QuerySet["Scan"]):
    """Filters of scans."""

    def at_venue_since(self, venue: Venue, since: datetime) -> "ScanQuerySet":
        """Keep the scans of one venue from an instant on."""
        return self.filter(venue=venue, scanned_at__gte=since)


class Scan(models.Model):
    """One verification at a gate (验码). Append-only. It is no evidence and can never change a colour.

    ``nonce`` makes a retry harmless: the same guard and nonce are the same scan.
    ``code_age`` is in seconds. Retention: 28 days.
    """

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="scans")
    guard = models.ForeignKey(Guard, on_delete=models.PROTECT, related_name="scans")
    nonce = models.UUIDField()
    scanned_at = models.DateTimeField()
    received_at = models.DateTimeField()
    reason = word_field(Reason)
    verdict = models.CharField(max_length=16, blank=True)
    colour = models.CharField(max_length=8, blank=True)
    condition = models.CharField(max_length=32, blank=True)
    clause = models.CharField(max_length=8, blank=True)
    person = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, null=True, related_name="scans")
    code_age = models.IntegerField(null=True)

    objects: ClassVar = ScanQuerySet.as_manager()

    class Meta:
        triggers: ClassVar = append_only(kept=("received_at", RETENTION_DAYS))
        constraints: ClassVar = [
            one_of("reason", Reason),
            one_of("verdict", Verdict, blank=True),
            one_of("colour", Colour, blank=True),
            models.UniqueConstraint(fields=["guard", "nonce"], name="scan_once_per_nonce"),
            models.CheckConstraint(
                condition=Q(reason=Reason.OK.value, person__isnull=False) & ~Q(verdict="")
                | ~Q(reason=Reason.OK.value) & Q(verdict="", colour=""),
                name="scan_verdict_only_when_ok",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["venue", "-scanned_at"], name="scan_venue_at")]

    def __str__(self) -> str:
        return f"{self.reason} {self.verdict}"
