"""What every test has: the named cast, the baseline rules, and a database that may be emptied between tests."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pgtrigger
import pytest
from django.test import TransactionTestCase

from healthcode.domain.instants import CHINA
from healthcode.services.keys import ensure_code_keys, forget_keys
from healthcode.services.rules import install_baseline

NOW = datetime(2020, 7, 8, 12, 0, tzinfo=CHINA)


@pytest.fixture(autouse=True, scope="session")
def truncatable() -> Iterator[None]:
    """Let the test runner empty append-only tables; nothing in the product can."""
    flush = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> Any:
        with pgtrigger.ignore():
            return flush(self)

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = flush


@pytest.fixture
def at() -> datetime:
    """A Wednesday noon two days after the notice."""
    return NOW


@pytest.fixture
def province(db: None, at: datetime) -> Iterator[None]:
    """A database as after set-up: baseline rules and signing keys valid since 1 July 2020."""
    install_baseline(by=None, at=at)
    ensure_code_keys(by=None, at=datetime(2020, 7, 1, tzinfo=CHINA))
    forget_keys()
    yield
    forget_keys()
