"""Short ways to the pages of the back office, for its tests."""

import re
from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.urls import reverse

from healthcode.models import Account, EvidenceRecord, Person
from tests.client import StrictClient
from tests.people import fact, record, source_for

SignIn = Callable[[Account], StrictClient]


def list_url(model: type[Model]) -> str:
    """Return the address of a list."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_url(row: Model, verb: str = "change") -> str:
    """Return the address of a row's page, or of what may be done with it."""
    options = row._meta
    name = f"admin:{options.app_label}_{options.model_name}_{verb}"
    return reverse(name, args=[str(getattr(row, "public_id", row.pk))])


def words_of(response: Any) -> str:
    """Return the words of the page's main part."""
    main = response.content.decode().split("<main", 1)[1].split("</main>", 1)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def give(person: Person, kind: str, at: str, **fields: Any) -> EvidenceRecord:
    """Let the system record one fact at its own instant, and return it."""
    said = fact(kind, at, **fields)
    return record(person, said, at=said.recorded_at, source=source_for(kind)).records[0]
