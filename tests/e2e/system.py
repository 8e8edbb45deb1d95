"""The whole system as `./run` starts it, in a folder of its own, for the browser tests."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from healthcode.config.local import valkey

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240


class System(NamedTuple):
    """A running system: where it is served, its log, and the environment of commands that use it."""

    url: str
    log: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> str:
        """Run a management command as `./run` does, and return what it printed."""
        command = [sys.executable, "-m", "healthcode.config.local.command", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def running_system(data: Path) -> Iterator[System]:
    """Start the system, wait until its people are there, and stop it at the end."""
    port = valkey.free_port()
    outside = {
        k: v
        for k, v in os.environ.items()
        if k not in {"HC_TESTING", "HC_SECRET_DIR", "HC_DEMO", "REDIS_URL", "DATABASE_URL"}
    }
    environment = {
        **outside,
        "HC_DATA_DIR": str(data),
        "HC_PORT": str(port),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    log = data / "run.log"
    with log.open("w") as output:
        command = [sys.executable, "-m", "healthcode.config.local.supervisor"]
        supervisor = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            _wait(supervisor, log)
            yield System(f"http://127.0.0.1:{port}", log, environment)
        finally:
            supervisor.terminate()
            supervisor.wait(timeout=60)


def _wait(supervisor: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while "Running. Ctrl-C" not in log.read_text():
        if supervisor.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"the system did not start:\n{log.read_text()}")
        time.sleep(0.3)
