"""Without a network and without a phone: the reserve code on the screen, and the code on paper."""

import io
import json
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Playwright, expect

from tests.e2e.browser import Visitor, chromium
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("system")]
PHONE = "13800000001"


def qr_on(visitor: Visitor) -> str:
    """Read the code on the screen as a gate's camera would."""
    picture = Image.open(io.BytesIO(visitor.page.locator("[data-qr]").screenshot(scale="css")))
    (found,) = zxingcpp.read_barcodes(picture.resize((picture.width * 2, picture.height * 2)))
    return str(found.text)


def test_a_code_on_paper_is_made_downloaded_and_verified(
    playwright: Playwright, system: System, tmp_path: Path
) -> None:
    with chromium(playwright, system.url) as visitor:
        visitor.sign_in(PHONE)
        visitor.open("/code/").locator('a[href="/code/paper/"]').click()
        visitor.check("paper, none yet")
        visitor.page.locator("button[value=make]").click()
        expect(visitor.page.locator("#there")).to_be_visible()
        visitor.check("paper")
        with visitor.page.expect_download() as download:
            visitor.page.locator('a[href$="card.pdf"]').click()
        download.value.save_as(tmp_path / "card.pdf")
        assert (tmp_path / "card.pdf").read_bytes()[:5] == b"%PDF-"
        visitor.page.locator("button[value=revoke]").click()
        expect(visitor.page.locator("#there")).to_have_count(0)
        visitor.check("paper, taken back")


def test_the_reserve_is_shown_only_when_no_new_code_comes_and_says_so(
    playwright: Playwright, system: System, tmp_path: Path
) -> None:
    with chromium(playwright, system.url) as visitor:
        (tmp_path / "keys").write_bytes(
            visitor.context.request.get(f"{system.url}/.well-known/health-code-keys").body()
        )
        visitor.sign_in(PHONE)
        visitor.page.clock.install()
        visitor.open("/code/")
        card = visitor.page.locator("[data-code-card]")
        expect(card).to_have_attribute("data-state", "live")
        visitor.context.set_offline(True)
        visitor.page.clock.run_for(100_000)
        expect(card).to_have_attribute("data-state", "reserve")
        expect(visitor.page.locator("[data-note]")).to_contain_text("备用码")
        found = json.loads(system.run("verify_code", qr_on(visitor), "--keys", str(tmp_path / "keys")))
        assert (found["result"], found["kind"], found["document_check"]) == ("ok", "reserve", True)
        visitor.page.clock.run_for(600_000)
        expect(card).to_have_attribute("data-state", "gone")
