"""The database itself keeps what the family app may write, and what is on record stays."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import CheckConstraint, Model, UniqueConstraint

from tests.family.rows import BROKEN, KEPT, ROWS, make
from tests.healthcode.row_kit import Row

pytestmark = pytest.mark.django_db
REFUSAL = "[Cc]annot (update|delete|truncate)"


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_the_row_that_the_others_are_made_of_is_good(model: type[Model]) -> None:
    assert make(model).pk


@pytest.mark.parametrize(("model", "changes", "constraint"), BROKEN)
def test_a_broken_row_is_refused(model: type[Model], changes: Row | Callable[[], Row], constraint: str) -> None:
    broken = changes() if callable(changes) else changes
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make(model, **broken)


def test_every_constraint_stands_in_the_table() -> None:
    models = list(apps.get_app_config("family").get_models())
    known = {c.name for m in models for c in m._meta.constraints if isinstance(c, CheckConstraint | UniqueConstraint)}
    assert known == {constraint for _model, _changes, constraint in BROKEN}
    assert set(models) == set(ROWS)


@pytest.mark.parametrize("model", KEPT, ids=lambda model: model.__name__)
@pytest.mark.parametrize(
    "statement", ["UPDATE {table} SET {column} = %s", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"]
)
def test_sql_does_not_change_or_destroy_it(model: type[Model], statement: str) -> None:
    make(model)
    column, value = KEPT[model]
    sql = statement.format(table=model._meta.db_table, column=column)
    with connection.cursor() as cursor:
        # The row just made waits for its foreign keys to be checked, and PostgreSQL truncates no such table.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
            cursor.execute(sql, [value] * statement.count("%s"))


def test_every_append_only_model_is_in_the_table() -> None:
    def protects(trigger: Any) -> bool:
        return bool(trigger.name == "no_delete")

    models = apps.get_app_config("family").get_models()
    kept = {m for m in models if any(protects(t) for t in getattr(m._meta, "triggers", []))}
    assert kept == set(KEPT)
