"""Every page that a visitor can open, in every look: accessible, CSP-clean, no sideways scroll at 320 px."""

from typing import Any

import pytest
from playwright.sync_api import Playwright

from healthcode.config.demo.cast import PASSWORD
from tests.e2e.browser import Visitor, chromium
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("system")]

PUBLIC = ["/", "/sign-in/", "/inbox/", "/rules/", "/gate/sign-in/", "/admin/login/", "/no-such-page/"]
CITIZEN = ["/code/", "/code/why/", "/code/history/", "/declare/", "/apply/"]
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


@pytest.mark.parametrize(("phone", "paths"), [("13800000001", CITIZEN), ("13800000002", ["/code/", "/code/why/"])])
def test_citizen_pages(
    playwright: Playwright, system: System, look: dict[str, Any], phone: str, paths: list[str]
) -> None:
    cookie = look.pop("cookie", None)
    with chromium(playwright, system.url, **look) as visitor:
        wear(visitor, cookie)
        visitor.sign_in(phone)
        visit(visitor, paths)


def test_gate_pages(playwright: Playwright, system: System, look: dict[str, Any]) -> None:
    cookie = look.pop("cookie", None)
    with chromium(playwright, system.url, **look) as visitor:
        wear(visitor, cookie)
        page = visitor.open("/gate/sign-in/")
        page.locator("[name=username]").fill("gate-school")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_url("**/gate/")
        visit(visitor, GUARD)
