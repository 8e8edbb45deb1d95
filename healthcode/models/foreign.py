"""The trust list of issuers elsewhere, and what people showed from there (转码, N3.4)."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from healthcode.domain.foreign import Became, IssuerKey, Shown, Trusted, Use, keys_from_data
from healthcode.models.fields import in_steps, one_of, word_field


class TrustedIssuerQuerySet(models.QuerySet["TrustedIssuer"]):
    """Filters of issuers."""

    def trusted(self, at: datetime) -> "TrustedIssuerQuerySet":
        """Keep what is approved, not ended, and within its validity at ``at``."""
        return self.filter(approved_at__isnull=False, ended_at__isnull=True, valid_from__lte=at, valid_until__gt=at)


class TrustedIssuer(models.Model):
    """An issuer with its keys as proposed, approved by a second person, and perhaps ended. Nothing of it is edited.

    New keys are a new row of the same ``code``; approving it ends the one before. ``country`` is ISO 3166 alpha-3,
    ``province`` a GB/T 2260 code where the issuer is one of China. ``keys`` is the form of ``keys_as_data``.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=32)
    country = models.CharField(max_length=3)
    province = models.CharField(max_length=6, blank=True)
    name = models.CharField(max_length=96)
    name_en = models.CharField(max_length=96)
    uses = models.JSONField()
    keys = models.JSONField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    document = models.CharField(max_length=96)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    # Over everything above, by the key of the rules: a row slipped into the table is not believed.
    signature = models.CharField(max_length=128, null=True)  # noqa: DJ001  # set once, from NULL
    signed_with = models.ForeignKey("healthcode.RuleSetKey", on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    end_reason = models.CharField(max_length=256, null=True)  # noqa: DJ001

    objects: ClassVar = TrustedIssuerQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("approve_trustedissuer", "May approve an issuer of another province")]
        triggers: ClassVar = in_steps(
            *("approved_at", "approved_by", "signature", "signed_with", "ended_at", "ended_by", "end_reason")
        )
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(approved_at__isnull=False, ended_at__isnull=True),
                name="trustedissuer_one_approved",
            ),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z0-9-]{2,32}$"), name="trustedissuer_code_form"),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{3}$"), name="trustedissuer_country_form"),
            models.CheckConstraint(condition=Q(province__regex=r"^(\d{6})?$"), name="trustedissuer_province_form"),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(name_en="") & ~Q(document=""), name="trustedissuer_names_and_document"
            ),
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="trustedissuer_from_until"),
            models.CheckConstraint(
                condition=Q(
                    approved_at__isnull=True,
                    approved_by__isnull=True,
                    signature__isnull=True,
                    signed_with__isnull=True,
                )
                | (
                    Q(
                        approved_at__isnull=False,
                        approved_by__isnull=False,
                        signature__isnull=False,
                        signed_with__isnull=False,
                    )
                    & ~Q(approved_by=F("proposed_by"))
                ),
                name="trustedissuer_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, end_reason__isnull=True)
                | (Q(ended_at__isnull=False, ended_by__isnull=False, end_reason__isnull=False) & ~Q(end_reason="")),
                name="trustedissuer_end_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def issuer_keys(self) -> list[IssuerKey]:
        """Return its keys."""
        return keys_from_data(self.keys)

    def trusted_keys(self) -> list[Trusted]:
        """Return its keys with what it is trusted for."""
        uses = frozenset(map(Use, self.uses))
        return [Trusted(self.code, uses, key) for key in self.issuer_keys()]


class ForeignReport(models.Model):
    """What a person showed from elsewhere, whose it is from then on, and what it became.

    ``number`` is the same for the same report. What becomes evidence but does not name its holder beyond doubt waits
    for an officer who sees the document beside it; ``settled_*`` is that officer's act.
    Retention: with the person's records, until the sunset of the epidemic (N4.3).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, related_name="foreign_reports")
    issuer = models.ForeignKey(TrustedIssuer, on_delete=models.PROTECT, related_name="reports")
    number = models.CharField(max_length=48, unique=True)
    shown = word_field(Shown)
    became = word_field(Became)
    sampled_at = models.DateTimeField(null=True)
    shown_at = models.DateTimeField()
    evidence = models.OneToOneField(
        "healthcode.EvidenceRecord", on_delete=models.PROTECT, null=True, related_name="foreign_report"
    )
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    declined = models.CharField(max_length=256, null=True)  # noqa: DJ001  # set once, from NULL

    class Meta:
        triggers: ClassVar = in_steps("evidence", "settled_at", "settled_by", "declined")
        constraints: ClassVar = [
            one_of("shown", Shown),
            one_of("became", Became),
            models.CheckConstraint(
                condition=Q(became=Became.EVIDENCE.value, sampled_at__isnull=False)
                | (~Q(became=Became.EVIDENCE.value) & Q(evidence__isnull=True, settled_at__isnull=True)),
                name="foreignreport_only_evidence_is_settled",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by__isnull=True, declined__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False),
                name="foreignreport_settled_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(declined__isnull=True) | (Q(evidence__isnull=True) & ~Q(declined="")),
                name="foreignreport_declined_with_reason",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["person", "-shown_at"], name="foreignreport_person")]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def waits(self) -> bool:
        """Tell whether an officer has to look at it."""
        return self.became == Became.EVIDENCE and self.evidence_id is None and self.settled_at is None
