"""A visitor with a real Chromium who notices what a page must never do."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Playwright, Request

FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--disable-gpu",
]
PHONE = {"width": 390, "height": 844}
# WCAG 2.2 AA and what is commonly asked beyond it. Stylesheets are not fetched again by axe itself.
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "preload": False,
}


class Visitor:
    """One browser window. `faults` collects CSP reports, script errors and requests to foreign hosts."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.faults: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.faults.append(f"{self.page.url}: {message.text}")

    def _request(self, request: Request) -> None:
        host = urlsplit(request.url)
        if host.scheme in ("http", "https") and host.hostname != urlsplit(self.url).hostname:
            self.faults.append(f"foreign request: {request.url}")

    def open(self, path: str) -> Page:
        """Go to a page of the system."""
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, phone: str) -> None:
        """Sign in by phone and the one-time code read in the on-screen inbox."""
        page = self.open("/sign-in/")
        page.locator("input[name=phone]").fill(phone)
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_url("**/sign-in/code/**")
        inbox = self.context.new_page()
        inbox.goto(f"{self.url}/inbox/")
        found = re.search(r"\b(\d{6})\b", inbox.locator("main").inner_text())
        inbox.close()
        assert found, "no one-time code in the inbox"
        page.locator("input[name=code]").fill(found.group(1))
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)

    def check(self, name: str) -> None:
        """Fail on an accessibility finding, a CSP report, an untranslated template or a sideways scroll."""
        result: Any = Axe().run(self.page, options=AXE)
        found = [f"{v['id']}: {[n['target'] for n in v['nodes']]}" for v in result.response["violations"]]
        assert not found, f"{name}: {found}"
        assert not self.faults, f"{name}: {self.faults}"
        assert "{{" not in self.page.content()
        wide = self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{name} scrolls sideways"


@contextmanager
def chromium(playwright: Playwright, url: str, **options: Any) -> Iterator[Visitor]:
    """Start a browser and yield its visitor; `camera` names a motion-JPEG file its fake camera shows."""
    camera: Path | None = options.pop("camera", None)
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    if camera is not None:
        flags += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        flags.append(f"--use-file-for-fake-video-capture={camera}")
    browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=flags)
    try:
        context = browser.new_context(
            **{"viewport": PHONE, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options}
        )
        context.set_default_timeout(15_000)
        yield Visitor(context, url)
    finally:
        browser.close()
