"""Start, watch and stop one server through its guard."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from healthcode.config.local import guard
from healthcode.config.local.folders import LocalError

GUARD = Path(guard.__file__)


@dataclass(frozen=True)
class Recipe:
    """How one server is started and stopped.

    ``stops`` is signals and seconds of patience (``"INT:20,QUIT:5"``); ``held`` a file descriptor its guard keeps
    open (the checkout's lock); ``scratch`` folders deleted when the last process has ended.
    """

    name: str
    command: list[str]
    log: Path
    stops: str = "TERM:10"
    user: str | None = None
    folder: Path = Path("/")
    environment: dict[str, str] = field(default_factory=dict)
    held: int | None = None
    scratch: tuple[Path, ...] = ()


class Service:
    """A running server. Start it from the main thread: the guard dies with the thread that started it."""

    def __init__(self, recipe: Recipe) -> None:
        """Start the server; its output goes to the recipe's log, the log before it is kept as ``.1``."""
        self.recipe = recipe
        if recipe.log.exists():
            recipe.log.replace(recipe.log.with_suffix(".log.1"))
        options = ["--owner", str(os.getpid()), "--stop", recipe.stops, "--folder", str(recipe.folder)]
        options += ["--user", recipe.user] if recipe.user else []
        options += [f"--remove={folder}" for folder in recipe.scratch]
        with open(os.open(recipe.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as log:
            self.guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARD), *options, "--", *recipe.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **recipe.environment},
                start_new_session=True,
                pass_fds=() if recipe.held is None else (recipe.held,),
            )

    @property
    def name(self) -> str:
        """Name the server in messages."""
        return self.recipe.name

    def running(self) -> bool:
        """Tell whether the server still runs."""
        return self.guard.poll() is None

    def check(self) -> None:
        """Raise ``LocalError`` with the last lines of the log when the server has ended."""
        if not self.running():
            raise LocalError(f"The {self.name} ended ({self.ending()}).\n{self.last_lines()}")

    def ending(self) -> str:
        """Say how the server ended."""
        status = self.guard.returncode
        number = -status if status < 0 else status - 128
        return f"signal {number}" if number > 0 else f"exit status {status}"

    def last_lines(self, count: int = 20) -> str:
        """Return the end of the log."""
        lines = self.recipe.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-count:])

    def stop(self) -> None:
        """End the server and everything below it; return when all of it is gone."""
        if self.running():
            self.guard.terminate()
        self.guard.wait()

    def wait(self) -> int:
        """Wait for a command that ends by itself and return its exit status."""
        return self.guard.wait()
