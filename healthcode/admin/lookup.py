"""Finding one person: by the full number of a document, through the blind index, or by public id. Never by a part."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from healthcode.domain.divisions import known_division_codes
from healthcode.domain.identity import DocumentType, InvalidDocument, parse_document
from healthcode.services.persons import number_index

# "GBR E1234567": a passport's number is unique within its country only.
_WITH_COUNTRY = re.compile(r"\s*([A-Za-z]{3})[\s/:]+(.+)")


def find_people(people: QuerySet[Any], typed: str, on: date) -> QuerySet[Any]:
    """Keep those of ``people`` whose document number or public id is exactly ``typed``; nobody for anything else."""
    text = typed.strip()
    by_number = people.filter(number_index__in=list(_indexes(text, on)))
    return find_by_id(people, text) if _is_id(text) else by_number


def find_by_id(people: QuerySet[Any], typed: str) -> QuerySet[Any]:
    """Keep the one of ``people`` with this public id; nobody for anything else."""
    text = typed.strip()
    return people.filter(public_id=text) if _is_id(text) else people.none()


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _indexes(text: str, on: date) -> Iterator[bytes]:
    """Return the blind index under each kind of document that the text can be the number of."""
    country = _WITH_COUNTRY.fullmatch(text)
    for kind in DocumentType:
        yield from _index(kind, "", text, on)
        if country:
            yield from _index(kind, country[1].upper(), country[2], on)


def _index(kind: DocumentType, nationality: str, number: str, on: date) -> Iterator[bytes]:
    try:
        document = parse_document(kind, number, on=on, divisions=known_division_codes())
    except InvalidDocument:
        return
    yield number_index(document, nationality)
