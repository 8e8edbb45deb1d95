"""``./run <command>``: ``manage.py <command>`` with the database and the broker at hand."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from healthcode.config.catalogues import compile_catalogues
from healthcode.config.local import guard, servers
from healthcode.config.local.environment import prepare
from healthcode.config.local.folders import ROOT, Folders, LocalError, Lock, data_folder, folders_of

# Need neither database, broker nor secrets, and start at once.
NO_SERVERS = {"decide", "help", "--help", "-h", "version", "--version", "compile_catalogues"}
NO_SERVERS |= {"make_root", "sign_publisher"}
# Look after the tables themselves, so they are not made first.
OWN_TABLES = {"migrate", "makemigrations", "showmigrations", "sqlmigrate", "check", "set_up"}
MANAGE = [sys.executable, str(ROOT / "manage.py")]


def main(arguments: list[str]) -> int:
    """Run one management command and return its exit status."""
    name = arguments[0]
    if name == "compile_catalogues":
        for path in compile_catalogues(ROOT):
            print(path.relative_to(ROOT))
        return 0
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "healthcode.config.settings")
    if name in NO_SERVERS or (name == "verify_code" and "--keys" in arguments):
        os.environ["HC_OFFLINE"] = "1"
        execute_from_command_line(["./run", *arguments])
        return 0
    try:
        return with_servers(arguments)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1


def with_servers(arguments: list[str]) -> int:
    """Use the servers that run in this checkout, or run them for as long as the command takes."""
    folders = folders_of(data_folder())
    prepare(folders)
    compile_catalogues(ROOT)
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return attached(arguments, {})
    users = Users(folders.data)
    lock = Lock(folders.data)
    while not lock.take():
        users.share()
        environment = running_environment(lock)
        if environment is not None:
            return attached(arguments, environment)
        users.leave()
    return owned(arguments, folders, lock, users)


class Users:
    """Who uses servers that another command started: that command waits for them before it stops the servers."""

    def __init__(self, data: Path) -> None:
        """Open the file that stands for the servers' users."""
        self.fd = os.open(data / "users", os.O_RDWR | os.O_CREAT, 0o600)
        os.set_inheritable(self.fd, True)  # it stays held by the command this process becomes

    def share(self) -> None:
        """Become a user, after any stop that has begun."""
        fcntl.flock(self.fd, fcntl.LOCK_SH)

    def leave(self) -> None:
        """Be a user no longer."""
        fcntl.flock(self.fd, fcntl.LOCK_UN)

    def wait(self) -> None:
        """Wait until nobody else uses the servers, and keep newcomers waiting."""
        fcntl.flock(self.fd, fcntl.LOCK_EX)


def running_environment(lock: Lock) -> dict[str, str] | None:
    """Return the addresses of the servers that run in this checkout; None while they start or stop."""
    owner = lock.owner()
    return owner.environment if owner and owner.alive() else None


def attached(arguments: list[str], environment: dict[str, str]) -> int:
    """Become the command, with servers somebody else runs."""
    os.environ.update(environment)
    os.execv(MANAGE[0], [*MANAGE, *arguments])  # noqa: S606 - our own interpreter and script


def owned(arguments: list[str], folders: Folders, lock: Lock, users: Users) -> int:
    """Run the servers and the command below this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the command's; it reaches both
    guard.become_subreaper()
    with servers.started(folders, held=lock.fd) as running:
        if arguments[0] not in OWN_TABLES:
            make_tables()
        lock.publish(running.environment)
        status = run_child([*MANAGE, *arguments])
        users.wait()
        lock.publish(None)
    return status


def make_tables() -> None:
    """Bring the tables, and what an installation needs in them, up to the code before a command that uses them."""
    for step in (["migrate", "--no-input", "--verbosity=0"], ["set_up"]):
        result = subprocess.run([*MANAGE, *step], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise LocalError(f"{step[0]} failed:\n{result.stdout}{result.stderr}")


def run_child(command: list[str]) -> int:
    """Run a command in the foreground; a stop signal to this process goes on to it."""

    def prepare_child() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        guard.die_with_parent(signal.SIGTERM)

    child = subprocess.Popen(command, preexec_fn=prepare_child)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, frame: child.send_signal(caught))
    status = child.wait()
    return 128 - status if status < 0 else status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
