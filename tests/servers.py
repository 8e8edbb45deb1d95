"""pytest plugin: a database and a broker of their own for the tests, started before Django's settings are read.

Loaded by ``-p tests.servers``. The controller starts the servers and the workers of xdist inherit their addresses;
``DATABASE_URL`` and ``REDIS_URL`` set outside are used instead, to run the suite against another server. However the
run ends, ``kill -9`` included, the servers end with it and their folder is deleted.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from healthcode.config.catalogues import compile_catalogues
from healthcode.config.local import servers
from healthcode.config.local.environment import make_secrets
from healthcode.config.local.folders import ROOT, folders_of

LOOPBACK = "127.0.0.1,::1,localhost"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Start the servers; a wrapper, because pytest-django reads the settings in the same hook."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        stack = ExitStack()
        early_config.add_cleanup(stack.close)
        serve(stack)
    yield


def serve(stack: ExitStack) -> None:
    """Prepare the environment of the tests and start what it does not name; ``stack`` ends it."""
    compile_catalogues(ROOT)
    data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="healthcode-", ignore_cleanup_errors=True)))
    folders = folders_of(data)
    make_secrets(folders.secrets)
    os.environ.update(HC_TESTING="1", HC_DEMO="1", HC_SECRET_DIR=str(folders.secrets))
    stack.enter_context(servers.started(folders, fast=True, scratch=True))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Close the network to the tests, save for this machine: pytest-socket reads these two options afterwards."""
    config.option.allow_hosts = LOOPBACK
    config.option.allow_unix_socket = True
