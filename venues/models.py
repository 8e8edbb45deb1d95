"""Venues, their guards and devices, and every scan at their gates, failed ones too."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from healthcode.domain.colours import Colour
from healthcode.domain.tokens import Kind, Reason, Verdict
from healthcode.models.fields import DIVISION_LENGTH, append_only, one_of, word_field
from venues.domain.policy import Category

# How long a scan is kept. The database refuses to delete a younger one.
RETENTION_DAYS = 28
# The kinds of code as they are stored: words.
KIND_WORDS = tuple(kind.name.lower() for kind in Kind)
# What a gate without a network may have shown its guard: a verdict, or why there was none.
SHOWN_WORDS = tuple(word.value for word in (*Verdict, *Reason) if word is not Reason.OK)


class Venue(models.Model):
    """A place with a gate. ``takes_once``: one screen code lets in once here, as a ticket would."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=96)
    category = word_field(Category)
    division = models.CharField(max_length=DIVISION_LENGTH)
    takes_once = models.BooleanField(default=False)
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

    def is_open(self, at: datetime) -> bool:
        """Tell whether codes are verified here at ``at``."""
        return self.opened_at <= at and (self.closed_at is None or at < self.closed_at)


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


class Device(models.Model):
    """A machine that verifies codes at one venue by itself: a turnstile, a reader, a ticket hall's terminal.

    Of its key only the SHA-256 is kept: the key is 32 random bytes, so a plain digest gives nothing away. A new key
    replaces the old one. ``last_seen_at`` is exact to the minute.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="devices")
    name = models.CharField(max_length=96)
    key_digest = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    suspended_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["venue", "name"], name="device_name_in_venue"),
            models.CheckConstraint(
                condition=Q(suspended_at__isnull=True) | Q(suspended_at__gte=F("made_at")), name="device_made_suspended"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} @ {self.venue_id}"


class ScanQuerySet(models.QuerySet["Scan"]):
    """Filters of scans."""

    def at_venue_since(self, venue: Venue, since: datetime) -> "ScanQuerySet":
        """Keep the scans of one venue from an instant on."""
        return self.filter(venue=venue, scanned_at__gte=since)

    def of_code(self, digest: bytes, since: datetime) -> "ScanQuerySet":
        """Keep the scans from an instant on at which this very code was good."""
        return self.filter(cti_digest=digest, reason=Reason.OK, scanned_at__gte=since)


class Scan(models.Model):
    """One verification at a gate (验码). Append-only. It is no evidence and can never change a colour.

    ``nonce`` makes a retry harmless: the same guard or device and nonce are the same scan. ``code_age`` is in seconds.
    ``cti_digest`` is keyed and says of two scans that they saw the same code, nothing else. ``shown`` is what a gate
    without a network answered by itself; the other columns are then the server's judgement of the code as it was.
    Retention: 28 days.
    """

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="scans")
    guard = models.ForeignKey(Guard, on_delete=models.PROTECT, null=True, related_name="scans")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="scans")
    nonce = models.UUIDField()
    scanned_at = models.DateTimeField()
    received_at = models.DateTimeField()
    shown = models.CharField(max_length=16, blank=True)
    reason = word_field(Reason)
    verdict = models.CharField(max_length=16, blank=True)
    colour = models.CharField(max_length=8, blank=True)
    condition = models.CharField(max_length=32, blank=True)
    clause = models.CharField(max_length=8, blank=True)
    person = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, null=True, related_name="scans")
    kind = models.CharField(max_length=16, blank=True)
    code_age = models.IntegerField(null=True)
    cti_digest = models.BinaryField(max_length=16, null=True)

    objects: ClassVar = ScanQuerySet.as_manager()

    class Meta:
        triggers: ClassVar = append_only(kept=("received_at", RETENTION_DAYS))
        constraints: ClassVar = [
            one_of("reason", Reason),
            one_of("verdict", Verdict, blank=True),
            one_of("colour", Colour, blank=True),
            models.CheckConstraint(condition=Q(kind__in=["", *KIND_WORDS]), name="scan_kind_word"),
            models.CheckConstraint(condition=Q(shown__in=["", *SHOWN_WORDS]), name="scan_shown_word"),
            models.UniqueConstraint(fields=["guard", "nonce"], name="scan_once_per_nonce"),
            models.UniqueConstraint(fields=["device", "nonce"], name="scan_once_per_device_nonce"),
            models.CheckConstraint(
                condition=Q(guard__isnull=False, device__isnull=True) | Q(guard__isnull=True, device__isnull=False),
                name="scan_by_guard_or_device",
            ),
            models.CheckConstraint(
                condition=Q(reason=Reason.OK.value, person__isnull=False) & ~Q(verdict="")
                | ~Q(reason=Reason.OK.value) & Q(verdict="", colour=""),
                name="scan_verdict_only_when_ok",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["venue", "-scanned_at"], name="scan_venue_at"),
            # Looked for within the minutes a code lives; failed scans are never looked for.
            models.Index(fields=["cti_digest", "-scanned_at"], name="scan_of_code", condition=Q(reason="ok")),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.verdict}"
