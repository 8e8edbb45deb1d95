"""Quarantine in a real browser: proposed, confirmed, reported on, brought from place to place, released.

An officer of the county at a desk and the person at her phone, one after the other on the same case (N2.1-N2.3).
"""

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Playwright, expect

from healthcode.config.demo.cast import PASSWORD
from healthcode.domain.identity import make_resident_number
from healthcode.domain.instants import to_china
from tests.e2e.browser import Visitor, chromium
from tests.e2e.system import System
from tests.e2e.test_purpose import apply_as

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("system")]

DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
TASKS = "/admin/healthcode/isolationcase/tasks/"
HOME, STATION, HOTEL = "文三路 1 号", "西湖转运站", "之江隔离酒店"
NAME, MASKED = "顾念安", "顾*安"


def minutes_ago(minutes: int) -> str:
    """Return an instant as officers write it."""
    return f"{to_china(timezone.now()) - timedelta(minutes=minutes):%Y-%m-%d %H:%M}"


def shot(visitor: Visitor, name: str) -> None:
    """Keep a picture for whoever wants to look: set HC_LOOK to a folder."""
    if folder := os.environ.get("HC_LOOK"):
        visitor.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def sign_in(officer: Visitor, username: str) -> None:
    page = officer.open("/admin/login/")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").last.click()
    page.wait_for_url("**/admin/")


def name_as_contact(system: System, folder: Path, number: str) -> None:
    """Let the health commission send that somebody met a case two days ago, and the sweep propose."""
    path = folder / "contacts.csv"
    head = "编号,姓名,证件类型,证件号码,类型,时间,病例"
    met = timezone.now() - timedelta(days=2)
    row = f"K-{number[-4:]},{NAME},resident_id,{number},close_contact,{met.isoformat()},C-7"
    path.write_text(f"{head}\n{row}\n", encoding="utf-8")
    system.run("load_evidence", str(path), "--source", "zj-health")
    system.run("propose_isolation")


def act(officer: Visitor, name: str, **fields: str) -> None:
    """Follow the link to an act, fill its form ("on" ticks a box), look at it and send it."""
    officer.page.locator(f"#content a[href$='/{name}/']").first.click()
    officer.page.wait_for_url(f"**/{name}/")
    for field, value in fields.items():
        control = officer.page.locator(f"[name={field}]")
        if value == "on":
            control.check()
        else:
            control.fill(value)
    officer.check(f"officer, {name}")
    shot(officer, f"act-{name}")
    officer.page.locator("[name=commit]").click()
    officer.page.wait_for_url(lambda url: not url.endswith(f"/{name}/"))


def case_of(officer: Visitor, *, is_ill: bool = False) -> None:
    """Open the tasks, find the person's row and go to the case."""
    page = officer.open(TASKS)
    row = page.locator(".record-table tbody tr", has_text=MASKED)
    expect(row).to_have_count(1)
    expect(row.locator(".badge--red")).to_have_count(int(is_ill))
    officer.check("tasks")
    shot(officer, f"tasks-{is_ill}")
    row.locator("a").click()
    page.wait_for_url("**/isolationcase/*/change/")


def report(citizen: Visitor) -> None:
    """Report, from the code's page, a day on which breathing is hard."""
    page = citizen.open("/code/")
    page.locator("a[href='/observation/']").first.click()
    expect(page.locator("main")).to_contain_text(HOTEL)
    citizen.check("observation")
    shot(citizen, "observation")
    page.locator("[name=temperature]").fill("36.8")
    page.locator("[name=symptoms][value=breath]").check()
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("main")).to_contain_text("36.8 °C")
    citizen.check("observation, reported")
    shot(citizen, "observation-reported")


def transfer(officer: Visitor, number: str) -> None:
    """Bring the person to the hotel in two rides, each received by name."""
    page = officer.open("/admin/healthcode/transfer/add/")
    way = {"person": number, "origin": HOME, "destination": HOTEL, "destination_division": "330106"}
    for field, value in way.items():
        page.locator(f"[name={field}]").fill(value)
    officer.check("transfer, start")
    page.locator("[name=commit]").click()
    page.wait_for_url("**/transfer/")
    officer.check("transfers")
    page.locator("#result_list tbody tr", has_text=MASKED).locator("a").first.click()
    for place, by, left, came in ((STATION, "李护士", 50, 40), (HOTEL, "周医生", 30, 10)):
        times = {"sealed_at": minutes_ago(left), "departed_at": minutes_ago(left)}
        act(officer, "leg", place_to=place, vehicle="浙A12345", handed_over_by="何科长", **times)
        act(officer, "receive", received_by=by, arrived_at=minutes_ago(came))
    expect(page.locator("#content")).to_contain_text("周医生")
    expect(page.locator("#content a[href$='/leg/']")).to_have_count(0)
    officer.check("transfer, finished")
    shot(officer, "transfer")


def release(officer: Visitor, citizen: Visitor) -> None:
    """Release with a document; the person's code turns."""
    page = officer.open("/admin/healthcode/isolationcase/")
    page.locator("#result_list tbody tr", has_text=MASKED).locator("a").first.click()
    act(officer, "release", document="西解 3 号")
    expect(page.locator("#content")).to_contain_text("西解 3 号")
    shot(officer, "case-released")
    citizen.open("/code/")
    expect(citizen.page.locator("[data-code-card]")).to_have_attribute("data-colour", "green")
    citizen.open("/observation/")
    expect(citizen.page.locator("[name=temperature]")).to_have_count(0)
    shot(citizen, "observation-over")


def test_the_page_in_care_mode_and_english(playwright: Playwright, system: System) -> None:
    system.run("propose_isolation")
    with chromium(playwright, system.url, locale="en-GB", color_scheme="dark") as citizen:
        page = citizen.open("/")
        page.locator("[name=care][value=on]").locator("xpath=ancestor::form").locator("button").click()
        citizen.sign_in("13800000003")
        citizen.open("/observation/")
        expect(page.locator("[name=temperature]")).to_be_visible()
        citizen.check("observation in care mode, English, dark")
        shot(citizen, "observation-care-english")


def test_the_tasks_on_a_phone_in_english(playwright: Playwright, system: System) -> None:
    with chromium(playwright, system.url, locale="en-GB") as officer:
        sign_in(officer, "hangzhou")
        officer.open(TASKS)
        officer.check("tasks of a city on a phone, English")
        shot(officer, "tasks-phone-english")
        officer.open("/admin/healthcode/transfer/")
        officer.check("transfers on a phone, English")


def test_a_contact_is_confirmed_reports_is_brought_and_released(
    playwright: Playwright, system: System, tmp_path: Path
) -> None:
    number = make_resident_number("330106", date(1993, 9, 14), 327)
    with chromium(playwright, system.url) as citizen, chromium(playwright, system.url, **DESK) as officer:
        citizen.sign_in("13900099321")
        apply_as(citizen, number, NAME)
        name_as_contact(system, tmp_path, number)
        sign_in(officer, "xihu")
        case_of(officer)
        order = {"ordered_by": "西湖区疾控中心", "document": "西防 12 号", "place": HOTEL}
        act(officer, "confirm", **order, supply_arranged="on", supply="三餐送到门口")
        report(citizen)
        case_of(officer, is_ill=True)
        expect(officer.page.locator("#content")).to_contain_text("36.8")
        act(officer, "record_visit", visited_at=minutes_ago(0), met="on", temperature="36.6", note="已安排医生")
        officer.open(TASKS)
        expect(officer.page.locator("#content")).not_to_contain_text(MASKED)
        transfer(officer, number)
        release(officer, citizen)
