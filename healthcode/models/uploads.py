"""A department's file between its preview and its confirmation in the back office."""

import uuid
from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q

from healthcode.models.evidence import EvidenceBatch, Source

_OPEN = ("content_sealed", "preview_sealed", "preview_digest", "confirmed_at", "batch", "counts")


class EvidenceUploadQuerySet(models.QuerySet["EvidenceUpload"]):
    """Filters of uploads."""

    def over(self, at: datetime, kept_after: datetime) -> "EvidenceUploadQuerySet":
        """Keep those that expired unconfirmed by ``at``, and those confirmed before ``kept_after``."""
        return self.filter(Q(confirmed_at__isnull=True, expires_at__lte=at) | Q(confirmed_at__lt=kept_after))


class EvidenceUpload(models.Model):
    """A file that was uploaded and shown, and waits to be confirmed as it was shown; its content is sealed.

    Content and preview are destroyed when it is confirmed. Retention: an hour, or a day for the bare counts once it is
    confirmed.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=160)
    uploaded_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # SHA-256 of the content, and of what the preview says it would do.
    digest = models.CharField(max_length=64)
    preview_digest = models.CharField(max_length=64)
    content_sealed = models.BinaryField(null=True)
    preview_sealed = models.BinaryField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    batch = models.ForeignKey(EvidenceBatch, on_delete=models.PROTECT, null=True, related_name="+")
    counts = models.JSONField(default=dict)

    objects: ClassVar = EvidenceUploadQuerySet.as_manager()

    class Meta:
        triggers: ClassVar = [
            pgtrigger.ReadOnly(name="no_update", exclude=list(_OPEN)),
            pgtrigger.Protect(
                name="no_update_once_confirmed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__confirmed_at__isnull=False),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("uploaded_at")), name="upload_expires_later"),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, content_sealed__isnull=False, preview_sealed__isnull=False)
                | Q(confirmed_at__isnull=False, content_sealed__isnull=True, preview_sealed__isnull=True),
                name="upload_content_until_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
