"""Administrative divisions with their years, and places of published lists that are no division."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from healthcode.models.fields import DIVISION_LENGTH


class DivisionQuerySet(models.QuerySet["Division"]):
    """Filters of divisions."""

    def current(self) -> "DivisionQuerySet":
        """Keep the divisions that exist now."""
        return self.filter(last_seen="")

    def below(self, prefix: str) -> "DivisionQuerySet":
        """Keep what lies in the jurisdiction ``prefix``."""
        return self.filter(code__startswith=prefix)


class Division(models.Model):
    """A division of GB/T 2260 under one name. Abolished codes stay: they live on in resident numbers.

    ``first_seen`` and ``last_seen`` are months (``2021-04``) of the published revisions; no ``last_seen`` means
    that the division exists now.
    """

    code = models.CharField(max_length=DIVISION_LENGTH)
    name = models.CharField(max_length=64)
    parent_code = models.CharField(max_length=DIVISION_LENGTH, blank=True)
    first_seen = models.CharField(max_length=7, blank=True)
    last_seen = models.CharField(max_length=7, blank=True)

    objects: ClassVar = DivisionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "name", "first_seen"], name="division_code_name_from"),
            models.UniqueConstraint(fields=["code"], condition=Q(last_seen=""), name="division_one_current"),
            models.CheckConstraint(condition=Q(code__regex=r"^\d{6}(\d{3}){0,2}$"), name="division_code_form"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Zone(models.Model):
    """A place of a published list that is no division (经开区 …), and the county that it counts as.

    ``code`` empty: nobody has decided yet; the loader reports it and never guesses.
    """

    path = models.CharField(max_length=160, unique=True)
    code = models.CharField(max_length=DIVISION_LENGTH, blank=True)
    first_seen_at = models.DateTimeField()
    mapped_at = models.DateTimeField(null=True)
    mapped_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(code="", mapped_at__isnull=True) | (~Q(code="") & Q(mapped_at__isnull=False)),
                name="zone_mapped_when_coded",
            ),
        ]

    def __str__(self) -> str:
        return self.path
