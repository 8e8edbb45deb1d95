"""The database and the broker together, for the time of a ``with`` block."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from healthcode.config.local import postgres, valkey
from healthcode.config.local.environment import secret_in
from healthcode.config.local.folders import Folders
from healthcode.config.local.processes import Service


@dataclass
class Servers:
    """The servers started here and what leads to them; empty where production's own are used."""

    services: list[Service] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)


class Start(Protocol):
    """What ``postgres.start`` and ``valkey.start`` have in common."""

    def __call__(
        self, folders: Folders, password: str, *, fast: bool, held: int | None, scratch: tuple[Path, ...]
    ) -> tuple[Service, str]:
        """Start a server and return it with its URL."""


PARTS: dict[str, tuple[str, Start]] = {
    "DATABASE_URL": ("database_password", postgres.start),
    "REDIS_URL": ("broker_password", valkey.start),
}


@contextmanager
def started(
    folders: Folders, *, fast: bool = False, held: int | None = None, scratch: bool = False
) -> Iterator[Servers]:
    """Run the servers whose URL the environment does not name, and name them in it meanwhile.

    ``fast`` gives up safety against a crash of the machine. ``held`` is the lock's file descriptor. ``scratch``
    deletes the data folder at the end. Stops in the opposite order of starting. Raises ``LocalError``.
    """
    running = Servers()
    rubbish = {"DATABASE_URL": (folders.cluster_home, folders.data), "REDIS_URL": (folders.data / "valkey",)}
    with ExitStack() as stack:
        for variable, (secret, start) in PARTS.items():
            if os.environ.get(variable):
                continue
            password = secret_in(folders.secrets, secret)
            waste = rubbish[variable] if scratch else ()
            service, url = start(folders, password, fast=fast, held=held, scratch=waste)
            stack.callback(service.stop)
            running.services.append(service)
            running.environment[variable] = url
        os.environ.update(running.environment)
        try:
            yield running
        finally:
            for variable in running.environment:
                del os.environ[variable]
