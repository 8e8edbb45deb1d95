"""Bonds between those who act and those they act for, and what was done to them."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from family.domain.bonds import BondAct, BondEnd, BondState, Proof, Relation, Right, may, state_at
from healthcode.models.fields import append_only, one_of, word_field


class BondQuerySet(models.QuerySet["Bond"]):
    """Filters of bonds."""

    def live(self, at: datetime) -> "BondQuerySet":
        """Keep the bonds that are not over at ``at``, frozen ones too."""
        return self.filter(ended_at__isnull=True, valid_until__gt=at)

    def giving(self, right: Right, at: datetime) -> "BondQuerySet":
        """Keep the bonds under which the carer may use the right at ``at``."""
        return self.live(at).filter(frozen_at__isnull=True, rights__contains=[right.value])


class Bond(models.Model):
    """One person may act for another (N3.5).

    A minor's bond ends at 18, so ``valid_until`` of a guardian's bond tells a birthday. Retention: until the sunset of
    the epidemic (N4.3).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    carer = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, related_name="+")
    dependant = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, related_name="+")
    relation = word_field(Relation)
    proof = word_field(Proof)
    rights = ArrayField(word_field(Right))
    # What an officer or a service point relied on.
    reason = models.CharField(max_length=256, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")
    valid_until = models.DateTimeField()
    frozen_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end = word_field(BondEnd, blank=True)

    objects: ClassVar = BondQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("settle_bond", "May settle a dispute about a bond")]
        constraints: ClassVar = [
            one_of("relation", Relation),
            one_of("proof", Proof),
            one_of("end", BondEnd, blank=True),
            models.UniqueConstraint(
                fields=["carer", "dependant"], condition=Q(ended_at__isnull=True), name="bond_one_live_a_pair"
            ),
            models.CheckConstraint(condition=~Q(carer=F("dependant")), name="bond_not_with_oneself"),
            models.CheckConstraint(condition=Q(valid_until__gt=F("made_at")), name="bond_from_until"),
            models.CheckConstraint(
                condition=Q(rights__contained_by=[right.value for right in Right], rights__len__gt=0),
                name="bond_rights_words",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end="") | (Q(ended_at__isnull=False) & ~Q(end="")),
                name="bond_end_and_instant",
            ),
            models.CheckConstraint(
                condition=~Q(proof__in=[Proof.OFFICER.value, Proof.SERVICE_POINT.value]) | ~Q(reason=""),
                name="bond_by_staff_has_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["dependant"], condition=Q(ended_at__isnull=True), name="bond_live_dependant"),
            models.Index(fields=["valid_until"], condition=Q(ended_at__isnull=True), name="bond_ending"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    def state_at(self, at: datetime) -> BondState:
        """Return where the bond stands at ``at``."""
        return state_at(frozen_at=self.frozen_at, ended_at=self.ended_at, valid_until=self.valid_until, at=at)

    def has_right(self, right: Right, at: datetime) -> bool:
        """Tell whether the carer may use the right at ``at``."""
        return may(self.state_at(at), frozenset(Right(word) for word in self.rights), right)


class BondEvent(models.Model):
    """What was done to a bond, by whom and why. Append-only. Retention: until the sunset of the epidemic (N4.3)."""

    bond = models.ForeignKey(Bond, on_delete=models.PROTECT, related_name="events")
    act = word_field(BondAct)
    at = models.DateTimeField()
    # Empty: the clock.
    actor = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=256, blank=True)

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            one_of("act", BondAct),
            models.CheckConstraint(
                condition=~Q(act__in=[BondAct.OBJECT.value, BondAct.UPHOLD.value, BondAct.DISSOLVE.value])
                | ~Q(reason=""),
                name="bond_event_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bond_id} {self.act}"
