"""Rules and outbreak areas on their way, as province, city and county do it in the browser (N1.4, N3.1)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Playwright, expect

from healthcode.domain.identity import make_resident_number
from healthcode.domain.instants import CHINA
from tests.e2e.browser import Visitor, chromium
from tests.e2e.system import System
from tests.e2e.test_backoffice import DESK, links, sign_in
from tests.e2e.test_purpose import apply_as

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("system")]

RULES = "/admin/healthcode/rulesetversion/"
OUTBREAKS = "/admin/healthcode/outbreakproposal/"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
SIZES = ((390, 844), (1280, 900))
# Nobody of the demonstration was there.
FAR = "650102"
HEAD = "编号,姓名,证件类型,证件号码,类型,时间,结束时间,地区代码"


def look(visitor: Visitor, name: str, folder: Path) -> None:
    """Check the page on a desk and on a phone, and keep a picture of each."""
    for width, height in SIZES:
        visitor.page.set_viewport_size({"width": width, "height": height})
        visitor.check(f"{name}, {width} px")
        visitor.page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)


def send(visitor: Visitor, **fields: str) -> None:
    """Fill the form of the page and send it."""
    for name, value in fields.items():
        control = visitor.page.locator(f"[name={name}]:not([type=hidden])")
        if value == "on":
            control.check()
        else:
            control.fill(value)
    visitor.page.locator("input[name=commit]").click()


def press(visitor: Visitor, path: str, words: str) -> None:
    """Open a record and follow the button of these words."""
    visitor.open(path)
    visitor.page.locator(".record-links").get_by_role("link", name=words, exact=True).click()


def forge(visitor: Visitor, path: str, **form: str) -> int:
    """Send a form that the page never offered, with a good token; return the status of the answer."""
    token = visitor.page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    answer = visitor.context.request.post(
        visitor.url + path,
        form={"csrfmiddlewaretoken": token, **form},
        headers={"Referer": visitor.url + path},
        max_redirects=0,
    )
    return answer.status


def load(system: System, folder: Path, rows: Sequence[str], source: str) -> None:
    """Let a department send a file."""
    path = folder / f"{source}.csv"
    path.write_text("\n".join([HEAD, *rows, ""]), encoding="utf-8")
    system.run("load_evidence", str(path), "--source", source)


def ago(days: int) -> str:
    return (timezone.now() - timedelta(days=days)).isoformat()


def recovered(system: System, visitor: Visitor, folder: Path) -> None:
    """Let a citizen apply who left hospital ten days ago: red until the fourteenth."""
    number = make_resident_number("330106", date(1988, 8, 8), 352)
    visitor.sign_in("13900099031")
    apply_as(visitor, number, "余康")
    rows = [f"D-1,余康,resident_id,{number},确诊,{ago(25)},,", f"D-2,余康,resident_id,{number},出院,{ago(10)},,"]
    load(system, folder, rows, "zj-health")
    visitor.open("/code/")
    expect(visitor.page.locator("[data-code-card]")).to_have_attribute("data-colour", "red")


def propose(county: Visitor, code: str, folder: Path) -> None:
    """Draft rules with a shorter convalescence and propose them."""
    county.open(f"{RULES}add/")
    look(county, "draft", folder)
    send(county, code=code, title_zh="康复期缩短", title_en="A shorter convalescence", days_convalescence="7")
    press(county, f"{RULES}{code}/change/", "提出")
    send(county, reason="出院后复阳的人没有传染性")
    look(county, "proposed", folder)


def simulate(county: Visitor, code: str, folder: Path) -> None:
    """Ask for a simulation and watch its bar until the worker has finished it."""
    press(county, f"{RULES}{code}/change/", "模拟")
    send(county)
    for _second in range(60):
        bar = county.page.locator("#result_list tbody tr").filter(has_text=code).locator("progress")
        if bar.get_attribute("value") == "100":
            break
        county.page.wait_for_timeout(1_000)
        county.page.reload()
    expect(bar).to_have_attribute("value", "100")
    look(county, "simulations", folder)
    county.page.locator("#result_list tbody tr").filter(has_text=code).locator("a").first.click()
    expect(county.page.locator("main")).to_contain_text("红码 → 绿码")
    look(county, "simulation", folder)


def approve(playwright: Playwright, system: System, name: str, code: str, folder: Path) -> None:
    """Approve as one of the provincial office, after which the same person finds no button and no way round it."""
    with chromium(playwright, system.url, **DESK) as officer:
        sign_in(officer, name)
        press(officer, f"{RULES}{code}/change/", "批准")
        look(officer, f"approval-{name}", folder)
        seen = officer.page.locator("[name=seen]").input_value()
        send(officer, read="on")
        expect(officer.page.locator(".record-links").get_by_role("link", name="批准", exact=True)).to_have_count(0)
        assert forge(officer, f"{RULES}{code}/approve/", seen=seen, read="on") == 403


def schedule(playwright: Playwright, system: System, code: str, folder: Path) -> datetime:
    """Schedule for a few seconds ahead and return the instant."""
    with chromium(playwright, system.url, **DESK) as officer:
        sign_in(officer, "province")
        press(officer, f"{RULES}{code}/change/", "确定")
        begins = timezone.now().astimezone(CHINA).replace(microsecond=0) + timedelta(seconds=20)
        send(officer, valid_from=begins.replace(tzinfo=None).isoformat(" "))
        look(officer, "scheduled", folder)
    return begins


def wait_until(visitor: Visitor, instant: datetime) -> None:
    rest = (instant - timezone.now()).total_seconds()
    visitor.page.wait_for_timeout(max(0.0, rest + 0.5) * 1_000)


def test_a_county_proposes_and_two_of_the_province_bring_it_into_force(
    playwright: Playwright, system: System, tmp_path: Path
) -> None:
    code = "zj-e2e-recovery"
    with (
        chromium(playwright, system.url) as citizen,
        chromium(playwright, system.url, **DESK) as county,
    ):
        recovered(system, citizen, tmp_path)
        sign_in(county, "xihu")
        propose(county, code, tmp_path)
        simulate(county, code, tmp_path)
        for name in ("province", "province-2"):
            assert "批准" not in county.open(f"{RULES}{code}/change/").locator(".record-links").all_inner_texts()
            approve(playwright, system, name, code, tmp_path)
        begins = schedule(playwright, system, code, tmp_path)
        citizen.open("/rules/")
        expect(citizen.page.locator("main")).to_contain_text("出院后复阳的人没有传染性")
        wait_until(citizen, begins)
        citizen.open("/code/")
        expect(citizen.page.locator("[data-code-card]")).to_have_attribute("data-colour", "green")
        citizen.open("/rules/")
        expect(citizen.page.locator("main")).to_contain_text("14 天 → 7 天")
        look(citizen, "change-log", tmp_path)


@pytest.mark.parametrize("name", ["xihu", "hangzhou", "gongshu"])
def test_no_county_and_no_city_edits_or_approves(playwright: Playwright, system: System, name: str) -> None:
    with chromium(playwright, system.url, **DESK) as officer:
        sign_in(officer, name)
        code = "zj-2020-109"
        page = officer.open(f"{RULES}{code}/change/")
        officer.check(f"rules in force, {name}")
        expect(page.locator(".record-links")).to_have_count(0)
        for act in ("revise", "propose", "approve", "schedule", "withdraw", "simulate", "change", "delete"):
            answer = forge(officer, f"{RULES}{code}/{act}/", reason="因", read="on", days_contact="1", post="yes")
            assert answer == 403, act


def test_a_vendor_has_no_right_to_any_data(playwright: Playwright, system: System) -> None:
    with chromium(playwright, system.url, **DESK) as officer:
        sign_in(officer, "province")
        lists = [path for path in links(officer, "#content") if path != "/admin/"]
    assert len(lists) > 10
    with chromium(playwright, system.url, **DESK) as vendor:
        sign_in(vendor, "vendor")
        vendor.check("a vendor's first page")
        assert links(vendor, "#content") == ["/admin/django_celery_beat/periodictask/"]
        for path in lists:
            assert (path, vendor.context.request.get(system.url + path).status) == (path, 403)
        for path in (path for path in lists if path.count("/") == "/admin/app/model/".count("/")):
            assert (path, forge(vendor, f"{path}add/")) == (path, 403)
        vendor.open(lists[0])
        vendor.check("refused")


def attach(visitor: Visitor, number: str, **fields: str) -> None:
    """Send the form of a step with its document."""
    file: Any = {"name": f"{number}.pdf", "mimeType": "application/pdf", "buffer": PDF}
    visitor.page.locator("[name=file]").set_input_files(file)
    send(visitor, document=number, **fields)


def take_step(playwright: Playwright, system: System, name: str, words: str, number: str, folder: Path) -> None:
    """Take a body's step towards the area, after which there is nothing more for the same person."""
    with chromium(playwright, system.url, **DESK) as officer:
        sign_in(officer, name)
        officer.open(OUTBREAKS)
        look(officer, f"outbreaks-{name}", folder)
        officer.page.locator("#result_list tbody tr").filter(has_text="测试街区").locator("a").first.click()
        officer.page.locator(".record-links").get_by_role("link", name=words, exact=True).click()
        look(officer, f"outbreak-step-{name}", folder)
        attach(officer, number)
        look(officer, f"outbreak-{name}", folder)
        with officer.page.expect_download() as download:
            officer.page.locator(".record-table a").last.click()
        assert Path(download.value.path()).read_bytes() == PDF
        path = officer.page.url.removeprefix(system.url).removesuffix("change/")
        for step in ("assess", "consent"):
            assert forge(officer, f"{path}{step}/", document="文") == 403


def stayed_there(system: System, visitor: Visitor, folder: Path) -> None:
    """Let a citizen apply who was in the far district last week."""
    number = make_resident_number("330106", date(1979, 3, 9), 217)
    visitor.sign_in("13900099032")
    apply_as(visitor, number, "岳远")
    load(system, folder, [f"S-1,岳远,resident_id,{number},旅居史,{ago(8)},{ago(5)},{FAR}"], "sh-rail")
    visitor.open("/code/")
    expect(visitor.page.locator("[data-code-card]")).to_have_attribute("data-colour", "green")


def test_an_outbreak_area_needs_three_people_and_their_documents(
    playwright: Playwright, system: System, tmp_path: Path
) -> None:
    with (
        chromium(playwright, system.url) as citizen,
        chromium(playwright, system.url, **DESK) as province,
    ):
        stayed_there(system, citizen, tmp_path)
        sign_in(province, "province")
        province.open(f"{OUTBREAKS}add/")
        look(province, "outbreak-add", tmp_path)
        send(province, code=FAR, name="测试街区", document="浙防办〔2020〕77号", reason="聚集性疫情")
        expect(province.page.locator("[name=file]")).to_be_visible()
        attach(province, "浙防办〔2020〕77号", code=FAR, name="测试街区", reason="聚集性疫情")
        take_step(playwright, system, "commission", "评估", "浙卫〔2020〕8号", tmp_path)
        citizen.page.reload()
        expect(citizen.page.locator("[data-code-card]")).to_have_attribute("data-colour", "green")
        take_step(playwright, system, "leaders", "同意", "浙领〔2020〕9号", tmp_path)
        citizen.page.reload()
        expect(citizen.page.locator("[data-code-card]")).to_have_attribute("data-colour", "red")
        citizen.check("red by an outbreak area")
