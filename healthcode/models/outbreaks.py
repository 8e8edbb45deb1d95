"""Outbreak areas (N1.4): proposed, assessed by the health commission, consented to by the leading group."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from healthcode.models.fields import DIVISION_LENGTH, in_steps


class OutbreakProposal(models.Model):
    """A place proposed as an outbreak area, with the documents of each step. Each step is made once, by another person.

    Files of the documents are kept by their archives; the numbers find them there.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=DIVISION_LENGTH)
    name = models.CharField(max_length=160)
    communities = models.JSONField(default=list)
    reason = models.CharField(max_length=256)
    document = models.CharField(max_length=96)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")
    # Each is set once, from NULL: an empty text could not be told from one that was blanked.
    assessment = models.CharField(max_length=96, null=True)  # noqa: DJ001
    assessed_at = models.DateTimeField(null=True)
    assessed_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    consent = models.CharField(max_length=96, null=True)  # noqa: DJ001
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
            *("designation", "ended_by"),
        )
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(code__regex=r"^\d{6}(\d{3}){0,2}$"), name="outbreak_code_form"),
            models.CheckConstraint(condition=~Q(document="") & ~Q(reason=""), name="outbreak_has_document_and_reason"),
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
