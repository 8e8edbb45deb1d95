"""The pages of the gate: who sees them, what a scan leads to, what a verdict shows."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from healthcode.domain.colours import Colour
from healthcode.domain.qr import qr_png
from healthcode.domain.tokens import Reason
from healthcode.models import Account
from tests.client import StrictClient
from tests.people import XIHU, code_of, employ
from tests.venues.kit import give_colour, scan
from venues.domain.policy import Category
from venues.models import Guard, Scan
from venues.services.places import appoint_guard, dismiss_guard, open_venue

SignIn = Callable[[Account], StrictClient]
PAGES = ["/gate/", "/gate/scan/", "/gate/no-phone/", "/gate/scan/6f1b51f3-5f5e-4b0c-9a32-2d1a4d2f4a11/"]


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock of the views at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def gate(gate_guard: Guard, sign_in: SignIn) -> StrictClient:
    """The browser of the market's guard."""
    return sign_in(gate_guard.account)


def post_scan(browser: StrictClient, code: str = "", **fields: Any) -> Any:
    """Send the form of the scan page and follow to what comes of it."""
    return browser.post("/gate/scan/", {"nonce": str(uuid4()), "code": code, **fields}, follow=True)


def text_of(response: Any) -> str:
    """Return the words of the page's main part."""
    main = response.content.decode().split("<main", 1)[1].split("</main>", 1)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


@pytest.mark.parametrize("path", PAGES)
def test_without_signing_in_one_is_sent_to_the_gates_sign_in(path: str, client: StrictClient, province: None) -> None:
    assert client.get(path).headers["Location"] == "/gate/sign-in/"


def test_a_scan_without_signing_in_is_not_kept(client: StrictClient, province: None) -> None:
    response = client.post("/gate/scan/", {"nonce": str(uuid4()), "code": "JK1:"})
    assert response.headers["Location"] == "/gate/sign-in/"
    assert not Scan.objects.exists()


@pytest.mark.parametrize("path", PAGES)
def test_a_citizen_finds_no_gate(path: str, citizen: Account, sign_in: SignIn) -> None:
    assert sign_in(citizen).get(path).status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_a_guard_off_duty_finds_no_gate(path: str, gate_guard: Guard, gate: StrictClient, at: datetime) -> None:
    dismiss_guard(by=None, guard=gate_guard, at=at)
    assert gate.get(path).status_code == 404


def test_a_guard_off_duty_records_nothing(gate_guard: Guard, gate: StrictClient, at: datetime) -> None:
    dismiss_guard(by=None, guard=gate_guard, at=at)
    assert post_scan(gate, "JK1:").status_code == 404
    assert not Scan.objects.exists()


@pytest.mark.parametrize("place", ["same venue", "another venue"])
def test_another_guard_does_not_see_the_scan(
    place: str, gate_guard: Guard, citizen: Account, sign_in: SignIn, at: datetime
) -> None:
    found = scan(gate_guard, code_of(citizen, at), at)
    venue = gate_guard.venue
    if place == "another venue":
        venue = open_venue(by=None, name="天目里", category=Category.OTHER, division=XIHU, at=at)
    other = appoint_guard(by=None, account=employ("gate2", None, XIHU), venue=venue, at=at)
    assert sign_in(other.account).get(f"/gate/scan/{found.nonce}/").status_code == 404


def test_the_same_guard_at_a_new_venue_does_not_see_old_scans(
    gate_guard: Guard, gate: StrictClient, at: datetime
) -> None:
    found = scan(gate_guard, "", at)
    dismiss_guard(by=None, guard=gate_guard, at=at)
    venue = open_venue(by=None, name="天目里", category=Category.OTHER, division=XIHU, at=at)
    appoint_guard(by=None, account=gate_guard.account, venue=venue, at=at)
    assert gate.get(f"/gate/scan/{found.nonce}/").status_code == 404


@pytest.mark.parametrize(
    ("colour", "look", "words"),
    [
        (Colour.GREEN, "pass", ["可以通行", "绿码，签名有效", "通知二"]),
        (Colour.YELLOW, "restricted", ["限制进入", "黄码：转为绿码前", "通知二"]),
        (Colour.RED, "refuse", ["禁止通行", "请其原地等待", "12345", "通知二"]),
    ],
)
def test_a_scan_leads_to_its_verdict(
    colour: Colour, look: str, words: list[str], citizen: Account, gate: StrictClient, at: datetime
) -> None:
    give_colour(citizen, colour, at)
    page = post_scan(gate, code_of(citizen, at - timedelta(seconds=12)))
    assert page.redirect_chain[-1][0] == f"/gate/scan/{Scan.objects.get().nonce}/"
    assert f"verdict--{look}" in page.content.decode()
    shown = text_of(page)
    for word in [*words, "12 秒前", "农贸市场、超市（限制黄码进入）", "12:00:00", "请将姓名与证件核对", "继续扫下一位"]:
        assert word in shown


def test_in_a_taxi_a_yellow_code_needs_a_mask(citizen: Account, sign_in: SignIn, at: datetime) -> None:
    taxi = open_venue(by=None, name="浙A·T0001", category=Category.TAXI, division=XIHU, at=at)
    driver = appoint_guard(by=None, account=employ("driver", None, XIHU), venue=taxi, at=at)
    give_colour(citizen, Colour.YELLOW, at)
    shown = text_of(post_scan(sign_in(driver.account), code_of(citizen, at)))
    assert "须戴口罩" in shown
    assert "场所类型 出租车、网约车 依据" in shown


def test_the_verdict_shows_no_more_of_the_holder_than_there_is_to_compare(
    citizen: Account, gate: StrictClient, at: datetime
) -> None:
    give_colour(citizen, Colour.RED, at)
    page = post_scan(gate, code_of(citizen, at)).content.decode()
    assert "王*明 · 尾号 " in page
    for secret in (citizen.person.name, citizen.person.number, citizen.person.number[:14], "3800138001", "浙防办"):
        assert secret not in page


def test_the_holder_is_forgotten_after_ten_minutes(
    citizen: Account, gate: StrictClient, at: datetime, clock: time_machine.Traveller
) -> None:
    path = post_scan(gate, code_of(citizen, at)).redirect_chain[-1][0]
    clock.move_to(at + timedelta(minutes=10, seconds=-1))
    assert "王*明" in text_of(gate.get(path))
    clock.move_to(at + timedelta(minutes=10))
    later = text_of(gate.get(path))
    assert "王*明" not in later
    assert "可以通行" in later


@pytest.mark.parametrize(
    ("later", "word"), [(-30, "时间不对"), (200, "已过期"), (86_400 * 3, "已过期")], ids=["early", "late", "days"]
)
def test_a_code_out_of_its_time_is_grey_and_never_red(
    later: int, word: str, citizen: Account, gate: StrictClient, at: datetime, clock: time_machine.Traveller
) -> None:
    text = code_of(citizen, at)
    clock.move_to(at + timedelta(seconds=later))
    page = post_scan(gate, text)
    assert word in text_of(page)
    assert "verdict--grey" in page.content.decode()
    assert "王" not in text_of(page)


def test_an_unreadable_text_is_grey(gate: StrictClient) -> None:
    page = post_scan(gate, "hello")
    assert "无法读取" in text_of(page)
    assert "verdict--grey" in page.content.decode()


def test_a_photo_is_read_by_the_server(citizen: Account, gate: StrictClient, at: datetime) -> None:
    photo = SimpleUploadedFile("code.png", qr_png(code_of(citizen, at)), content_type="image/png")
    assert "可以通行" in text_of(post_scan(gate, photo=photo))


@pytest.mark.parametrize("kind", ["bomb", "large", "text", "empty"])
def test_a_photo_that_can_not_be_read_is_unreadable(kind: str, gate: StrictClient) -> None:
    bomb = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(bomb, "PNG")
    data = {"bomb": bomb.getvalue(), "large": bytes(13 * 1024 * 1024), "text": b"no picture", "empty": b""}[kind]
    page = post_scan(gate, photo=SimpleUploadedFile("code.png", data))
    assert "无法读取" in text_of(page)
    assert Scan.objects.get().reason == Reason.UNREADABLE


def test_nothing_scanned_is_said_on_the_page(gate: StrictClient) -> None:
    page = post_scan(gate)
    assert "请扫码、选择照片，或输入码的文字。" in text_of(page)
    assert not Scan.objects.exists()


def test_the_same_form_sent_twice_is_one_scan(citizen: Account, gate: StrictClient, at: datetime) -> None:
    nonce, text = str(uuid4()), code_of(citizen, at)
    first = gate.post("/gate/scan/", {"nonce": nonce, "code": text})
    again = gate.post("/gate/scan/", {"nonce": nonce, "code": text})
    assert first.headers["Location"] == again.headers["Location"]
    assert Scan.objects.count() == 1


def test_the_next_person_never_gets_the_answer_of_the_one_before(
    citizen: Account, outsider: Account, gate: StrictClient, at: datetime
) -> None:
    give_colour(outsider, Colour.RED, at)
    nonce = str(uuid4())  # the page of before, brought back by the browser's "back"
    assert "可以通行" in text_of(post_scan(gate, code_of(citizen, at), nonce=nonce))
    assert "禁止通行" in text_of(post_scan(gate, code_of(outsider, at), nonce=nonce))


def test_a_scan_needs_the_token_of_our_own_page(gate_guard: Guard) -> None:
    browser = StrictClient(enforce_csrf_checks=True)
    browser.force_login(gate_guard.account, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.post("/gate/scan/", {"nonce": str(uuid4()), "code": "x"}).status_code == 403
    assert not Scan.objects.exists()


def test_the_scan_page_counts_the_day(citizen: Account, gate: StrictClient, at: datetime) -> None:
    post_scan(gate, code_of(citizen, at))
    post_scan(gate, "hello")
    assert re.search(r"本场所今日.*放行 1.*无法读取 1", text_of(gate.get("/gate/")))


def test_only_the_scan_page_may_run_webassembly(gate_guard: Guard, gate: StrictClient, at: datetime) -> None:
    def policy(path: str) -> str:
        return str(gate.get(path).headers["Content-Security-Policy"])

    assert "script-src 'self' 'wasm-unsafe-eval'" in policy("/gate/")
    for path in ("/gate/no-phone/", f"/gate/scan/{scan(gate_guard, '', at).nonce}/"):
        assert "wasm-unsafe-eval" not in policy(path)


def test_a_reloaded_answer_to_a_wrong_form_goes_back_to_the_scan_page(gate: StrictClient) -> None:
    assert gate.get("/gate/scan/").headers["Location"] == "/gate/"


def test_people_without_a_phone_are_let_in_by_hand(gate: StrictClient) -> None:
    shown = text_of(gate.get("/gate/no-phone/"))
    for words in ("身份证件", "口罩", "公共交通：允许乘坐", "可短时间进入", "通知三（六）"):
        assert words in shown


def test_pages_cost_few_statements(
    citizen: Account, gate: StrictClient, at: datetime, django_assert_max_num_queries: Any
) -> None:
    text = code_of(citizen, at)
    gate.get("/gate/no-phone/")
    with django_assert_max_num_queries(3):  # account · guard · counts
        gate.get("/gate/")
    with django_assert_max_num_queries(10):  # account · guard, and the eight of a scan
        found = gate.post("/gate/scan/", {"nonce": str(uuid4()), "code": text})
    with django_assert_max_num_queries(3):  # account · guard · scan with person and venue
        gate.get(found.headers["Location"])
