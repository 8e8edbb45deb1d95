"""Find the Chromium that the browser tests drive, with fonts that can draw Chinese."""

import os
import shutil
import subprocess

from healthcode.config.local.folders import LocalError, as_root

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PACKAGES = ["chromium", "fonts-noto-cjk"]


def find_chromium() -> str | None:
    """Return the Chromium named by ``CHROMIUM`` or on the PATH, None when there is none."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else list(NAMES)
    return next((found for name in candidates if (found := shutil.which(name))), None)


def draws_chinese() -> bool:
    """Tell whether a Chinese font is installed; a system that can't say is trusted."""
    fc_list = shutil.which("fc-list")
    if not fc_list:
        return True
    result = subprocess.run([fc_list, ":lang=zh-cn", "family"], capture_output=True, check=False)
    return bool(result.stdout.strip())


def install() -> None:
    """Install Chromium and the fonts with apt; raise ``LocalError`` when that fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print("Installing", *PACKAGES, "…", flush=True)
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *PACKAGES],
    ):
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise LocalError(f"{' '.join(command)} failed: {result.stderr.strip()}")


def provide_chromium() -> str:
    """Return a Chromium that can draw Chinese, installing it as root on Debian.

    Raises ``LocalError``, one sentence, when it is missing and can't be installed: the browser tests are never
    skipped in silence.
    """
    if not (find_chromium() and draws_chinese()) and as_root() and shutil.which("apt-get"):
        install()
    found = find_chromium()
    if not found:
        raise LocalError("The browser tests need Chromium: install it or name it in CHROMIUM.")
    if not draws_chinese():
        raise LocalError("The browser tests need a Chinese font: install fonts-noto-cjk.")
    return found
