"""A blank page that may import our scripts: Chromium runs them on whatever a test hands over, without a server."""

import mimetypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, Playwright, Route

from tests.e2e.browser import FLAGS

ROOT = Path(__file__).resolve().parents[2]
# Never asked: every request is answered below. Chromium takes it for a secure context, as WebCrypto asks.
_HOST = "http://localhost"


def _answer(route: Route) -> None:
    path = urlsplit(route.request.url).path
    if not path.startswith("/static/"):
        route.fulfill(content_type="text/html", body="<!doctype html><title>scripts</title>")
        return
    file = ROOT / path.removeprefix("/")
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    route.fulfill(content_type=kind, body=file.read_bytes())


@contextmanager
def script_page(playwright: Playwright) -> Iterator[Page]:
    """Yield a page where ``await import("/static/js/…")`` works."""
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=flags)
    try:
        page = browser.new_page()
        page.route("**/*", _answer)
        page.goto(f"{_HOST}/")
        yield page
    finally:
        browser.close()
