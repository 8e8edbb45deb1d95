"""Recolouring, urgent people first; the provincial office stops it and lets it go on; nobody reads an old colour."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from healthcode.access import NotPermitted
from healthcode.domain.instants import CHINA
from healthcode.models import (
    Account,
    AreaSnapshot,
    AuditEntry,
    Cause,
    DecisionRecord,
    Recolouring,
    RecolouringBatch,
)
from healthcode.services.divisions import load_divisions
from healthcode.services.errors import Refused
from healthcode.services.figures import people_being_recoloured
from healthcode.services.installation import install_sources
from healthcode.services.reads import colours_now, current_status, current_timeline
from healthcode.services.recolouring import (
    people_a_second,
    resume_recolouring,
    run_recolouring,
    start_recolouring,
    stop_recolouring,
)
from healthcode.services.roles import Role
from healthcode.views.colours import parts_of, with_present
from tests.client import StrictClient
from tests.healthcode.admin_kit import SignIn, list_url, page_url, words_of
from tests.healthcode.area_kit import apply, colour, place, published, record_stay, stranger
from tests.healthcode.test_recolouring import FENGTAI, HIGH, announce, interrupt, people
from tests.people import XIHU, ZHEJIANG, employ

HOUR = timedelta(hours=1)
CHAOYANG = {"place": "110105", "at": "2020-07-01", "community": "甲"}
# Fengtai is lowered and Chaoyang raised by one list.
SWAPPED = published("2020-07-05 9时", high=[place("北京市 朝阳区 甲街道", "甲")])


@pytest.fixture
def divisions(province: None, at: datetime) -> None:
    load_divisions(by=None, streets=None, at=at)
    install_sources(by=None, at=at)


@pytest.fixture
def office(divisions: None) -> Account:
    return employ("office", Role.PROVINCE_OFFICER, ZHEJIANG)


@pytest.fixture
def under_way(divisions: None, at: datetime) -> Recolouring:
    """A recolouring of three people of whom one is done."""
    people(3, at)
    announce(HIGH, at)
    with pytest.raises(KeyboardInterrupt):
        run_recolouring(at=at, batch=1, progress=interrupt)
    return Recolouring.objects.get()


@pytest.mark.parametrize(("first", "expected"), [("green", ["green", "yellow"]), ("red", ["yellow", "green"])])
def test_the_setting_says_who_is_decided_first(
    divisions: None, at: datetime, settings: Any, first: str, expected: list[str]
) -> None:
    settings.HC_RECOLOUR_FIRST = first
    for number, stay in ((1, CHAOYANG), (2, FENGTAI), (3, CHAOYANG), (4, FENGTAI)):
        record_stay(stranger(number, at), stay, at)
    apply(HIGH, at)
    before = set(DecisionRecord.objects.values_list("pk", flat=True))
    announce(SWAPPED, at + HOUR)
    run_recolouring(at=at + HOUR, batch=1)
    made = DecisionRecord.objects.exclude(pk__in=before).order_by("pk").values_list("colour", flat=True)
    assert list(made) == [one for one in expected for _twice in range(2)]


def test_a_stopped_recolouring_rests_until_it_is_let_go_on(
    office: Account, under_way: Recolouring, at: datetime
) -> None:
    stop_recolouring(by=office, recolouring=under_way, reason="名单有误", at=at)
    assert run_recolouring(at=at) is None
    assert Recolouring.objects.get().touched == 1
    resume_recolouring(by=office, recolouring=under_way, reason="已核实", at=at)
    done = run_recolouring(at=at)
    assert done is not None
    assert (done.touched, done.changed, done.finished_at) == (3, 3, at)
    told = AuditEntry.objects.filter(actor=office).order_by("pk").values_list("action", "reason", "detail__touched")
    assert list(told) == [("stop_recolouring", "名单有误", 1), ("resume_recolouring", "已核实", 1)]


def test_while_it_is_stopped_every_colour_read_is_the_new_one(
    office: Account, under_way: Recolouring, at: datetime
) -> None:
    stop_recolouring(by=office, recolouring=under_way, reason="名单有误", at=at)
    ids = list(DecisionRecord.objects.current().values_list("person_id", flat=True))
    assert DecisionRecord.objects.current().filter(colour="green").count() == 2
    assert set(colours_now(person_ids=ids, at=at).values()) == {"yellow"}


@pytest.mark.parametrize("role", [Role.AREA_OFFICER, Role.COUNTY_OFFICER, Role.OPERATOR, Role.LEADING_GROUP])
def test_only_the_provincial_office_steers(under_way: Recolouring, at: datetime, role: Role) -> None:
    other = employ("other", role, ZHEJIANG)
    with pytest.raises(NotPermitted):
        stop_recolouring(by=other, recolouring=under_way, reason="某", at=at)
    with pytest.raises(NotPermitted):
        resume_recolouring(by=other, recolouring=under_way, reason="某", at=at)


def test_the_permission_without_the_office_is_not_enough(under_way: Recolouring, at: datetime) -> None:
    with pytest.raises(NotPermitted):
        stop_recolouring(by=employ("xihu-2", Role.PROVINCE_OFFICER, XIHU), recolouring=under_way, reason="某", at=at)


def test_stopping_and_going_on_are_refused_where_they_mean_nothing(
    office: Account, under_way: Recolouring, at: datetime
) -> None:
    def code_of(steer: Any, reason: str = "某") -> str:
        with pytest.raises(Refused) as caught:
            steer(by=office, recolouring=under_way, reason=reason, at=at)
        return caught.value.code

    assert (code_of(resume_recolouring), code_of(stop_recolouring, " ")) == (
        "recolouring_not_stopped",
        "reason_required",
    )
    stop_recolouring(by=office, recolouring=under_way, reason="某", at=at)
    assert (code_of(stop_recolouring), code_of(resume_recolouring, "")) == ("recolouring_stopped", "reason_required")
    resume_recolouring(by=office, recolouring=under_way, reason="某", at=at)
    run_recolouring(at=at)
    assert (code_of(stop_recolouring), code_of(resume_recolouring)) == ("recolouring_finished",) * 2


@pytest.mark.django_db(transaction=True)
def test_a_stop_before_the_commit_of_a_batch_leaves_nothing_of_it(office: Account, at: datetime) -> None:
    people(1, at)
    announce(HIGH, at)
    stopped, commit = threading.Event(), threading.Event()

    def stop() -> None:
        with transaction.atomic():
            stop_recolouring(by=office, recolouring=Recolouring.objects.get(), reason="某", at=at)
            stopped.set()
            commit.wait(30)
        connection.close()

    def stop_now() -> None:
        threading.Thread(target=stop).start()
        assert stopped.wait(30)
        # The batch is about to wait for the row that the stop holds.
        threading.Timer(0.3, commit.set).start()

    with connection.execute_wrapper(at_the_counting(stop_now)):
        run_recolouring(at=at)
    row = Recolouring.objects.get()
    assert (row.touched, row.changed, RecolouringBatch.objects.filter(done_at__isnull=True).count()) == (0, 0, 1)
    assert not DecisionRecord.objects.filter(cause=Cause.AREAS).exists()


def at_the_counting(act: Any) -> Any:
    """Return a wrapper of statements that acts once, just before a batch is counted in."""
    acted: list[bool] = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "healthcode_recolouring" SET "touched"') and not acted:
            acted.append(True)
            act()
        return execute(sql, params, many, context)

    return wrapper


def test_a_designation_that_begins_and_ends_later_turns_people_by_itself(divisions: None, at: datetime) -> None:
    (person,) = people(1, at)
    announce(published("2020-07-20 9时", high=[place("北京市 丰台区 花乡", "新发地")]), at)
    run_recolouring(at=at)
    decision = DecisionRecord.objects.current().get()
    begins = datetime(2020, 7, 20, 9, tzinfo=CHINA)
    assert (colour(person), decision.changes_at, decision.becomes) == ("green", begins, "yellow")


def test_a_change_that_touches_nobody_is_finished_at_once(divisions: None, at: datetime) -> None:
    announce(HIGH, at)
    done = run_recolouring(at=at)
    assert done is not None
    assert (done.people, done.touched, done.finished_at) == (0, 0, at)


def test_what_a_batch_held_is_emptied_when_it_is_done(under_way: Recolouring) -> None:
    held = RecolouringBatch.objects.order_by("number").values_list("number", "members")
    assert [(number, len(members)) for number, members in held] == [(0, 0), (1, 8), (2, 8)]


def test_a_list_of_a_change_of_rules_holds_everybody(divisions: None, at: datetime) -> None:
    people(2, at)
    started = start_recolouring(by=None, cause=Cause.RULESET, counties=[], effective_at=at, at=at)
    run_recolouring(at=at, recolouring_id=started.pk)
    assert Recolouring.objects.get().people == 2


@pytest.mark.django_db(transaction=True)
def test_the_pace_is_that_of_the_last_batches(divisions: None, at: datetime) -> None:
    people(3, at)
    announce(HIGH, at)
    run_recolouring(at=at, batch=1)
    rate = people_a_second(Recolouring.objects.get())
    assert rate is not None
    assert rate > 0


def test_how_many_wait_is_a_figure(under_way: Recolouring, at: datetime) -> None:
    assert people_being_recoloured(at=at) == 2


# --- the pages --------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(office: Account, sign_in: SignIn) -> StrictClient:
    return sign_in(office)


def test_the_list_shows_how_far_it_is(browser: StrictClient, under_way: Recolouring) -> None:
    page = browser.get(list_url(Recolouring)).content.decode()
    assert 'value="33"' in page
    assert "1 / 3" in page


def test_the_office_stops_it_on_its_page_and_lets_it_go_on(browser: StrictClient, under_way: Recolouring) -> None:
    assert page_url(under_way, "stop") in browser.get(page_url(under_way)).content.decode()
    browser.post(page_url(under_way, "stop"), {"reason": "名单有误"})
    page = browser.get(page_url(under_way)).content.decode()
    assert "名单有误" in page
    browser.post(page_url(under_way, "resume"), {"reason": "已核实"})
    under_way.refresh_from_db()
    assert under_way.stopped_at is None


@pytest.mark.parametrize("name", ["stop", "resume"])
def test_nobody_else_is_offered_or_allowed_to_steer(sign_in: SignIn, under_way: Recolouring, name: str) -> None:
    browser = sign_in(employ("areas", Role.AREA_OFFICER, ZHEJIANG))
    assert page_url(under_way, name) not in browser.get(page_url(under_way)).content.decode()
    assert browser.post(page_url(under_way, name), {"reason": "某"}).status_code == 403


def test_a_published_list_says_what_it_did_step_by_step(browser: StrictClient, at: datetime) -> None:
    people(1, at)
    apply(HIGH, at)
    apply(published("2020-07-05 9时", high=[place("吉林省 长春市 经开区", "甲")]), at + HOUR)
    first, second = AreaSnapshot.objects.order_by("taken_at")
    shown = words_of(browser.get(list_url(AreaSnapshot)))
    assert shown.count("1 / 1") == 2
    assert "北京市 丰台区 花乡" in words_of(browser.get(page_url(first)))
    page = words_of(browser.get(page_url(second)))
    assert "吉林省 长春市 经开区" in page
    assert page_url(Recolouring.objects.order_by("pk")[1]) in browser.get(page_url(second)).content.decode()


def test_a_timeline_read_in_between_is_the_new_one(under_way: Recolouring, at: datetime) -> None:
    waiting = DecisionRecord.objects.current().filter(colour="green").order_by("pk")[0]
    assert waiting.segments()[0].colour == "green"
    assert current_timeline(person_id=waiting.person_id, at=at)[0].colour == "yellow"
    assert current_timeline(person_id=0, at=at) == ()


def test_the_history_ends_with_what_the_code_says_now(under_way: Recolouring, at: datetime) -> None:
    waiting = DecisionRecord.objects.current().filter(colour="green").order_by("pk")[0]
    later = at + HOUR
    shown = with_present(parts_of([waiting], later), current_status(person=waiting.person, at=later))
    assert [(part.colour, part.cause) for part in shown] == [("green", Cause.EVIDENCE), ("yellow", Cause.AREAS)]
    assert (shown[0].ends, shown[1].ends) == (later, None)
    done = DecisionRecord.objects.current().get(colour="yellow")
    written = parts_of([done], later)
    assert with_present(written, current_status(person=done.person, at=later)) == written
