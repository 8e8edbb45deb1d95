"""Paper codes: what a person without a phone carries (N3.3, N3.7)."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from healthcode.domain.colours import Colour
from healthcode.models.fields import one_of, word_field
from healthcode.models.vault import vault


class PaperEnd(StrEnum):
    """Why a paper code was taken back before its end."""

    REPLACED = "replaced"
    COLOUR_CHANGED = "colour_changed"
    LOST = "lost"
    KEY_WITHDRAWN = "key_withdrawn"


class PaperCodeQuerySet(models.QuerySet["PaperCode"]):
    """Filters of paper codes."""

    def live(self, at: datetime) -> "PaperCodeQuerySet":
        """Keep those that are neither taken back nor past their end at ``at``."""
        return self.filter(revoked_at__isnull=True, valid_until__gt=at)


class PaperCode(models.Model):
    """A code on paper. It shows no colour; ``colour`` is what the person's code was when it was printed.

    Retention: until the sunset of the epidemic (N4.3).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey("healthcode.Person", on_delete=models.PROTECT, related_name="paper_codes")
    key = models.ForeignKey("healthcode.CodeKey", on_delete=models.PROTECT, related_name="+")
    status_list = models.ForeignKey("healthcode.StatusList", on_delete=models.PROTECT, related_name="+")
    index = models.BigIntegerField()
    colour = word_field(Colour)
    # Signed once: drawn again from here, it is the same code.
    token_sealed = models.BinaryField()
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    valid_until = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    end = word_field(PaperEnd, blank=True)
    replaced_by = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaces")

    objects: ClassVar = PaperCodeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            one_of("colour", Colour),
            one_of("end", PaperEnd, blank=True),
            models.UniqueConstraint(fields=["status_list", "index"], name="papercode_index_once"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(revoked_at__isnull=True), name="papercode_one_a_person"
            ),
            models.CheckConstraint(condition=Q(valid_until__gt=F("issued_at")), name="papercode_from_until"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, end="", revoked_by__isnull=True, replaced_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_at__gte=F("issued_at")) & ~Q(end=""),
                name="papercode_end_with_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["valid_until"], condition=Q(revoked_at__isnull=True), name="papercode_live"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def token(self) -> str:
        """Return the code's text."""
        return vault().open(self.token_sealed, "papercode.token")
