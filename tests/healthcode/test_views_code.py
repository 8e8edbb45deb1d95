"""My code, its token, why it has its colour, and its history."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils.dateparse import parse_datetime

from healthcode.domain.tokens import Reason
from healthcode.models import Account, CodeKey
from healthcode.services.codes import verify_code
from healthcode.services.conversions import convert_due
from healthcode.services.keys import forget_keys
from tests.client import StrictClient, is_read, statements_noted
from tests.healthcode.portal_kit import CHINESE, designate, know_places, words_of
from tests.people import fact, person_of, record

SignIn = Callable[[Account], StrictClient]
PAGES = ["/code/", "/code/token/", "/code/why/", "/code/history/", "/code/question/"]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock of the views at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def browser(citizen: Account, sign_in: SignIn) -> StrictClient:
    know_places()
    return sign_in(citizen)


@pytest.fixture
def came_from_abroad(citizen: Account, at: datetime) -> None:
    """Entered on 3 July: central isolation until the 17th, at home until the 24th."""
    record(person_of(citizen), fact("overseas_entry", "07-03T10:00", country="GBR"), at=at - 2 * DAY)


@pytest.fixture
def was_in_fengtai(citizen: Account, at: datetime) -> None:
    designate("110106", at - 20 * DAY)
    stay = fact("area_stay", "06-28T10:00", until="07-01T18:00", place="110106")
    record(person_of(citizen), stay, at=at - DAY)


@pytest.mark.parametrize("path", PAGES)
def test_without_signing_in_one_is_sent_to_sign_in(path: str, client: StrictClient, province: None) -> None:
    assert client.get(path).headers["Location"] == f"/sign-in/?next={path}"


@pytest.mark.parametrize("path", PAGES[1:])
def test_without_a_code_there_is_no_such_page(path: str, newcomer: Account, sign_in: SignIn) -> None:
    assert sign_in(newcomer).get(path).status_code == 404


def test_without_a_code_my_code_leads_to_applying(newcomer: Account, sign_in: SignIn) -> None:
    assert sign_in(newcomer).get("/code/").headers["Location"] == "/apply/"


@pytest.mark.parametrize("path", ["/code/", "/code/why/", "/code/history/"])
def test_an_outsider_sees_nothing_of_hers(
    path: str, outsider: Account, was_in_fengtai: None, sign_in: SignIn, browser: StrictClient
) -> None:
    assert "丰台" in words_of(browser.get(path))
    assert "丰台" not in words_of(sign_in(outsider).get(path))


def test_a_green_code_says_so_with_the_masked_holder(browser: StrictClient) -> None:
    words = words_of(browser.get("/code/"))
    assert "绿码 可正常通行" in words
    assert "王*明 3301**********1220" in words
    assert "未发现红码、黄码情形 最近核对 今天 12:00" in words


def test_a_red_code_says_why_by_which_clause_and_until_when(browser: StrictClient, came_from_abroad: None) -> None:
    words = words_of(browser.get("/code/"))
    assert "红码 请留在隔离地点" in words
    assert "集中隔离医学观察中（境外旅居史，7 月 3 日入境） 依据条款 通知一(一)" in words
    assert "预计转绿 7 月 24 日（还有 16 天）" in words
    assert "距离变化还有： 15 天 22 小时" in words


def test_a_yellow_code_says_what_turns_it_green(browser: StrictClient, was_in_fengtai: None) -> None:
    words = words_of(browser.get("/code/"))
    assert "6 月 28 日到过中高风险地区（北京市丰台区）" in words
    assert "核酸检测阴性后自动转为绿码；最晚 7 月 15 日（还有 7 天）" in words


def test_the_page_turns_by_itself_without_a_sweep(
    browser: StrictClient, came_from_abroad: None, clock: time_machine.Traveller, at: datetime
) -> None:
    clock.move_to(at.replace(day=24, hour=9, minute=59, second=59))
    assert "红码" in words_of(browser.get("/code/"))
    clock.move_to(at.replace(day=24, hour=10))
    assert "绿码" in words_of(browser.get("/code/"))


def test_the_english_page_has_no_chinese_but_the_name(browser: StrictClient, was_in_fengtai: None) -> None:
    for path in ("/code/", "/code/why/", "/code/history/", "/declare/", "/rules/"):
        words = words_of(browser.get(path, headers={"accept-language": "en"}))
        assert set(CHINESE.findall(words)) <= {"王", "明"}, path


def test_the_chinese_page_has_no_english(browser: StrictClient, was_in_fengtai: None) -> None:
    for path in ("/code/why/", "/code/history/", "/declare/"):
        words = words_of(browser.get(path)).replace("zj-2020-109", "")
        assert not [word for word in words.split() if word.isascii() and word.isalpha()], path


def test_without_a_signing_key_no_code_is_shown(browser: StrictClient) -> None:
    CodeKey.objects.update(state="verifying")
    forget_keys()
    page = browser.get("/code/")
    assert "暂时无法生成健康码" in words_of(page)
    assert "data-refresh-url" not in page.content.decode()
    assert browser.get("/code/token/").status_code == 503


def test_the_token_is_hers_and_good(browser: StrictClient, citizen: Account, at: datetime) -> None:
    answer = browser.get("/code/token/").json()
    checked = verify_code(text=answer["token"], at=at)
    assert checked.verified.result is Reason.OK
    assert checked.status
    assert checked.status.person == person_of(citizen)
    assert answer["colour"] == "green"


def test_the_token_says_how_long_it_lives(browser: StrictClient, at: datetime) -> None:
    answer = browser.get("/code/token/").json()
    assert (parse_datetime(answer["now"]), parse_datetime(answer["issued_at"])) == (at, at)
    assert parse_datetime(answer["expires_at"]) == at + timedelta(seconds=90)
    assert parse_datetime(answer["reserve"]["expires_at"]) == at + timedelta(minutes=10)


def test_the_reserve_is_no_good_online(browser: StrictClient, at: datetime) -> None:
    reserve = browser.get("/code/token/").json()["reserve"]["token"]
    assert verify_code(text=reserve, at=at).verified.result is Reason.WRONG_KIND


def test_a_token_costs_the_account_and_one_read_and_writes_nothing(
    browser: StrictClient, came_from_abroad: None, django_assert_num_queries: Any
) -> None:
    browser.get("/code/token/")
    with django_assert_num_queries(2), statements_noted() as noted:
        browser.get("/code/token/")
    assert [sql for sql in noted if not is_read(sql)] == []


def test_reading_my_code_costs_few_queries(
    browser: StrictClient, was_in_fengtai: None, django_assert_max_num_queries: Any
) -> None:
    browser.get("/code/")
    # Account, decision, the records behind the grounds, the names of their places, whom else this phone shows.
    with django_assert_max_num_queries(5):
        browser.get("/code/")


def test_why_names_clause_record_source_stage_and_exit(browser: StrictClient, came_from_abroad: None) -> None:
    words = words_of(browser.get("/code/why/"))
    assert "入境：英国 发生时间：7 月 3 日 10:00 来源：杭州海关，登记于 7 月 3 日 10:00" in words
    assert "至 7 月 17 日，之后居家医学观察至 7 月 24 日" in words
    assert "卫生健康部门解除隔离。" in words
    assert "通知二(三) 红码：按规定结束集中隔离或居家医学观察后转为绿码。" in words


def test_why_explains_every_ground(browser: StrictClient, came_from_abroad: None, was_in_fengtai: None) -> None:
    page = browser.get("/code/why/")
    assert [ground["colour"] for ground in page.context["grounds"]] == ["red", "yellow"]


def test_why_green_says_what_was_looked_at(browser: StrictClient) -> None:
    words = words_of(browser.get("/code/why/"))
    assert "海关、边检的入境信息" in words
    assert "通知一(三)" in words


def test_history_shows_each_colour_with_its_reason(browser: StrictClient, came_from_abroad: None) -> None:
    rows = browser.get("/code/history/").context["parts"]
    assert [row["colour"] for row in rows] == ["red", "green"]
    assert rows[0]["reasons"] == ["集中隔离医学观察中（境外旅居史，7 月 3 日入境）"]


@pytest.mark.parametrize("swept", [False, True])
def test_history_marks_what_turned_by_itself_swept_or_not(
    browser: StrictClient, was_in_fengtai: None, clock: time_machine.Traveller, at: datetime, swept: bool
) -> None:
    later = at.replace(day=16)
    clock.move_to(later)
    if swept:
        convert_due(at=later)
    rows = browser.get("/code/history/").context["parts"]
    assert [(row["colour"], row["by_itself"]) for row in rows] == [("green", True), ("yellow", False), ("green", False)]
    assert rows[0]["begins"] == "7 月 15 日 18:00"


def test_history_shows_the_stages_of_an_isolation(
    browser: StrictClient, came_from_abroad: None, clock: time_machine.Traveller, at: datetime
) -> None:
    clock.move_to(at.replace(day=18))
    rows = browser.get("/code/history/").context["parts"]
    assert rows[0]["reasons"][0].startswith("居家医学观察中")
