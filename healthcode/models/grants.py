"""What a system of a department may ask for in a person's name: nothing, unless it was granted (N4.1)."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Q

from healthcode.models.evidence import Source
from healthcode.models.fields import in_steps, one_of, word_field


class SystemScope(StrEnum):
    """The calls of the interfaces shaped after GB/T 38963, each granted by itself."""

    DECLARE_HEALTH = "declare_health"
    DECLARE_TRIP = "declare_trip"
    QUERY = "query"
    APPLY = "apply"
    MAKE_CODE = "make_code"
    VERIFY_CODE = "verify_code"
    CORRECT = "correct"


class SystemGrantQuerySet(models.QuerySet["SystemGrant"]):
    """Filters of grants."""

    def in_force(self, at: datetime) -> "SystemGrantQuerySet":
        """Keep what is granted at ``at``."""
        return self.filter(granted_at__lte=at, revoked_at__isnull=True)


class SystemGrant(models.Model):
    """One call that the systems of one source may make, on what paper, until revoked."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="grants")
    scope = word_field(SystemScope)
    document = models.CharField(max_length=96)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar = SystemGrantQuerySet.as_manager()

    class Meta:
        triggers: ClassVar = in_steps("revoked_at", "revoked_by")
        constraints: ClassVar = [
            one_of("scope", SystemScope),
            models.CheckConstraint(condition=~Q(document=""), name="systemgrant_has_document"),
            models.UniqueConstraint(
                fields=["source", "scope"], condition=Q(revoked_at__isnull=True), name="systemgrant_one_in_force"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="systemgrant_revoked_when_and_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.scope}"
