"""Consent that an adult is asked for."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from family.domain.bonds import Right
from healthcode.models.fields import word_field
from healthcode.models.vault import vault


class Answer(models.TextChoices):
    """What became of an asking."""

    AGREED = "agreed"
    REFUSED = "refused"


class ConsentRequest(models.Model):
    """An adult is asked whether another may act for them. Without ``dependant`` nobody is asked: the details belong to
    nobody with a code, and whoever asked must not learn that.

    The code is sealed until it is sent and read. Retention: a week (``destroy_consents``).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    carer = models.ForeignKey("healthcode.Person", on_delete=models.CASCADE, related_name="+")
    dependant = models.ForeignKey("healthcode.Person", on_delete=models.CASCADE, null=True, related_name="+")
    # The document asked about, blind: askings are counted a document, whether or not somebody holds it.
    number_index = models.BinaryField(max_length=32, db_index=True)
    rights = ArrayField(word_field(Right))
    code_sealed = models.BinaryField()
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=32, blank=True, choices=Answer.choices)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(valid_until__gt=F("asked_at")), name="consent_from_until"),
            models.CheckConstraint(
                condition=Q(rights__contained_by=[right.value for right in Right], rights__len__gt=0),
                name="consent_rights_words",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answer="")
                | Q(answered_at__isnull=False, answer__in=Answer.values, dependant__isnull=False),
                name="consent_answer_and_instant",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["carer", "-asked_at"], name="consent_carer_asked"),
            models.Index(fields=["asked_at"], condition=Q(sent_at__isnull=True), name="consent_unsent"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def code(self) -> str:
        """Return the one-time code that was sent to the dependant."""
        return vault().open(self.code_sealed, "consent.code")
