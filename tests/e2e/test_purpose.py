"""The whole sentence of the foundation, in a real browser against the whole system.

A citizen signs in, applies, sees a colour with its reason, watches the QR refresh, has a gate verify it through a
camera, and sees it convert when the quarantine ends.
"""

import io
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Playwright, expect

from healthcode.config.demo.cast import PASSWORD
from healthcode.domain.identity import make_resident_number
from tests.e2e.browser import Visitor, chromium
from tests.e2e.camera import write_mjpeg
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("system")]

# The README's picture; made anew with HC_SHOTS=1.
SHOTS = Path(__file__).parent / "shots"
OBSERVATION = timedelta(days=21)


def apply_as(visitor: Visitor, number: str, name: str) -> None:
    """Apply in three steps and arrive at the code."""
    page = visitor.open("/apply/")
    visitor.check("apply, step 1")
    page.locator("[name=number]").fill(number)
    page.locator("[name=name]").fill(name)
    page.locator("button[value=next], main form button[type=submit]").first.click()
    visitor.check("apply, step 2")
    page.locator("[name=residence_code]").select_option("330106")
    page.locator("button[value=next], main form button[type=submit]").first.click()
    visitor.check("apply, step 3")
    page.locator("[name=stay_code]").select_option("330106")
    for question in ("fever", "abroad", "travelled"):
        page.locator(f"[name={question}][value=no]").check()
    page.locator("[name=truthful]").check()
    page.locator("button[value=send]").click()
    page.wait_for_url("**/code/")


def send_file(system: System, folder: Path, number: str, name: str, ends_in: timedelta) -> None:
    """Let customs send a file: an entry whose 21 days end soon."""
    entered = timezone.now() + ends_in - OBSERVATION
    path = folder / f"entries-{number[-4:]}.csv"
    head = "编号,姓名,证件类型,证件号码,类型,时间,国家"
    rows = f"{head}\nE-{number[-4:]},{name},resident_id,{number},overseas_entry,{entered.isoformat()},ITA\n"
    path.write_text(rows, encoding="utf-8")
    system.run("load_evidence", str(path), "--source", "hz-customs")


def photograph(visitor: Visitor, path: Path) -> Path:
    """Return a film of the QR as it is on the screen now."""
    picture = visitor.page.locator("[data-qr]").screenshot()
    return write_mjpeg(path, Image.open(io.BytesIO(picture)))


def verify_at_gate(playwright: Playwright, system: System, guard: str, film: Path, word: str) -> None:
    """Let a guard's camera read the film and see the verdict."""
    with chromium(playwright, system.url, camera=film) as gate:
        page = gate.open("/gate/sign-in/")
        gate.check("gate, sign in")
        page.locator("[name=username]").fill(guard)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main form button[type=submit]").first.click()
        # The camera is allowed already, so the page scans by itself and the form goes off.
        page.wait_for_url("**/gate/scan/*-*/")
        expect(page.locator("main")).to_contain_text(word)
        gate.check("gate, verdict")


def see_it_refresh_and_turn(citizen: Visitor) -> None:
    """Watch the page fetch a new token by itself, turn green by itself, and tell its history."""
    with citizen.page.expect_response("**/code/token/", timeout=65_000) as refreshed:
        pass
    assert refreshed.value.json()["token"].startswith("JK1:")
    # At the end of the quarantine; no sweep has to come first.
    card = citizen.page.locator("[data-code-card]")
    expect(card).to_have_attribute("data-colour", "green", timeout=60_000)
    citizen.open("/code/history/")
    citizen.check("history")
    expect(citizen.page.locator("main")).to_contain_text("红码")
    citizen.open("/code/why/")
    citizen.check("why green")


def test_a_code_is_applied_for_explained_verified_and_turns(
    playwright: Playwright, system: System, tmp_path: Path
) -> None:
    number = make_resident_number("330106", date(1990, 5, 17), 888)
    with chromium(playwright, system.url) as citizen:
        citizen.sign_in("13800000007")
        apply_as(citizen, number, "林小满")
        card = citizen.page.locator("[data-code-card]")
        expect(card).to_have_attribute("data-colour", "green")
        send_file(system, tmp_path, number, "林小满", timedelta(seconds=85))
        citizen.page.reload()
        expect(card).to_have_attribute("data-colour", "red")
        expect(citizen.page.locator("main")).to_contain_text("境外")
        citizen.check("my code, red")
        verify_at_gate(playwright, system, "gate-market", photograph(citizen, tmp_path / "red.mjpeg"), "禁止通行")
        see_it_refresh_and_turn(citizen)
    system.run("convert_due")


def test_the_same_in_care_mode(playwright: Playwright, system: System, tmp_path: Path) -> None:
    number = make_resident_number("330105", date(1948, 2, 11), 416)
    with chromium(playwright, system.url) as citizen:
        citizen.open("/")
        citizen.page.locator("[name=care][value=on]").locator("xpath=ancestor::form").locator("button").click()
        expect(citizen.page.locator("html")).to_have_attribute("data-care", "on")
        citizen.sign_in("13900099001")
        apply_as(citizen, number, "沈阿婆")
        citizen.check("my code in care mode")
        send_file(system, tmp_path, number, "沈阿婆", timedelta(seconds=25))
        citizen.page.reload()
        card = citizen.page.locator("[data-code-card]")
        expect(card).to_have_attribute("data-colour", "red")
        citizen.page.screenshot(path=(SHOTS if os.environ.get("HC_SHOTS") else tmp_path) / "my-code.png")
        verify_at_gate(playwright, system, "gate-metro", photograph(citizen, tmp_path / "care.mjpeg"), "禁止通行")
        expect(card).to_have_attribute("data-colour", "green", timeout=60_000)
        citizen.check("turned green in care mode")
