"""Feeds in a real browser: the page of the interface, and a department from its first key to a fresh feed."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Playwright, expect

from healthcode.config.demo.cast import CITIZENS
from tests.e2e.browser import Visitor, chromium
from tests.e2e.system import ROOT, System
from tests.e2e.test_backoffice import DESK, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("system")]

CLIENT = ROOT / "static" / "clients" / "evidence_client.py"
SHOTS = os.environ.get("HC_SHOTS")
LOOKS: list[dict[str, Any]] = [{}, DESK, {"locale": "en-GB"}, {"color_scheme": "dark"}]


def check(visitor: Visitor, name: str) -> None:
    """Check the page; keep a picture of it where ``HC_SHOTS`` names a folder."""
    visitor.check(name)
    if SHOTS:
        width = visitor.page.evaluate("innerWidth")
        visitor.page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("look", LOOKS)
def test_the_page_of_the_interface(playwright: Playwright, system: System, look: dict[str, Any]) -> None:
    with chromium(playwright, system.url, **look) as visitor:
        page = visitor.open("/api/v1/")
        check(visitor, "interface" + "".join(look.get(name, "") for name in ("locale", "color_scheme")))
        expect(page.locator("main")).to_contain_text("unknown_retracted")
        with page.expect_download() as download:
            page.locator("a[download]").click()
        assert Path(download.value.path()).read_bytes() == CLIENT.read_bytes()


PAGES = [
    ("province", ["feed", "systemkey", "laterecord", "controlorderrequest", "controlorderrequest/add"]),
    ("supervisor", ["alarm", "heldbatch"]),
]


@pytest.mark.parametrize("look", [{}, DESK])
@pytest.mark.parametrize(("role", "pages"), PAGES)
def test_the_pages_of_feeds_orders_and_alarms_are_filled(
    playwright: Playwright, system: System, role: str, pages: list[str], look: dict[str, Any]
) -> None:
    with chromium(playwright, system.url, **look) as officer:
        sign_in(officer, role)
        check(officer, f"{role}-first")
        for name in pages:
            page = officer.open(f"/admin/healthcode/{name}/")
            check(officer, name.replace("/", "-"))
            if not name.endswith("add"):
                page.locator("#result_list tbody a").first.click()
                check(officer, f"{name}-one")


def run(*arguments: str | Path) -> str:
    """Run the client as a department does; return what it printed."""
    command = [sys.executable, "-I", str(CLIENT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_a_department_from_its_first_key_to_a_fresh_feed(
    playwright: Playwright, system: System, tmp_path: Path
) -> None:
    public = run("keygen", tmp_path / "key.pem")
    with chromium(playwright, system.url, **DESK) as officer:
        sign_in(officer, "province")
        page = officer.open("/admin/healthcode/systemkey/add/")
        page.locator("[name=source]").select_option(label="上海铁路局（sh-rail）")
        page.locator("[name=label]").fill("12306")
        page.locator("[name=public_key]").fill(public)
        page.locator("[name=commit]").click()
        key_id = page.locator("#result_list").get_by_text(re.compile(r"^sh-rail-[0-9a-f]+$")).first.inner_text()
        at = (timezone.now() - timedelta(hours=1)).isoformat()
        person = {"number": CITIZENS[0].number, "name": CITIZENS[0].name}
        (tmp_path / "rows.json").write_text(
            json.dumps([{"id": "e2e-1", "person": person, "kind": "arrival", "at": at}])
        )
        url = f"{system.url}/api/v1/evidence/"
        told = run("push", url, tmp_path / "rows.json", "--key-id", key_id, "--key", tmp_path / "key.pem")
        assert json.loads(told) == {"id": "e2e-1", "status": "recorded"}
        page = officer.open("/admin/healthcode/feed/sh-rail/change/")
        expect(page.locator("#content")).to_contain_text(key_id)
        expect(page.locator("#content")).to_contain_text("正常")
        check(officer, "feed-fresh")
