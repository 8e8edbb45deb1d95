"""A database of the measurements' own, made before and dropped after; the one the system runs on is not touched."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection

from healthcode.domain.instants import CHINA
from healthcode.services.installation import install_sources
from healthcode.services.rules import install_baseline

NOON = datetime(2020, 7, 8, 12, tzinfo=CHINA)


@contextmanager
def own_database() -> Iterator[None]:
    """Work in a new database with baseline rules and sources, and drop it afterwards, whatever happens."""
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        install_baseline(by=None, at=NOON)
        install_sources(by=None, at=NOON)
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def run(sql: str, given: Mapping[str, Any]) -> None:
    """Execute one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
