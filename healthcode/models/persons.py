"""Persons: one row a document, anywhere in the province (N3.1)."""

import uuid
from typing import ClassVar

from django.db import models

from healthcode.domain.divisions import prefix_of
from healthcode.domain.identity import DocumentType
from healthcode.models.fields import DIVISION_LENGTH, one_of, word_field
from healthcode.models.vault import vault


class PersonQuerySet(models.QuerySet["Person"]):
    """Filters of persons."""

    def for_division(self, division: str) -> "PersonQuerySet":
        """Keep the people who live or stay in the jurisdiction; an empty division keeps nobody."""
        prefix = prefix_of(division) if division else ""
        if not prefix:
            return self.none()
        return self.filter(models.Q(stay_code__startswith=prefix) | models.Q(residence_code__startswith=prefix))


class Person(models.Model):
    """One who holds a code. Name, number and phone are sealed; the number is found by its blind index.

    Retention: until the sunset of the epidemic (N4.3).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    document_type = word_field(DocumentType)
    # A passport number is unique within its country only, so the country is part of the blind index.
    nationality = models.CharField(max_length=3, blank=True)
    number_sealed = models.BinaryField()
    number_index = models.BinaryField(max_length=32, unique=True)
    name_sealed = models.BinaryField()
    phone_sealed = models.BinaryField(null=True)
    phone_index = models.BinaryField(max_length=32, null=True, db_index=True)
    residence_code = models.CharField(max_length=DIVISION_LENGTH, blank=True)
    stay_code = models.CharField(max_length=DIVISION_LENGTH, blank=True)
    account = models.OneToOneField("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="person")
    # Empty: known from evidence alone; the person has not applied for a code yet.
    applied_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects: ClassVar = PersonQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [one_of("document_type", DocumentType)]
        indexes: ClassVar = [
            models.Index(fields=["stay_code"], name="person_stay"),
            models.Index(fields=["residence_code"], name="person_residence"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def name(self) -> str:
        """Return the name as applied for."""
        return vault().open(self.name_sealed, "person.name")

    @property
    def number(self) -> str:
        """Return the number of the document, normalised."""
        return vault().open(self.number_sealed, "person.number")

    @property
    def phone(self) -> str:
        """Return the phone in E.164, or nothing."""
        return "" if self.phone_sealed is None else vault().open(self.phone_sealed, "person.phone")
