"""Every page that a visitor can open, in every look: accessible, CSP-clean, no sideways scroll at 320 px."""

from typing import Any

import pytest
from playwright.sync_api import Playwright

from healthcode.config.demo.cast import PASSWORD
from tests.e2e.browser import Visitor, chromium
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("system")]

PUBLIC = ["/", "/sign-in/", "/inbox/", "/rules/", "/gate/sign-in/", "/gate/offline/", "/admin/login/", "/no-such-page/"]
CITIZEN = ["/code/", "/code/why/", "/code/history/", "/code/paper/", "/declare/", "/apply/"]
GUARD = ["/gate/", "/gate/no-phone/"]
LOOKS: dict[str, dict[str, Any]] = {
    "normal": {},
    "narrow": {"viewport": {"width": 320, "height": 640}},
    "dark": {"color_scheme": "dark"},
    "English": {"locale": "en-GB"},
    "care": {"cookie": ("care", "on")},
    "wide": {"viewport": {"width": 1280, "height": 900}},
}


@pytest.fixture(params=LOOKS)
def look(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(LOOKS[request.param])


def visit(visitor: Visitor, paths: list[str]) -> None:
    for path in paths:
        visitor.open(path)
        visitor.check(path)


def wear(visitor: Visitor, cookie: tuple[str, str] | None) -> None:
    if cookie:
        visitor.context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": visitor.url}])


def test_public_pages(playwright: Playwright, system: System, look: dict[str, Any]) -> None:
    cookie = look.pop("cookie", None)
    with chromium(playwright, system.url, **look) as visitor:
        wear(visitor, cookie)
        visit(visitor, PUBLIC)


@pytest.fixture(scope="module")
def states() -> dict[str, Any]:
    """The cookies of those who have signed in: one one-time code each, whatever they wear."""
    return {}


@pytest.mark.parametrize(("phone", "paths"), [("13800000001", CITIZEN), ("13800000002", ["/code/", "/code/why/"])])
def test_citizen_pages(
    playwright: Playwright, system: System, look: dict[str, Any], phone: str, paths: list[str], states: dict[str, Any]
) -> None:
    cookie = look.pop("cookie", None)
    with chromium(playwright, system.url, storage_state=states.get(phone), **look) as visitor:
        if phone not in states:
            visitor.sign_in(phone)
            states[phone] = visitor.context.storage_state()
        wear(visitor, cookie)
        visit(visitor, paths)


def test_gate_pages(playwright: Playwright, system: System, look: dict[str, Any], states: dict[str, Any]) -> None:
    cookie = look.pop("cookie", None)
    with chromium(playwright, system.url, storage_state=states.get("gate"), **look) as visitor:
        if "gate" not in states:
            page = visitor.open("/gate/sign-in/")
            page.locator("[name=username]").fill("gate-school")
            page.locator("[name=password]").fill(PASSWORD)
            page.locator("main form button[type=submit]").first.click()
            page.wait_for_url("**/gate/")
            states["gate"] = visitor.context.storage_state()
        wear(visitor, cookie)
        visit(visitor, GUARD)
