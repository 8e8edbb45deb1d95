"""Rule sets in the database: versioned data, one in force at a time (N3.1 全省一码)."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from healthcode.domain.rulesets import RuleSet, ruleset_from


class RuleSetVersion(models.Model):
    """One version of the province's rules. ``data`` is the only place where a parameter lives."""

    code = models.CharField(max_length=32, unique=True)
    data = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["valid_from"], name="ruleset_one_from"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")), name="ruleset_from_until"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def as_domain(self) -> RuleSet:
        """Return the parameters as the rules take them."""
        return ruleset_from(self.data)
