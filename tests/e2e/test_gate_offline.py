"""A guard's phone without a network: a real browser, a fake camera, the network cut, and back again (N1.5).

The film of the fake camera is read anew each time the camera opens, so each scan sees what was written last.
"""

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Locator, Playwright, expect

from healthcode.config.demo.cast import PASSWORD
from healthcode.domain.qr import qr_png
from tests.e2e.browser import Visitor, chromium
from tests.e2e.camera import write_mjpeg
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("system")]

WALL = Image.new("L", (200, 200), 200)
GREEN_CITIZEN = "13800000001"
COUNT = "from venues.models import Scan; print(Scan.objects.exclude(shown='').count())"
WITHDRAW = (
    "from django.utils import timezone as t; from healthcode.models import Account, CodeKey as K;"
    "from healthcode.services.keys import withdraw_code_key as w;"
    "k = K.objects.get(scope__contains=1, state='signing');"
    "w(by=Account.objects.get(username='province'), key=k, reason='stolen', at=t.now())"
)


class Gate:
    """A guard's browser at one gate, its camera, and what it is shown."""

    def __init__(self, visitor: Visitor, film: Path) -> None:
        self.visitor, self.page, self.film = visitor, visitor.page, film

    def hold_up(self, code: str) -> None:
        """Show a code to the camera from its next opening on."""
        self.show(Image.open(io.BytesIO(qr_png(code))))

    def show(self, picture: Image.Image) -> None:
        """Put another film in the place of the one that may be playing, at once and whole."""
        write_mjpeg(self.film.with_suffix(".next"), picture).replace(self.film)

    def sign_in(self, username: str = "gate-metro") -> None:
        """Sign in and wait until the phone has everything it needs without a network."""
        page = self.visitor.open("/gate/sign-in/")
        page.locator("[name=username]").fill(username)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_url("**/gate/")
        expect(page.locator("[data-state-age]")).not_to_be_empty()
        page.evaluate("navigator.serviceWorker.ready")
        expect(page.locator("[data-state-age]")).to_contain_text(re.compile(r"\d"), timeout=30_000)

    def cut(self, code: str) -> None:
        """Cut the network, hold up a code and load the page anew, as a phone does that was in a pocket."""
        self.hold_up(code)
        self.visitor.context.set_offline(True)
        self.page.goto(f"{self.visitor.url}/gate/")
        expect(self.page.locator(".mode--offline")).to_be_visible()

    def verdict(self) -> Locator:
        """Return the panel of the verdict that this phone gave by itself."""
        panel = self.page.locator("[data-answer] .verdict")
        expect(panel).to_be_visible(timeout=20_000)
        return panel

    def scan(self, code: str) -> Locator:
        """Hold up the next code and return the verdict."""
        self.hold_up(code)
        self.page.locator("[data-again]").click()
        return self.verdict()


@contextmanager
def a_gate(playwright: Playwright, system: System, film: Path) -> Iterator[Gate]:
    """Open a browser, sign a guard in and make the phone ready; its camera sees a wall."""
    write_mjpeg(film, WALL)
    with chromium(playwright, system.url, camera=film) as visitor:
        gate = Gate(visitor, film)
        gate.sign_in()
        yield gate


class Holder:
    """A citizen who shows her code."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    def code(self) -> str:
        """Return the text of a code made just now."""
        found: str = self.visitor.page.evaluate("fetch('/code/token/').then(r => r.json()).then(j => j.token)")
        return found


@pytest.fixture(scope="module")
def signed_in() -> dict[str, Any]:
    """The cookies of the citizen: one one-time code for all tests, for they are counted."""
    return {}


@pytest.fixture
def holder(playwright: Playwright, system: System, signed_in: dict[str, Any]) -> Iterator[Holder]:
    """A citizen with a green code."""
    with chromium(playwright, system.url, storage_state=signed_in.get("state")) as visitor:
        if not signed_in:
            visitor.sign_in(GREEN_CITIZEN)
            signed_in["state"] = visitor.context.storage_state()
        visitor.open("/code/")
        yield Holder(visitor)


def tampered(code: str) -> str:
    """Return the code with its signature changed in one place."""
    return code[:-4] + ("0" if code[-4] != "0" else "1") + code[-3:]


def offline_rows(system: System) -> int:
    """Return how many scans of gates without a network are on record."""
    return int(system.run("shell", "-v", "0", "-c", COUNT).split()[-1])


def test_without_a_network_the_phone_judges_by_itself(
    playwright: Playwright, system: System, holder: Holder, tmp_path: Path
) -> None:
    with a_gate(playwright, system, tmp_path / "film.mjpeg") as gate:
        gate.cut(holder.code())
        expect(gate.verdict()).to_contain_text("可以通行")
        expect(gate.page.locator("[data-answer]")).to_contain_text("离线")
        gate.visitor.check("genuine, offline")
        code = holder.code()
        expect(gate.scan(tampered(code))).to_contain_text("不是真码")
        gate.page.clock.set_fixed_time(timezone.now() + timedelta(minutes=2, seconds=5))
        expect(gate.scan(code)).to_contain_text("已过期")
        gate.page.clock.set_fixed_time(timezone.now() - timedelta(minutes=5))
        expect(gate.scan(code)).to_contain_text("时间不对")
        expect(gate.page.locator("[data-state-clock]")).to_be_visible()
        gate.page.clock.set_fixed_time(timezone.now())
        expect(gate.scan("HC1:00")).to_contain_text("不是个人健康码")
        gate.visitor.check("wrong kind, offline")


def test_a_withdrawn_key_is_unknown(playwright: Playwright, system: System, holder: Holder, tmp_path: Path) -> None:
    stolen = holder.code()
    system.run("shell", "-v", "0", "-c", WITHDRAW)
    with a_gate(playwright, system, tmp_path / "film.mjpeg") as gate:
        gate.cut(stolen)
        expect(gate.verdict()).to_contain_text("签发方不明")
        # The key that was published ahead signs in its place, and this phone knows it already.
        holder.visitor.page.wait_for_timeout(6_000)
        expect(gate.scan(holder.code())).to_contain_text("可以通行")


def test_the_queue_is_sent_once_even_if_sent_twice(
    playwright: Playwright, system: System, holder: Holder, tmp_path: Path
) -> None:
    before = offline_rows(system)
    sent: list[str] = []
    with a_gate(playwright, system, tmp_path / "film.mjpeg") as gate:
        gate.page.on(
            "request", lambda request: sent.append(request.post_data or "") if _is_upload(request.url) else None
        )
        gate.cut("HC1:00")
        gate.verdict()
        gate.scan(holder.code())
        queue = gate.page.locator("[data-state-queue]")
        expect(queue).to_contain_text("2")
        gate.visitor.context.set_offline(False)
        expect(queue).to_be_empty(timeout=40_000)
        assert offline_rows(system) == before + 2
        answer = gate.page.evaluate(AGAIN, sent[0])
        assert {result["status"] for result in answer["results"]} == {"known"}
        assert offline_rows(system) == before + 2
        assert "晓明" not in sent[0]
        assert [one["code"][:4] for one in json.loads(sent[0])["passages"] if one["code"]] == ["JK1:"]


AGAIN = """async (body) => {
  const {csrf} = await (await fetch("/gate/session/")).json();
  const headers = {"Content-Type": "application/json", "X-CSRFToken": csrf};
  return (await fetch("/api/v1/passages/", {method: "POST", headers, body})).json();
}"""


def _is_upload(url: str) -> bool:
    return url.endswith("/api/v1/passages/")


def test_the_queue_waits_for_whoever_signs_in_next(
    playwright: Playwright, system: System, holder: Holder, tmp_path: Path
) -> None:
    before = offline_rows(system)
    with a_gate(playwright, system, tmp_path / "film.mjpeg") as gate:
        gate.cut(holder.code())
        gate.verdict()
        gate.visitor.context.clear_cookies(name="sessionid")
        gate.visitor.context.set_offline(False)
        expect(gate.page.locator("[data-state-session]")).to_be_visible(timeout=40_000)
        expect(gate.page.locator("[data-state-queue]")).to_contain_text("1")
        assert offline_rows(system) == before
        gate.visitor.check("signed out, a queue waiting")
        gate.show(WALL)
        gate.sign_in()
        expect(gate.page.locator("[data-state-queue]")).to_be_empty(timeout=40_000)
        assert offline_rows(system) == before + 1


CACHED = """async () => {
  const urls = [];
  for (const name of await caches.keys())
    for (const {url} of await (await caches.open(name)).keys()) urls.push(new URL(url).pathname);
  return urls;
}"""


def test_nothing_of_anybody_is_kept_by_the_worker(
    playwright: Playwright, system: System, holder: Holder, tmp_path: Path
) -> None:
    with a_gate(playwright, system, tmp_path / "film.mjpeg") as gate:
        gate.hold_up(holder.code())
        gate.page.reload()
        gate.page.wait_for_url("**/gate/scan/*-*/")
        expect(gate.page.locator("main")).to_contain_text("张*明")
        for path in ("/gate/no-phone/", "/gate/", "/code/", "/"):
            gate.visitor.open(path)
        kept = gate.page.evaluate(CACHED)
        assert [path for path in kept if not path.startswith("/static/")] == ["/gate/offline/"]
        shell = gate.page.evaluate("caches.match('/gate/offline/').then(found => found.text())")
        assert "张*明" not in shell
        assert "csrf" not in shell
