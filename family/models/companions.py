"""Companions: a day's group, and who is in it."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from family.domain.companions import JoinedBy
from healthcode.models.fields import one_of, word_field


class GroupQuerySet(models.QuerySet["CompanionGroup"]):
    """Filters of groups."""

    def current(self, at: datetime) -> "GroupQuerySet":
        """Keep the groups that are not over at ``at``."""
        return self.filter(made_at__lte=at, valid_until__gt=at, ended_at__isnull=True)


class CompanionGroup(models.Model):
    """People who travel together for a day and are verified in one scan (N3.5).

    Retention: three days after its end (``destroy_groups``).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    leader = models.ForeignKey("healthcode.Person", on_delete=models.CASCADE, related_name="+")
    # Told by the leader to those who join with a phone of their own.
    join_code = models.CharField(max_length=8)
    made_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar = GroupQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(valid_until__gt=F("made_at")), name="group_from_until"),
            models.UniqueConstraint(fields=["join_code", "valid_until"], name="group_join_code_of_day"),
            models.UniqueConstraint(
                fields=["leader", "valid_until"], condition=Q(ended_at__isnull=True), name="group_one_a_leader_and_day"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Companion(models.Model):
    """One member of a group. Retention: with its group."""

    group = models.ForeignKey(CompanionGroup, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey("healthcode.Person", on_delete=models.CASCADE, related_name="+")
    joined_by = word_field(JoinedBy)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("joined_by", JoinedBy),
            models.UniqueConstraint(
                fields=["group", "person"], condition=Q(left_at__isnull=True), name="companion_once_in_a_group"
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("joined_at")), name="companion_joined_left"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_id} {self.person_id}"
