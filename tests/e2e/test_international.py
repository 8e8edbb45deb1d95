"""The international version (N1.5): a visitor with a passport, in English from the first page to the code and back.

The trust list is filled through the back office by two people, as in life; the visitor then shows an EU certificate.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Playwright, expect

from healthcode.domain.instants import to_china
from healthcode.domain.qr import qr_png
from tests.e2e.browser import Visitor, chromium
from tests.e2e.system import System
from tests.e2e.test_backoffice import DESK, sign_in
from tests.healthcode.dcc_kit import HOLDER, TEST, Authority, authority, certificate

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("system")]

ENGLISH = {"locale": "en-GB"}
PHONE = "+46701234567"


def trust(playwright: Playwright, system: System, issuer: Authority, now: datetime) -> None:
    """Have Sweden proposed by the control office and approved by the leading group."""
    today = to_china(now).date()
    with chromium(playwright, system.url, **DESK) as office:
        sign_in(office, "province")
        page = office.open("/admin/healthcode/trustedissuer/add/")
        said = {
            "code": "eu-se",
            "name": "瑞典",
            "name_en": "Sweden",
            "keys": issuer.pem,
            "document": "浙防办〔2020〕40号",
        }
        span = {"valid_from": str(today - timedelta(days=9)), "valid_until": str(today + timedelta(days=90))}
        for name, value in {**said, **span}.items():
            page.locator(f"[name={name}]").fill(value)
        page.locator("[name=country]").select_option("SWE")
        page.locator("[name=uses][value=eu_certificate]").check()
        office.check("propose an issuer")
        page.locator("form [type=submit]").last.click()
        page.wait_for_url("**/trustedissuer/")
    with chromium(playwright, system.url, **DESK) as leader:
        sign_in(leader, "leaders")
        page = leader.open("/admin/healthcode/trustedissuer/")
        page.locator("#result_list a").first.click()
        page.locator("a[href$='/approve/']").click()
        expect(page.locator("#content")).to_contain_text(issuer.key.fingerprint)
        leader.check("approve an issuer")
        page.locator("form [type=submit]").last.click()
        page.wait_for_url("**/change/")


def go_on(page: Page) -> None:
    page.locator("button[value=next], main form button[type=submit]").first.click()


def apply_with_passport(visitor: Visitor, since: str) -> None:
    """Apply in English, with a fever."""
    visitor.check("home in English")
    visitor.sign_in(PHONE)
    page = visitor.open("/apply/")
    page.locator("[name=document_type]").select_option("passport")
    page.locator("[name=number]").fill("AA1234567")
    page.locator("[name=nationality]").select_option("SWE")
    page.locator("[name=name]").fill("Åström, Anna-Lena")
    visitor.check("apply with a passport")
    go_on(page)
    page.locator("[name=residence_code]").select_option("330106")
    go_on(page)
    page.locator("[name=stay_code]").select_option("330106")
    page.locator("[name=fever][value=yes]").check()
    page.locator("[name=fever_since]").fill(since)
    for question in ("abroad", "travelled"):
        page.locator(f"[name={question}][value=no]").check()
    page.locator("[name=truthful]").check()
    page.locator("button[value=send]").click()
    page.wait_for_url("**/code/")


def test_a_visitor_gets_a_code_and_shows_an_eu_test(playwright: Playwright, system: System, tmp_path: Path) -> None:
    now = timezone.now()
    issuer = authority(at=now)
    trust(playwright, system, issuer, now)
    sampled = (now - timedelta(hours=6)).isoformat(timespec="seconds")
    entry = {**TEST, "sc": sampled}
    photo = tmp_path / "certificate.png"
    photo.write_bytes(qr_png(issuer.sign(certificate(entry, nam=HOLDER), at=now - timedelta(hours=1)), scale=6))
    with chromium(playwright, system.url, **ENGLISH) as visitor:
        visitor.open("/")
        apply_with_passport(visitor, str(to_china(now - timedelta(days=2)).date()))
        page = visitor.page
        expect(page.locator("[data-code-card]")).to_have_attribute("data-colour", "yellow")
        page.locator("main a[href='/code/other/']").click()
        visitor.check("show something from elsewhere")
        page.locator("[name=photo]").set_input_files(photo)
        page.locator("main form button[type=submit]").click()
        expect(page.locator("main")).to_contain_text("Nucleic acid test, negative")
        expect(page.locator("body")).to_contain_text("The rules have taken it into account")
        visitor.check("shown")
        page.screenshot(path=str(tmp_path / "other.png"), full_page=True)
        visitor.open("/code/")
        expect(page.locator("[data-code-card]")).to_have_attribute("data-colour", "green")
        expect(page.locator("main")).to_contain_text("Passport")


@pytest.mark.parametrize("size", [(390, 844), (1280, 900)])
def test_reports_are_there_to_be_shown_elsewhere(playwright: Playwright, system: System, size: tuple[int, int]) -> None:
    width, height = size
    with chromium(playwright, system.url, **ENGLISH, viewport={"width": width, "height": height}) as visitor:
        visitor.sign_in("13800000001")
        visitor.open("/code/report/")
        visitor.check(f"my test reports at {width}")
        visitor.open("/code/other/")
        visitor.check(f"from elsewhere at {width}")
