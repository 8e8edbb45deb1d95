"""The back office in a real browser: every page a role can reach, and an officer who records and withdraws."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Playwright, expect

from healthcode.config.demo.cast import CITIZENS, PASSWORD
from tests.e2e.browser import Visitor, chromium
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("system")]

DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
ROLES = ["province", "xihu", "areas", "auditor", "operator"]


def sign_in(visitor: Visitor, username: str) -> None:
    page = visitor.open("/admin/login/")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").last.click()
    page.wait_for_url("**/admin/")


def links(visitor: Visitor, part: str) -> list[str]:
    """Return the pages of the back office that the page's `part` links to, each once."""
    found = visitor.page.locator(f"{part} a[href]").evaluate_all("nodes => nodes.map(node => node.href)")
    paths = (urlsplit(str(href)).path for href in found)
    return list(dict.fromkeys(path for path in paths if path.startswith("/admin/") and "logout" not in path))


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role(playwright: Playwright, system: System, role: str) -> None:
    with chromium(playwright, system.url, **DESK) as officer:
        sign_in(officer, role)
        officer.check(f"{role}, first page")
        lists = [path for path in links(officer, "#content") if path != "/admin/"]
        assert lists
        for path in lists:
            officer.open(path)
            officer.check(f"{role}, {path}")
            details = [to for to in links(officer, "#result_list, #changelist") if to.startswith(path) and to != path]
            for to in details[:1]:
                officer.open(to)
                officer.check(f"{role}, {to}")


@pytest.mark.parametrize(
    "look", [{"locale": "en-GB"}, {"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 844}}]
)
def test_the_first_page_in_every_look(playwright: Playwright, system: System, look: dict[str, Any]) -> None:
    with chromium(playwright, system.url, **{**DESK, **look}) as officer:
        sign_in(officer, "xihu")
        officer.check(f"first page, {look}")
        officer.open("/admin/healthcode/person/")
        officer.check(f"people, {look}")


def test_an_officer_finds_her_people_and_not_their_numbers(playwright: Playwright, system: System) -> None:
    with chromium(playwright, system.url, **DESK) as officer:
        sign_in(officer, "xihu")
        page = officer.open("/admin/healthcode/person/")
        page.locator("#searchbar").fill(CITIZENS[0].number)
        page.locator("#changelist-search [type=submit]").click()
        expect(page.locator("#result_list tbody tr")).to_have_count(1)
        expect(page.locator("#result_list")).to_contain_text("张*明")
        assert CITIZENS[0].number not in page.url
        assert CITIZENS[0].number not in page.content()
