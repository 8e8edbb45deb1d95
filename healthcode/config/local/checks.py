"""``./run test``: every check of the project, then every test. ``./run check``: the checks alone."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from healthcode.config.catalogues import compile_catalogues
from healthcode.config.local import servers
from healthcode.config.local.browser import find_chromium, provide_chromium
from healthcode.config.local.environment import make_secrets
from healthcode.config.local.folders import ROOT, LocalError, folders_of

CODE = ["healthcode", "appeals", "venues", "family", "tests", "manage.py"]
HERE = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]
PRODUCTION = {"HC_DEMO": "0", "HC_TESTING": "0", "HC_ALLOWED_HOSTS": "example.org"}
CHECKS: dict[str, tuple[list[str], dict[str, str]]] = {
    "lint": ([str(HERE / "ruff"), "check", "."], {}),
    "format": ([str(HERE / "ruff"), "format", "--check", "."], {}),
    "imports": ([str(HERE / "lint-imports")], {}),
    "templates": ([str(HERE / "djlint"), "templates", "--lint", "--check", "--quiet"], {}),
    "migrations": ([*MANAGE, "makemigrations", "--check", "--dry-run"], {}),
    "deployment": ([*MANAGE, "check", "--deploy", "--fail-level=WARNING"], PRODUCTION),
    "types": ([str(HERE / "mypy"), *CODE], {}),
}


def main(arguments: list[str]) -> int:
    """Run what is asked: ``check``, ``test``, or ``test`` with pytest's own arguments; return the exit status."""
    os.chdir(ROOT)
    compile_catalogues(ROOT)
    wanted, *options = arguments
    try:
        if options:
            return run_pytest(options)
        if wanted == "test":
            os.environ["CHROMIUM"] = provide_chromium()
        if not all_checks_pass():
            return 1
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return run_pytest(["--numprocesses=auto", "--dist=loadgroup"]) if wanted == "test" else 0


def run_pytest(options: list[str]) -> int:
    """Become pytest; it starts servers of its own."""
    found = find_chromium()
    if found:
        os.environ["CHROMIUM"] = found
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *options])  # noqa: S606 - our own interpreter


def all_checks_pass() -> bool:
    """Run every check, show the output of those that fail, and tell whether all passed."""
    with tempfile.TemporaryDirectory(prefix="healthcode-", ignore_cleanup_errors=True) as data:
        folders = folders_of(Path(data))
        make_secrets(folders.secrets)
        os.environ.update(HC_DEMO="1", HC_SECRET_DIR=str(folders.secrets))
        with servers.started(folders, fast=True, scratch=True):
            return all([passes(title, command, more) for title, (command, more) in CHECKS.items()])


def passes(title: str, command: list[str], more: dict[str, str]) -> bool:
    """Run one check with ``more`` in its environment, print one line for it and, when it fails, what it said."""
    begun = time.monotonic()
    result = subprocess.run(command, env={**os.environ, **more}, capture_output=True, text=True, check=False)
    good = result.returncode == 0
    print(f"{'✓' if good else '✗'} {title:<12} {time.monotonic() - begun:6.1f} s", flush=True)
    if not good:
        print(result.stdout + result.stderr, flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
