"""Inserting many rows at once: by COPY, which the database takes in at twice the speed of INSERT."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, models

# Below this many rows, the two extra round trips cost more than they save.
COPIED_FROM = 50


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Insert the rows, all of one model, and give each its primary key. Triggers and constraints hold as ever."""
    if not rows:
        return
    model = type(rows[0])
    if len(rows) < COPIED_FROM:
        model._default_manager.bulk_create(rows)
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    readers = [_reader(field) for field in fields]
    quote = connection.ops.quote_name
    table, key = model._meta.db_table, str(model._meta.pk.column)
    columns = ", ".join(quote(name) for name in [key, *(str(field.column) for field in fields)])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, key, len(rows)]
        )
        keys = [number for (number,) in cursor.fetchall()]
        with cursor.copy(f"COPY {quote(table)} ({columns}) FROM STDIN") as copy:
            for number, row in zip(keys, rows, strict=True):
                copy.write_row([number, *(read(row) for read in readers)])
    for number, row in zip(keys, rows, strict=True):
        row.pk = number
        row._state.adding, row._state.db = False, connection.alias


def _reader(field: "models.Field[Any, Any]") -> Callable[[models.Model], object]:
    """Return what reads a row's column as COPY writes it."""
    name = field.attname
    if isinstance(field, models.JSONField):
        return lambda row: json.dumps(getattr(row, name))
    if isinstance(field, models.CharField):
        # An enum's member is written as its word.
        return lambda row: str(getattr(row, name))
    return lambda row: getattr(row, name)
