"""What is on record stays: the database refuses to change or destroy it, whoever asks and however."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from healthcode.models import (
    AreaChange,
    AreaDesignation,
    AuditEntry,
    BatchWithdrawal,
    DecisionRecord,
    Delivery,
    EvidenceRecord,
    LateRecord,
    RuleSetEvent,
    SystemKey,
)
from tests.healthcode.row_kit import HOUR, NOON, make
from venues.models import Scan

pytestmark = pytest.mark.django_db

# A column of each that somebody might like to change.
KEPT: dict[type[Model], tuple[str, Any]] = {
    EvidenceRecord: ("reason", "改"),
    DecisionRecord: ("colour", "red"),
    AuditEntry: ("reason", "改"),
    AreaChange: ("name", "改"),
    AreaDesignation: ("level", "medium"),
    RuleSetEvent: ("reason", "改"),
    BatchWithdrawal: ("reason", "改"),
    Delivery: ("nonce", "another"),
    LateRecord: ("delay", 3 * HOUR),
    SystemKey: ("label", "改"),
    Scan: ("reason", "unreadable"),
}
# What may be set once, from nothing; designations say two things at their end.
ONCE: dict[type[Model], tuple[str, ...]] = {
    DecisionRecord: ("superseded_at",),
    BatchWithdrawal: ("finished_at",),
    AreaDesignation: ("valid_until", "end_recorded_at"),
    SystemKey: ("valid_until",),
}
every = pytest.mark.parametrize("model", KEPT, ids=lambda model: model.__name__)
once = pytest.mark.parametrize("model", ONCE, ids=lambda model: model.__name__)
REFUSAL = "[Cc]annot (update|delete|truncate)"


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@every
def test_a_queryset_does_not_change_it(model: type[Model]) -> None:
    make(model)
    column, value = KEPT[model]
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        model._default_manager.update(**{column: value})


@every
def test_saving_does_not_change_it(model: type[Model]) -> None:
    row = make(model)
    column, value = KEPT[model]
    setattr(row, column, value)
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        row.save(update_fields=[column])


@every
def test_a_queryset_does_not_delete_it(model: type[Model]) -> None:
    make(model)
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        model._default_manager.all().delete()
    assert model._default_manager.exists()


@every
@pytest.mark.parametrize("statement", ["UPDATE {table} SET {column} = %s", "DELETE FROM {table}"])
def test_sql_does_not_change_or_delete_it(model: type[Model], statement: str) -> None:
    make(model)
    column, value = KEPT[model]
    sql = statement.format(table=model._meta.db_table, column=column)
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        run(sql, *[value] * statement.count("%s"))


@every
def test_sql_does_not_empty_the_table(model: type[Model]) -> None:
    make(model)
    # The row just made waits for its foreign keys to be checked, and PostgreSQL truncates no such table.
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        run(f"TRUNCATE {model._meta.db_table} CASCADE")
    assert model._default_manager.exists()


@once
def test_an_end_is_set_once(model: type[Model]) -> None:
    row = make(model)
    rows = model._default_manager.filter(pk=row.pk)
    assert rows.update(**dict.fromkeys(ONCE[model], NOON)) == 1
    for later in (NOON + HOUR, None):
        with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
            rows.update(**dict.fromkeys(ONCE[model], later))


@once
def test_nothing_else_changes_along_with_the_end(model: type[Model]) -> None:
    row = make(model)
    column, value = KEPT[model]
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        model._default_manager.filter(pk=row.pk).update(**dict.fromkeys(ONCE[model], NOON), **{column: value})


def test_every_append_only_model_is_in_the_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%no_truncate%'")
        guarded = {str(table) for (table,) in cursor.fetchall()}
    assert guarded == {model._meta.db_table for model in KEPT}
