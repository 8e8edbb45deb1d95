"""Run one server and make sure that nothing of it outlives its owner.

``python -I -S guard.py OPTIONS -- COMMAND`` starts COMMAND in a session of its own and waits. When the owner dies
in whatever way, or the guard is told to stop, or COMMAND ends, the guard ends COMMAND and every process that
descends from it, then exits with COMMAND's status (128 + n after signal n).

How it holds: the kernel tells the guard of its owner's death (PR_SET_PDEATHSIG; the parent number is watched too,
which closes the moment before that call), and processes orphaned below the guard become its own children
(PR_SET_CHILD_SUBREAPER), so they can't escape by losing their parent. Should the guard itself be killed, COMMAND
gets the last of its stop signals from the kernel, and the owner, a subreaper too, sweeps what remains.

It runs as a bare script, so it imports the standard library only: a guard costs about 10 MB and 30 ms.
"""

import argparse
import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
WATCHED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}


def process_control(option: int, value: int) -> None:
    """Call prctl(2); a system that has none (macOS) is served by watching the parent number."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def become_subreaper() -> None:
    """Make orphans among this process's descendants its own children."""
    process_control(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number: int) -> None:
    """Have the kernel send signal ``number`` to this process when the thread that started it ends."""
    process_control(PR_SET_PDEATHSIG, number)


def living() -> Iterator[tuple[int, int]]:
    """Yield every process with its parent; zombies are left out."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = entry.read_text(errors="replace").rpartition(")")[2].split()[:2]
            if state != "Z":
                yield int(entry.parent.name), int(parent)


def descendants(pid: int) -> list[int]:
    """Return the numbers of all living processes below ``pid``."""
    children: dict[int, list[int]] = {}
    for child, parent in living():
        children.setdefault(parent, []).append(child)
    below = list(children.get(pid, ()))
    for child in below:  # grows while it is walked
        below.extend(children.get(child, ()))
    return below


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def reap(main: int) -> int | None:
    """Collect every child that has ended; return the status of ``main`` when it was among them."""
    status = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, code = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == main:
                status = os.waitstatus_to_exitcode(code)
    return status


def sweep(patience: float) -> None:
    """End every descendant: wait ``patience`` seconds for them to leave by themselves, then SIGKILL."""
    deadline = time.monotonic() + patience
    while left := descendants(os.getpid()):
        if time.monotonic() > deadline:
            for pid in left:
                send(pid, signal.SIGKILL)
        time.sleep(0.02)
        reap(0)


def parse_stops(text: str) -> list[tuple[int, float]]:
    """Read ``"INT:20,QUIT:5"`` as pairs of signal number and seconds of patience."""
    pairs = (step.split(":") for step in text.split(","))
    return [(signal.Signals[f"SIG{name}"], float(seconds)) for name, seconds in pairs]


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the guard's command line."""
    parser = argparse.ArgumentParser(description="Run a command that must not outlive its owner.")
    parser.add_argument("--owner", type=int, required=True, help="process number of the owner")
    parser.add_argument("--stop", default="TERM:10", help="signals and patience, e.g. INT:20,QUIT:5")
    parser.add_argument("--user", help="account that runs the command")
    parser.add_argument("--folder", default="/", help="working folder of the command")
    parser.add_argument("--remove", type=Path, action="append", default=[], help="folder deleted at the end")
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


def spawn(options: argparse.Namespace, mask: set[int | signal.Signals]) -> int:
    """Start the command in its own session under its account and return its process number."""
    last_signal = parse_stops(options.stop)[-1][0]

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        die_with_parent(last_signal)  # after the change of account, which clears it

    account = {} if options.user is None else {"user": options.user, "group": pwd.getpwnam(options.user).pw_gid}
    child = subprocess.Popen(
        options.command,
        cwd=options.folder,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=prepare,
        extra_groups=[] if account else None,
        **account,
    )
    child.returncode = 0  # reaped by waitpid in `reap`, not by Popen
    return child.pid


def wait_for_end(main: int, owner: int) -> int | None:
    """Wait until ``main`` ends and return its status, or None when the guard has to stop it."""
    while True:
        status = reap(main)
        if status is not None:
            return status
        if os.getppid() != owner:
            return None
        caught = signal.sigtimedwait(WATCHED, 1.0)
        if caught is not None and caught.si_signo != signal.SIGCHLD:
            return None


def stop(main: int, stops: list[tuple[int, float]]) -> int | None:
    """Send ``main`` one signal after the other until it ends; None when it outlasts them all."""
    for number, patience in stops:
        send(main, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            status = reap(main)
            if status is not None:
                return status
            signal.sigtimedwait({signal.SIGCHLD}, 0.1)
    return None


def main(arguments: list[str]) -> int:
    """Guard one command from its start to its end and return its status."""
    options = parse(arguments)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    die_with_parent(signal.SIGTERM)
    become_subreaper()
    if os.getppid() != options.owner:
        return 1
    pid = spawn(options, mask)
    status = wait_for_end(pid, options.owner)
    if status is None:
        status = stop(pid, parse_stops(options.stop))
    sweep(patience=1.0 if status is not None else 0.0)
    for folder in options.remove:
        shutil.rmtree(folder, ignore_errors=True)
    if status is None:
        return 128 + signal.SIGKILL
    return 128 - status if status < 0 else status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
