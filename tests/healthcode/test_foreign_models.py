"""Rows of 转码 and of the systems' calls: constraints, names for lists."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from tests.healthcode.foreign_rows import BROKEN, ROWS, make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_a_whole_row_is_kept_and_has_a_name(model: type[Model]) -> None:
    assert str(make(model)).strip()


@pytest.mark.parametrize(("model", "changes", "constraint"), BROKEN)
def test_a_broken_row_is_refused(model: type[Model], changes: Any, constraint: str) -> None:
    broken = changes() if callable(changes) else changes
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make(model, **broken)
