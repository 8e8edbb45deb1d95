"""``./run``: start the whole system, show where it is, and stop it all when told to or when one part ends."""

import http.client
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType

from rich.console import Console
from rich.markup import escape

from healthcode.config.catalogues import compile_catalogues
from healthcode.config.local import guard, servers, valkey
from healthcode.config.local.environment import prepare
from healthcode.config.local.folders import ROOT, Folders, LocalError, Lock, data_folder, folders_of
from healthcode.config.local.processes import Recipe, Service

MANAGE = [sys.executable, str(ROOT / "manage.py")]
CELERY = [sys.executable, "-m", "celery", "--app", "healthcode.config"]
console = Console(highlight=False)


class Told(BaseException):
    """The person at the terminal, or the system, said stop."""


def on_signal(number: int, frame: FrameType | None) -> None:
    """Turn a signal into the end of the start or of the watch."""
    raise Told


def main() -> int:
    """Run the system until Ctrl-C (status 0) or until a part of it ends (status 1)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    guard.become_subreaper()
    try:
        with ExitStack() as stack:
            stack.callback(guard.sweep, patience=0.0)
            System(stack).run()
    except LocalError as error:
        console.print("[bold red]✗[/]", escape(str(error)), soft_wrap=True)
        return 1
    except Told:
        console.print("Stopped.")
    return 0


class System:
    """The parts of one running system; what is started is undone by ``stack`` in the opposite order."""

    def __init__(self, stack: ExitStack) -> None:
        """Choose the address; nothing is started yet."""
        self.stack = stack
        self.services: list[Service] = []
        self.host, self.port = address()
        self.folders: Folders = folders_of(data_folder())
        self.lock = Lock(self.folders.data)

    def run(self) -> None:
        """Start everything in order of need, the page first, and watch it."""
        if not self.lock.take():
            raise LocalError(self.lock.refusal())
        if not valkey.is_free(self.host, self.port):
            raise LocalError(f"Port {self.port} is in use by another program; choose one: HC_PORT=8001 ./run")
        prepare(self.folders)
        compile_catalogues(ROOT)
        self.stack.callback(hush)
        self.step("Database and broker", self.start_servers)
        self.step("Tables", self.make_tables)
        self.step("Web", self.start_web)
        console.print(f"\n  [bold]http://{self.host}:{self.port}/[/]\n")
        self.start(
            "worker", [*CELERY, "worker", "--concurrency=2", "--without-gossip", "--without-mingle"], "TERM:10,QUIT:5"
        )
        self.start("beat", [*CELERY, "beat", "--pidfile="])
        if os.environ["HC_DEMO"] == "1":
            self.step("Demo people", lambda: self.finish("seed_demo"))
            console.print(self.output("seed_demo"), markup=False, soft_wrap=True)
        console.print("Running. Ctrl-C stops everything; nothing is lost.")
        self.watch()

    def step(self, title: str, work: Callable[[], None]) -> None:
        """Do one step of the start and say that it is done and how long it took."""
        begun = time.monotonic()
        with console.status(f"{title} …"):
            work()
        console.print(f"[green]✓[/] {title} [dim]{time.monotonic() - begun:.1f} s[/]")

    def start_servers(self) -> None:
        """Start the database and the broker and let other commands of this checkout use them."""
        running = self.stack.enter_context(servers.started(self.folders, held=self.lock.fd))
        self.services += running.services
        self.lock.publish(running.environment)

    def make_tables(self) -> None:
        """Bring the tables, and what an installation needs in them, up to the code."""
        self.finish("migrate", "--no-input")
        self.finish("set_up")

    def start_web(self) -> None:
        """Start the web server and wait for its first page."""
        options = ["--interface=wsgi", "--http=1", "--no-ws", "--workers=2", "--blocking-threads=8"]
        listen = [f"--host={self.host}", f"--port={self.port}"]
        command = [sys.executable, "-m", "granian", *options, *listen, "healthcode.config.wsgi:application"]
        web = self.start("web server", command, "TERM:8")
        deadline = time.monotonic() + 60
        while not self.page_answers():
            web.check()
            if time.monotonic() > deadline:
                raise LocalError(f"The web server did not answer within 60 s.\n{web.last_lines()}")
            time.sleep(0.1)

    def page_answers(self) -> bool:
        """Tell whether the first page is served."""
        line = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            line.request("GET", "/", headers={"Host": "localhost"})
            return line.getresponse().status < 500
        except OSError:
            return False
        finally:
            line.close()

    def start(self, name: str, command: list[str], stops: str = "TERM:10") -> Service:
        """Start a part that runs until the end."""
        service = self.launch(name, command, stops)
        self.services.append(service)
        return service

    def launch(self, name: str, command: list[str], stops: str) -> Service:
        """Start a process of the project under a guard."""
        log = self.folders.logs / f"{name.replace(' ', '_')}.log"
        service = Service(Recipe(name, command, log, stops=stops, folder=ROOT, held=self.lock.fd))
        self.stack.callback(service.stop)
        return service

    def finish(self, *command: str) -> None:
        """Run a management command to its end; raise ``LocalError`` with its last lines when it fails."""
        service = self.launch(command[0], [*MANAGE, *command], "TERM:5")
        while service.running():
            self.check()
            time.sleep(0.05)
        if service.guard.returncode != 0:
            service.check()

    def output(self, command: str) -> str:
        """Return what a management command printed."""
        return (self.folders.logs / f"{command}.log").read_text(encoding="utf-8")

    def check(self) -> None:
        """Raise ``LocalError`` when a part has ended."""
        for service in self.services:
            service.check()

    def watch(self) -> None:
        """Watch until a part ends (``LocalError``) or a signal says stop (``Told``)."""
        while True:
            self.check()
            time.sleep(0.2)


def address() -> tuple[str, int]:
    """Return where the pages are served; raise ``LocalError`` when ``HC_PORT`` is no port."""
    text = os.environ.get("HC_PORT", "8000")
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise LocalError(f"HC_PORT must be a port number, not {text!r}.")
    return os.environ.get("HC_HOST", "127.0.0.1"), int(text)


def hush() -> None:
    """Let the stopping, which has begun and is bounded, not be interrupted by a second Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
