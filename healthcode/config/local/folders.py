"""Where a checkout keeps what its servers write, and the lock that lets only one start own it.

Everything lives in ``.data`` beside the code, with one exception: PostgreSQL refuses to run as root, so for root
its cluster belongs to ``nobody`` and stands in a folder of /var/tmp named after this checkout and this ``.data``.
Deleting ``.data`` therefore always means starting afresh.
"""

import fcntl
import hashlib
import json
import os
import secrets
import stat
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent.parent
SERVER_ACCOUNT = "nobody"
# sun_path holds 107 bytes; "/.s.PGSQL.5432" and ".lock" are added by the server.
LONGEST_SOCKET_FOLDER = 85


class LocalError(Exception):
    """A start that can't go on. The text is one sentence for the person at the terminal."""


@dataclass(frozen=True)
class Folders:
    """The folders of one checkout; ``cluster_home`` and ``sockets`` may be used by the server account."""

    data: Path
    cluster_home: Path
    sockets: Path

    @property
    def secrets(self) -> Path:
        """Hold one file per secret; only the owner may look in."""
        return self.data / "secrets"

    @property
    def logs(self) -> Path:
        """Hold one log per server, and the log of the start before as ``.1``."""
        return self.data / "logs"


def data_folder() -> Path:
    """Return the data folder of this checkout; ``HC_DATA_DIR`` names another one."""
    return Path(os.environ.get("HC_DATA_DIR") or ROOT / ".data").absolute()


def as_root() -> bool:
    """Tell whether the servers have to change to another account."""
    return os.geteuid() == 0


def private_folder(path: Path, mode: int = 0o700) -> Path:
    """Make ``path`` if it is missing and return it; raise ``LocalError`` when it is another account's.

    A name in a shared folder can be taken by anybody first, so the owner is always checked.
    """
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise LocalError(f"{path} belongs to another account; remove it and start again.")
    path.chmod(mode)
    return path


def instance_of(data: Path) -> str:
    """Return the random name given to ``data`` when it was made."""
    path = data / "instance"
    if not path.exists():
        write_once(path, secrets.token_hex(16))
    return path.read_text(encoding="ascii")


def write_once(path: Path, text: str) -> None:
    """Write a small private file whole or not at all; an existing one is left as it is."""
    side = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(side, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(side, path)
    except FileExistsError:
        pass
    finally:
        side.unlink()


def folders_of(data: Path) -> Folders:
    """Make and return the folders that belong to the data folder ``data``."""
    private_folder(data)
    mark = hashlib.sha256(f"{data.resolve()} {instance_of(data)}".encode()).hexdigest()[:12]
    if as_root():
        home = private_folder(Path("/var/tmp") / f"healthcode-{mark}", 0o711)  # noqa: S108 - owner is checked
        sockets = home / "run"
    else:
        home = data
        sockets = data / "run"
        if len(os.fsencode(sockets)) > LONGEST_SOCKET_FOLDER:
            sockets = Path(tempfile.gettempdir()) / f"healthcode-{os.geteuid()}-{mark}"
    folders = Folders(data=data, cluster_home=home, sockets=sockets)
    private_folder(folders.secrets)
    private_folder(folders.logs)
    return folders


def started_at(pid: int) -> str | None:
    """Return the kernel's start time of a process, which tells a reused number apart; None when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        return None


@dataclass(frozen=True)
class Owner:
    """Who holds the lock of a checkout, and the environment of its servers once they are up."""

    pid: int
    started: str | None
    command: str
    environment: dict[str, str] | None

    def alive(self) -> bool:
        """Tell whether the process that wrote this still runs."""
        return self.started is not None and started_at(self.pid) == self.started


class Lock:
    """The lock of one data folder.

    The kernel keeps it for as long as this process or one of the guards it started lives, so that after a
    ``kill -9`` the next start waits until the last server has stopped.
    """

    def __init__(self, data: Path) -> None:
        """Open the lock file without taking the lock."""
        self.path = data / "lock"
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)

    def owner(self) -> Owner | None:
        """Return who wrote the lock file last; None when it is empty or being written."""
        try:
            content: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
            return Owner(**content)
        except (ValueError, TypeError):
            return None

    def take(self, patience: float = 30.0) -> bool:
        """Take the lock; False when a living process holds it.

        Waits up to ``patience`` seconds for the servers of a killed owner to stop, then raises ``LocalError``.
        """
        deadline = time.monotonic() + patience
        while not self._try():
            owner = self.owner()
            if owner and owner.alive():
                return False
            if time.monotonic() > deadline:
                raise LocalError(f"Servers of an earlier start still use {self.path.parent}; try again later.")
            time.sleep(0.1)
        self.publish(None)
        return True

    def refusal(self) -> str:
        """Say to a second start who holds the lock."""
        owner = self.owner()
        who = f"{owner.command} (process {owner.pid})" if owner else "Another start"
        return f"{who} already runs with {self.path.parent}; stop it first."

    def publish(self, environment: dict[str, str] | None) -> None:
        """Write who holds the lock and, once the servers are up, how to reach them."""
        pid = os.getpid()
        command = " ".join(["./run", *sys.argv[1:]])
        content = {"pid": pid, "started": started_at(pid), "command": command, "environment": environment}
        encoded = json.dumps(content).encode()
        os.pwrite(self.fd, encoded, 0)
        os.ftruncate(self.fd, len(encoded))

    def _try(self) -> bool:
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
