"""Rows of isolation and transfers: constraints, append-only tables, names for lists."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Model

from healthcode.models import CheckIn, IsolationChange, IsolationVisit, TransferArrival, TransferLeg
from tests.healthcode.isolation_rows import BROKEN, ROWS, make

pytestmark = pytest.mark.django_db
KEPT: dict[type[Model], tuple[str, Any]] = {
    CheckIn: ("temperature", "36.5"),
    IsolationChange: ("reason", "改"),
    IsolationVisit: ("note", "改"),
    TransferArrival: ("received_by", "改"),
    TransferLeg: ("vehicle", "改"),
}


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_a_whole_row_is_kept_and_has_a_name(model: type[Model]) -> None:
    assert str(make(model)).strip()


@pytest.mark.parametrize(("model", "changes", "constraint"), BROKEN)
def test_a_broken_row_is_refused(model: type[Model], changes: Any, constraint: str) -> None:
    broken = changes() if callable(changes) else changes
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make(model, **broken)


@pytest.mark.parametrize("model", KEPT, ids=lambda model: model.__name__)
def test_what_is_on_record_is_neither_changed_nor_deleted(model: type[Model]) -> None:
    make(model)
    column, value = KEPT[model]
    with pytest.raises(DatabaseError, match=r"[Cc]annot update"), transaction.atomic():
        model._default_manager.update(**{column: value})
    with pytest.raises(DatabaseError, match=r"[Cc]annot delete"), transaction.atomic():
        model._default_manager.all().delete()
