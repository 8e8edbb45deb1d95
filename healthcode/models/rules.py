"""Rule sets in the database: versioned data, one in force at a time (N3.1 全省一码)."""

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q

from healthcode.domain.governance import BINDING, RuleAct, RuleState, state_at
from healthcode.domain.instants import print_instant
from healthcode.domain.rulesets import RuleSet, ruleset_from
from healthcode.models.fields import append_only, one_of, word_field

_BINDING = sorted(state.value for state in BINDING)
_APPROVED = [RuleState.APPROVED.value, *_BINDING]


class RuleSetKey(models.Model):
    """The province's key for versions of the rules and entries of the trust list (ES256), its private half sealed."""

    public_der = models.BinaryField(unique=True)
    private_sealed = models.BinaryField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.pk}"


class RuleSetVersionQuerySet(models.QuerySet["RuleSetVersion"]):
    """Filters of versions."""

    def binding(self) -> "RuleSetVersionQuerySet":
        """Keep the versions that are, were or will be in force: whose period counts."""
        return self.filter(state__in=_BINDING)

    def in_force(self, at: datetime) -> "RuleSetVersionQuerySet":
        """Keep the version in force at ``at``, whether or not a sweep has written that down."""
        return self.binding().filter(valid_from__lte=at).exclude(valid_until__lte=at)


class RuleSetVersion(models.Model):
    """One version of the province's rules. ``data`` is the only place where a parameter lives.

    ``data`` may be revised while it is a draft; from the proposal on the database keeps it as it is.
    """

    code = models.CharField(max_length=32, unique=True)
    data = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    state = word_field(RuleState)
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    # Nobody: it came with the software.
    author = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    first_approval_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    first_approval_at = models.DateTimeField(null=True)
    second_approval_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    second_approval_at = models.DateTimeField(null=True)
    signature = models.CharField(max_length=96, blank=True)
    signed_with = models.ForeignKey(RuleSetKey, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar = RuleSetVersionQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("propose_rulesetversion", "Can propose rule set version"),
            ("approve_rulesetversion", "Can approve rule set version"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="ruleset_no_delete", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="ruleset_text_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"OLD.state <> '{RuleState.DRAFT.value}' AND (OLD.code, OLD.data, OLD.fingerprint, OLD.author_id)"
                    " IS DISTINCT FROM (NEW.code, NEW.data, NEW.fingerprint, NEW.author_id)"
                ),
            ),
        ]
        constraints: ClassVar = [
            one_of("state", RuleState),
            models.UniqueConstraint(fields=["valid_from"], name="ruleset_one_from"),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state=RuleState.SCHEDULED.value), name="ruleset_one_scheduled"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")), name="ruleset_from_until"
            ),
            models.CheckConstraint(
                condition=Q(state__in=_BINDING, valid_from__isnull=False)
                | Q(~Q(state__in=_BINDING), valid_from__isnull=True, valid_until__isnull=True),
                name="ruleset_from_when_binding",
            ),
            models.CheckConstraint(
                condition=Q(first_approval_by__isnull=True, first_approval_at__isnull=True)
                | (Q(first_approval_at__isnull=False) & ~Q(first_approval_by=F("author"))),
                name="ruleset_first_approval",
            ),
            models.CheckConstraint(
                condition=Q(second_approval_by__isnull=True, second_approval_at__isnull=True)
                | (
                    Q(second_approval_at__isnull=False, first_approval_by__isnull=False)
                    & ~Q(second_approval_by=F("author"))
                    & ~Q(second_approval_by=F("first_approval_by"))
                ),
                name="ruleset_second_approval",
            ),
            models.CheckConstraint(
                condition=Q(author__isnull=True)
                | ~Q(state__in=_APPROVED)
                | Q(first_approval_by__isnull=False, second_approval_by__isnull=False),
                name="ruleset_needs_two_approvals",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def as_domain(self) -> RuleSet:
        """Return the parameters as the rules take them; a version without a period yet counts from its recording."""
        begins = print_instant(self.valid_from or self.recorded_at)
        return ruleset_from({**self.data, "valid_from": begins})

    def state_at(self, at: datetime) -> RuleState:
        """Return where the version stands at ``at``."""
        return state_at(RuleState(self.state), self.valid_from, self.valid_until, at)


class RuleSetEvent(models.Model):
    """One act on a version: who did it, when and why. Append-only; nobody is the system itself."""

    version = models.ForeignKey(RuleSetVersion, on_delete=models.PROTECT, related_name="events")
    act = word_field(RuleAct)
    state = word_field(RuleState)
    at = models.DateTimeField()
    actor = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    fingerprint = models.CharField(max_length=64)
    reason = models.CharField(max_length=1000, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            one_of("act", RuleAct),
            one_of("state", RuleState),
            models.UniqueConstraint(
                fields=["version", "actor"], condition=Q(act=RuleAct.APPROVE.value), name="ruleset_one_approval_each"
            ),
            models.CheckConstraint(
                condition=~Q(act__in=[RuleAct.PROPOSE.value, RuleAct.WITHDRAW.value]) | ~Q(reason=""),
                name="ruleset_reason_given",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"


class Simulation(models.Model):
    """A draft of the rules tried on everybody at ``at``, without touching anybody.

    ``result`` holds figures and pseudonyms. It is complete when ``finished_at`` is set, and rests on exactly the text
    of ``fingerprint``.
    """

    version = models.ForeignKey(RuleSetVersion, on_delete=models.PROTECT, related_name="simulations")
    fingerprint = models.CharField(max_length=64)
    at = models.DateTimeField()
    requested_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField()
    # The person behind whom the next chunk begins, how many are done, and of how many.
    cursor = models.BigIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(finished_at__isnull=True), name="simulation_unfinished")
        ]

    def __str__(self) -> str:
        return f"{self.version_id}-{self.pk}"

    @property
    def percent(self) -> int:
        """Return how much is done, 100 only when it is finished."""
        if self.finished_at is not None:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else 0
