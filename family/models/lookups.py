"""Look-ups by staff, and complaints about them."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from family.domain.lookups import Basis, Outcome, Purpose
from healthcode.models.fields import append_only, one_of, word_field


class LookUp(models.Model):
    """One look-up of a person by staff: who, where, what for, on what ground, what came of it. Append-only.

    Without ``person`` nothing was shown. Retention: until the sunset of the epidemic (N4.3).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, null=True, related_name="lookups")
    by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")
    # Where: the name of the venue or service point, as it was then.
    place = models.CharField(max_length=96)
    purpose = word_field(Purpose)
    basis = word_field(Basis)
    outcome = word_field(Outcome)
    at = models.DateTimeField()

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            one_of("purpose", Purpose),
            one_of("basis", Basis),
            one_of("outcome", Outcome),
            models.CheckConstraint(condition=~Q(place=""), name="lookup_place_given"),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.SHOWN.value, person__isnull=False)
                | Q(outcome=Outcome.NOT_SHOWN.value, person__isnull=True),
                name="lookup_shown_has_person",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["by", "-at"], name="lookup_by_at"),
            models.Index(fields=["person", "-at"], name="lookup_person_at"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class LookUpComplaint(models.Model):
    """A person complains about a look-up; a supervisor answers. Retention: until the sunset of the epidemic (N4.3)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lookup = models.OneToOneField(LookUp, on_delete=models.PROTECT, related_name="complaint")
    text = models.CharField(max_length=500)
    made_at = models.DateTimeField()
    answer = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        permissions: ClassVar = [("answer_lookupcomplaint", "May answer complaints about look-ups")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(text=""), name="complaint_text_given"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | (Q(answered_at__gte=F("made_at"), answered_by__isnull=False) & ~Q(answer="")),
                name="complaint_answer_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
