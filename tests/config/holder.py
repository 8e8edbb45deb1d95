"""Hold the servers of a data folder until killed: ``python -m tests.config.holder FOLDER``. For the chaos tests."""

import json
import os
import signal
import sys
from pathlib import Path

from healthcode.config.local import servers
from healthcode.config.local.folders import LocalError, Lock, folders_of


def main(data: Path) -> None:
    """Start the servers, print their addresses as JSON on one line, and wait."""
    folders = folders_of(data)
    lock = Lock(data)
    if not lock.take():
        raise SystemExit(lock.refusal())
    try:
        with servers.started(folders, held=lock.fd) as running:
            sys.stdout.write(json.dumps({**running.environment, "home": str(folders.cluster_home)}) + "\n")
            sys.stdout.flush()
            signal.pause()
    except LocalError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("REDIS_URL", None)
    main(Path(sys.argv[1]))
