"""Outbreak areas (N1.4): proposed, assessed by the health commission, consented to by the leading group."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from healthcode.domain.attachments import FORMS, MAX_BYTES, MAX_NAME
from healthcode.models.fields import DIVISION_LENGTH, append_only, in_steps


class OutbreakDocument(models.Model):
    """A file on which a step towards an outbreak area rests, as it was attached. Never changed, never deleted."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=MAX_NAME)
    form = models.CharField(max_length=32)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(form__in=sorted(FORMS.values())), name="outbreakdocument_form"),
            models.CheckConstraint(
                condition=Q(size__gt=0, size__lte=MAX_BYTES) & ~Q(name=""), name="outbreakdocument_is_a_file"
            ),
        ]

    def __str__(self) -> str:
        return self.name


def _file() -> "models.ForeignKey[OutbreakDocument | None, OutbreakDocument | None]":
    return models.ForeignKey(OutbreakDocument, on_delete=models.PROTECT, null=True, related_name="+")


class OutbreakProposal(models.Model):
    """A place proposed as an outbreak area, with number and file of each step's document.

    Each step is made once, by another person.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=DIVISION_LENGTH)
    name = models.CharField(max_length=160)
    communities = models.JSONField(default=list)
    reason = models.CharField(max_length=256)
    document = models.CharField(max_length=96)
    document_file = _file()
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")
    # Each is set once, from NULL: an empty text could not be told from one that was blanked.
    assessment = models.CharField(max_length=96, null=True)  # noqa: DJ001
    assessment_file = _file()
    assessed_at = models.DateTimeField(null=True)
    assessed_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    consent = models.CharField(max_length=96, null=True)  # noqa: DJ001
    consent_file = _file()
    consented_at = models.DateTimeField(null=True)
    consented_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    designation = models.OneToOneField(
        "healthcode.AreaDesignation", on_delete=models.PROTECT, null=True, related_name="outbreak"
    )
    ended_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        permissions: ClassVar = [
            ("assess_outbreakproposal", "May assess an outbreak for the health commission"),
            ("consent_outbreakproposal", "May consent to an outbreak area for the leading group"),
        ]
        triggers: ClassVar = in_steps(
            *("assessment", "assessed_at", "assessed_by", "consent", "consented_at", "consented_by"),
            *("assessment_file", "consent_file", "designation", "ended_by"),
        )
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(code__regex=r"^\d{6}(\d{3}){0,2}$"), name="outbreak_code_form"),
            models.CheckConstraint(condition=~Q(document="") & ~Q(reason=""), name="outbreak_has_document_and_reason"),
            models.CheckConstraint(
                condition=Q(document_file__isnull=False)
                & (Q(assessed_by__isnull=True) | Q(assessment_file__isnull=False))
                & (Q(consented_by__isnull=True) | Q(consent_file__isnull=False)),
                name="outbreak_files_are_attached",
            ),
            models.CheckConstraint(
                condition=Q(assessed_by__isnull=True, assessed_at__isnull=True, assessment__isnull=True)
                | (
                    Q(assessed_by__isnull=False, assessed_at__isnull=False, assessment__isnull=False)
                    & ~Q(assessment="")
                    & ~Q(assessed_by=F("proposed_by"))
                ),
                name="outbreak_assessment_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(
                    consented_by__isnull=True,
                    consented_at__isnull=True,
                    consent__isnull=True,
                    designation__isnull=True,
                    ended_by__isnull=True,
                )
                | (
                    Q(
                        assessed_by__isnull=False,
                        consented_by__isnull=False,
                        consented_at__isnull=False,
                        consent__isnull=False,
                        designation__isnull=False,
                    )
                    & ~Q(consent="")
                    & ~Q(consented_by=F("assessed_by"))
                    & ~Q(consented_by=F("proposed_by"))
                ),
                name="outbreak_consent_follows_assessment",
            ),
        ]

    def __str__(self) -> str:
        return self.name
