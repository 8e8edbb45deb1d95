"""Fixtures of the browser tests: one running system for all of them, one Playwright."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.e2e.system import System, running_system


@pytest.fixture(scope="session")
def system() -> Iterator[System]:
    """The whole system with its demonstration people."""
    # Not pytest's tmp_path: the path of a Unix socket may have 107 bytes at most.
    with (
        tempfile.TemporaryDirectory(prefix="hc-", ignore_cleanup_errors=True) as data,
        running_system(Path(data)) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def module_playwright() -> Iterator[Playwright]:
    """Playwright for a module none of whose tests uses the database."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture
def playwright() -> Iterator[Playwright]:
    """Playwright for one test, so that no event loop is left running for tests that use the database."""
    with sync_playwright() as driver:
        yield driver
