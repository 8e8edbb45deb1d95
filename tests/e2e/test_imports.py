"""Importing a department's file in a real browser: upload, preview, confirmation, and the code that follows."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Playwright, expect

from healthcode.domain.identity import make_resident_number
from tests.e2e.browser import PHONE, chromium
from tests.e2e.system import System
from tests.e2e.test_backoffice import DESK, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("system")]


def a_file(folder: Path, index: int) -> Path:
    """Write a positive test of somebody nobody knows, and a row that is refused."""
    number = make_resident_number("330106", date(1971, 2, 3), index)
    yesterday = f"{timezone.localdate() - timedelta(days=1)} 09:00"
    path = folder / "tests.csv"
    rows = [
        "编号,姓名,证件号码,类型,时间,结果",
        f"e2e-{index},沈一,{number},核酸检测,{yesterday},阳性",
        f"e2e-x,沈二,1,核酸检测,{yesterday},阴性",
    ]
    path.write_text("\n".join(rows), encoding="gb18030")
    return path


@pytest.mark.parametrize(("index", "look"), [(701, DESK), (702, {"viewport": PHONE})])
def test_a_file_is_shown_and_then_recorded(
    playwright: Playwright, system: System, tmp_path: Path, index: int, look: dict[str, Any]
) -> None:
    with chromium(playwright, system.url, **look) as officer:
        sign_in(officer, "province")
        page = officer.open("/admin/healthcode/evidencebatch/")
        page.locator(".object-tools a[href$='/import/']").click()
        officer.check("import")
        page.locator("[name=source]").select_option(label="省卫生健康委（zj-health）")
        page.locator("[name=file]").set_input_files(a_file(tmp_path, index))
        page.locator(".submit-row [type=submit]").first.click()
        page.wait_for_url("**/import/*-*/")
        officer.check("preview")
        expect(page.locator("#content-main")).to_contain_text("沈*")
        page.locator(".submit-row [type=submit]").first.click()
        page.wait_for_url("**/change/")
        expect(page.locator(".messagelist .success")).to_be_visible()
        officer.check("imported")
