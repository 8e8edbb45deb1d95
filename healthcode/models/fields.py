"""Column helpers shared by the models: enum columns that the database checks, append-only triggers."""

from enum import StrEnum
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q

DIVISION_LENGTH = 12


def one_of(field: str, words: type[StrEnum], *, blank: bool = False) -> models.CheckConstraint:
    """Return a constraint that ``field`` holds a word of the enum (or nothing, with ``blank``)."""
    allowed = [word.value for word in words] + ([""] if blank else [])
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": allowed}), name=f"%(app_label)s_%(class)s_{field}_word"
    )


def word_field(words: type[StrEnum], **options: Any) -> "models.CharField[Any, Any]":
    """Return a column for a word of the enum."""
    return models.CharField(max_length=32, choices=[(word.value, word.value) for word in words], **options)


def append_only(*, except_for: tuple[str, ...] = (), kept: tuple[str, int] | None = None) -> list[Any]:
    """Return the triggers that refuse DELETE, TRUNCATE and UPDATE, whoever asks.

    ``except_for`` names columns that may be set once, from NULL. ``kept`` is an instant's column and the days of
    retention after which a row may be deleted.
    """
    too_young = pgtrigger.Condition(f"OLD.{kept[0]} > now() - interval '{kept[1]} days'") if kept else None
    triggers: list[Any] = [
        pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete, condition=too_young),
        pgtrigger.Trigger(
            name="no_truncate",
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            level=pgtrigger.Statement,
            func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
        ),
    ]
    if not except_for:
        return [*triggers, pgtrigger.Protect(name="no_update", operation=pgtrigger.Update)]
    triggers.append(pgtrigger.ReadOnly(name="no_update", exclude=list(except_for)))
    triggers += [
        pgtrigger.Protect(
            name=f"{name}_once",
            operation=pgtrigger.Update,
            condition=pgtrigger.Q(**{f"old__{name}__isnull": False}),
        )
        for name in except_for
    ]
    return triggers


def in_steps(*columns: str) -> list[Any]:
    """Return the triggers of a row that is completed in steps: nothing else changes, and a step once made stays made.

    Unlike ``append_only(except_for=…)``, which closes the row when one of its columns is set.
    """
    triggers = [trigger for trigger in append_only() if trigger.name != "no_update"]
    triggers.append(pgtrigger.ReadOnly(name="no_update", exclude=list(columns)))
    for name in columns:
        changed = pgtrigger.Q(**{f"old__{name}__isnull": False, f"old__{name}__df": pgtrigger.F(f"new__{name}")})
        triggers.append(pgtrigger.Protect(name=f"{name}_once", operation=pgtrigger.Update, condition=changed))
    return triggers
