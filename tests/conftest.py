"""What every test has: the named cast, the baseline rules, and a database that may be emptied between tests."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pgtrigger
import pytest
from django.db.models import QuerySet
from django.test import TransactionTestCase
from pytest_django import Settings

from healthcode.domain.instants import CHINA
from healthcode.models import Account
from healthcode.services.keys import forget_keys, rotate_code_keys
from healthcode.services.rules import install_baseline
from tests.client import StrictClient

pytest_plugins = ["tests.people"]

NOW = datetime(2020, 7, 8, 12, 0, tzinfo=CHINA)


@pytest.fixture(autouse=True, scope="session")
def truncatable() -> Iterator[None]:
    """Let the test runner empty append-only tables; nothing in the product can."""
    flush: Callable[[TransactionTestCase], None] = vars(TransactionTestCase)["_fixture_teardown"]

    def teardown(self: TransactionTestCase) -> None:
        with pgtrigger.ignore():
            flush(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


@pytest.fixture(autouse=True, scope="session")
def unordered_at_random() -> Iterator[None]:
    """Return rows of queries without ORDER BY in random order, which is the order the database promises.

    The dice are those of pytest-randomly, so a failing order comes again with its seed.
    """
    fetch: Callable[[Any], None] = vars(QuerySet)["_fetch_all"]

    def fetch_shuffled(self: Any) -> None:
        fetched_before = self._result_cache is not None
        fetch(self)
        if not (fetched_before or self.ordered):
            random.shuffle(self._result_cache)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QuerySet, "_fetch_all", fetch_shuffled)
        yield


@pytest.fixture(autouse=True)
def own_cache(settings: Settings) -> None:
    """Keep the cache of each test apart, for workers of xdist share the server and nobody may empty it."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}


@pytest.fixture
def at() -> datetime:
    """A Wednesday noon two days after the notice."""
    return NOW


@pytest.fixture
def province(db: None, at: datetime) -> Iterator[None]:
    """A database as after set-up: baseline rules and signing keys valid since 1 July 2020."""
    install_baseline(by=None, at=at)
    rotate_code_keys(by=None, at=datetime(2020, 7, 1, tzinfo=CHINA))
    forget_keys()
    yield
    forget_keys()


@pytest.fixture
def client() -> StrictClient:
    """A browser that nobody has signed in with; it refuses pages which break the house's promises."""
    return StrictClient()


@pytest.fixture
def sign_in() -> Callable[[Account], StrictClient]:
    """Return a browser with which ``account`` has signed in."""

    def signed_in(account: Account) -> StrictClient:
        browser = StrictClient()
        browser.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return signed_in
