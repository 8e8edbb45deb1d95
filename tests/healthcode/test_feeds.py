"""Feeds: how fresh each is, what came late and what that changed; the pages of both, and of the keys (N3.2)."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from healthcode.access import NotPermitted
from healthcode.domain.colours import Colour
from healthcode.models import (
    Account,
    AuditEntry,
    DecisionRecord,
    EvidenceBatch,
    EvidenceRecord,
    Feed,
    LateRecord,
    Source,
    SystemKey,
)
from healthcode.services.feeds import FeedAge, feed_ages, install_feeds, late_feeds, save_feed
from healthcode.words.spans import span_words
from tests.client import StrictClient
from tests.healthcode.admin_kit import SignIn, list_url, words_of
from tests.healthcode.feed_kit import System, connect, public_half, row
from tests.people import JOINED, current, fact, person_of, record, status

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def feeds(sources: dict[str, Source]) -> None:
    """All shipped sources watched since the cast joined."""
    install_feeds(by=None, at=JOINED)


@pytest.fixture
def health(feeds: None, sources: dict[str, Source], reviewer: Account, at: datetime) -> System:
    """The health commission's system."""
    return connect(sources["zj-health"], reviewer, at)


def age_of(code: str, at: datetime) -> FeedAge:
    return next(age for age in feed_ages(at) if age.source.code == code)


# --- freshness ------------------------------------------------------------------------------------------------


def test_a_delivery_makes_a_feed_fresh(health: System, at: datetime) -> None:
    assert age_of("zj-health", at).last_received_at is None
    assert age_of("zj-health", at).is_late
    health.push()
    age = age_of("zj-health", at + 20 * MINUTE)
    assert (age.last_received_at, age.age, age.is_late) == (at, 20 * MINUTE, False)


def test_a_feed_is_late_after_its_interval(health: System, at: datetime) -> None:
    health.push()
    assert [age_of("zj-health", at + HOUR + extra).is_late for extra in (timedelta(), MINUTE)] == [False, True]


def test_a_file_counts_as_received_too(feeds: None, sources: dict[str, Source], at: datetime) -> None:
    EvidenceBatch.objects.create(source=sources["hz-customs"], name="entries.csv", received_at=at - MINUTE)
    assert age_of("hz-customs", at).age == MINUTE


def test_a_refused_request_makes_nothing_fresh(health: System, at: datetime) -> None:
    assert health.post(b"[]").status_code == 400
    assert age_of("zj-health", at).last_received_at is None


def test_a_source_without_rhythm_is_never_late(feeds: None, at: datetime) -> None:
    assert not age_of("zj-office", at + 400 * DAY).is_late


def test_people_are_no_feed_and_a_source_out_of_use_is_not_watched(feeds: None, at: datetime) -> None:
    Source.objects.filter(code="sh-rail").update(is_active=False)
    codes = {age.source.code for age in feed_ages(at)}
    assert {"self", "sh-rail"} & codes == set()
    assert len(codes) == 10


def test_late_feeds_are_counted(health: System, at: datetime) -> None:
    before = late_feeds(at)
    health.push()
    assert (before, late_feeds(at)) == (10, 9)


def test_the_first_page_tells_of_late_feeds(feeds: None, operator: Account, sign_in: SignIn) -> None:
    tile = next(tile for tile in sign_in(operator).get("/admin/").context["tiles"] if "/feed/" in tile.url)
    assert (tile.number, tile.alert) == (10, True)


def test_ages_take_one_query(feeds: None, at: datetime) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert len(feed_ages(at)) == 11
    assert len(queries) == 1


def test_a_stale_feed_never_reddens_anybody(health: System, citizen: Account, mother: Account, at: datetime) -> None:
    health.push(row("A1", "nat_result", "2020-07-08T09:00+08:00", result="negative", who=person_of(citizen).number))
    before = list(DecisionRecord.objects.order_by("pk").values())
    later = at + 300 * DAY
    assert all(age.is_late for age in feed_ages(later) if age.expected_every)
    with time_machine.travel(later, tick=False):
        for command in ("convert_due", "recolour", "destroy_expired"):
            call_command(command)
    assert list(DecisionRecord.objects.order_by("pk").values()) == before
    assert {status(person_of(who), later).colour for who in (citizen, mother)} == {Colour.GREEN}


def test_installing_twice_changes_nothing(feeds: None, at: datetime) -> None:
    assert install_feeds(by=None, at=at) == []
    assert AuditEntry.objects.filter(action="install_feeds").count() == 1


def test_what_is_expected_is_saved_with_an_audit_entry(
    feeds: None, reviewer: Account, sources: dict[str, Source], at: datetime
) -> None:
    save_feed(by=reviewer, source=sources["sh-rail"], expected_every=None, late_after=DAY, at=at)
    feed = Feed.objects.get(source=sources["sh-rail"])
    assert (feed.expected_every, feed.late_after, feed.watched_from) == (None, DAY, JOINED)
    entry = AuditEntry.objects.get(action="save_feed")
    assert (entry.actor, entry.detail["after"]["late_after"]) == (reviewer, "1 day, 0:00:00")


def test_a_source_added_later_is_watched_once_it_is_saved(
    sources: dict[str, Source], reviewer: Account, at: datetime
) -> None:
    save_feed(by=reviewer, source=sources["sh-rail"], expected_every=HOUR, late_after=DAY, at=at)
    assert [age.source.code for age in feed_ages(at)] == ["sh-rail"]


def test_an_auditor_changes_nothing(feeds: None, auditor: Account, sources: dict[str, Source], at: datetime) -> None:
    with pytest.raises(NotPermitted):
        save_feed(by=auditor, source=sources["sh-rail"], expected_every=None, late_after=DAY, at=at)


# --- late records ---------------------------------------------------------------------------------------------


def test_late_data_is_marked_with_what_it_changed(health: System, citizen: Account, at: datetime) -> None:
    person = person_of(citizen)
    health.push(row("C1", "close_contact", "2020-07-06T10:00+08:00", who=person.number))
    late = LateRecord.objects.select_related("decision", "evidence").get()
    assert (late.evidence.source_ref, late.delay, late.allowed) == ("C1", timedelta(hours=50), DAY)
    assert late.decision == current(person)
    assert late.decision.colour == "red"


def test_what_comes_within_the_usual_delay_is_not_late(health: System) -> None:
    health.push(row("C1", "close_contact", "2020-07-07T12:00+08:00"))
    assert EvidenceRecord.objects.count() == 1
    assert not LateRecord.objects.exists()


def test_late_data_that_changes_nothing_is_marked_so(health: System, citizen: Account) -> None:
    number = person_of(citizen).number
    health.push(row("N1", "nat_result", "2020-07-01T10:00+08:00", result="negative", who=number))
    assert LateRecord.objects.get().decision is None


def test_orders_and_withdrawals_are_never_late(health: System) -> None:
    health.push(
        row("O1", "isolation_order", "2020-07-01", until="2020-07-20", mode="home", document="1号"),
        row("C1", "close_contact", "2020-07-08T10:00+08:00"),
        row("R1", "retraction", "2020-07-01T10:00+08:00", retracts="C1", reason="错"),
    )
    assert EvidenceRecord.objects.count() == 3
    assert not LateRecord.objects.exists()


def test_whichever_way_it_came_late_is_late(feeds: None, citizen: Account, at: datetime) -> None:
    said = fact("close_contact", "07-02T10:00", recorded_at="07-08T12:00")
    record(person_of(citizen), said, at=at)
    assert LateRecord.objects.get().marked_at == at


def test_another_threshold_leaves_the_marks(
    health: System, reviewer: Account, sources: dict[str, Source], at: datetime
) -> None:
    health.push(row("C1", "close_contact", "2020-07-06T10:00+08:00"))
    save_feed(by=reviewer, source=sources["zj-health"], expected_every=HOUR, late_after=30 * DAY, at=at)
    health.push(row("C2", "close_contact", "2020-07-06T11:00+08:00"))
    assert LateRecord.objects.get().evidence.source_ref == "C1"


# --- pages ----------------------------------------------------------------------------------------------------


def page_of(name: str, *arguments: str) -> str:
    return reverse(f"admin:healthcode_{name}", args=arguments)


def english(browser: StrictClient, url: str) -> str:
    browser.cookies["language"] = "en"
    response = browser.get(url)
    assert response.status_code == 200, url
    return words_of(response)


def test_the_page_of_feeds_shows_age_and_lateness(health: System, operator: Account, sign_in: SignIn) -> None:
    health.push(row("A1", "symptom", "2020-07-08", symptom="fever"), 7)
    browser = sign_in(operator)
    listed = {feed.source.code: feed for feed in browser.get(list_url(Feed)).context["cl"].result_list}
    assert (listed["zj-health"].freshness.is_late, listed["hz-customs"].freshness.is_late) == (False, True)
    words = english(browser, list_url(Feed))
    assert "2020-07-08 12:00" in words
    assert "Late" in words
    told = english(browser, page_of("feed_change", "zj-health"))
    assert health.key.key_id in told


def test_the_province_changes_what_is_expected(feeds: None, reviewer: Account, sign_in: SignIn) -> None:
    url = page_of("feed_save", "sh-rail")
    assert sign_in(reviewer).get(url).status_code == 200
    sign_in(reviewer).post(url, {"expected_every": "", "late_after": "48"})
    feed = Feed.objects.get(source__code="sh-rail")
    assert (feed.expected_every, feed.late_after) == (None, 48 * HOUR)


@pytest.mark.parametrize("url", ["feed_save", "systemkey_add", "systemkey_rotate", "systemkey_revoke"])
def test_who_may_only_look_is_refused(health: System, auditor: Account, sign_in: SignIn, url: str) -> None:
    name = {"feed_save": ("sh-rail",), "systemkey_add": ()}.get(url, (health.key.key_id,))
    browser = sign_in(auditor)
    data = {"reason": "x", "public_key": public_half(Ed25519PrivateKey.generate()), "late_after": "1"}
    assert browser.get(page_of(url, *name)).status_code == 403
    assert browser.post(page_of(url, *name), data).status_code == 403
    assert not SystemKey.objects.filter(revoked_at__isnull=False).exists()


def test_a_county_officer_sees_neither_feeds_nor_keys(health: System, officer: Account, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    assert [browser.get(list_url(model)).status_code for model in (Feed, SystemKey)] == [403, 403]


def test_a_key_is_registered_changed_and_revoked_on_its_pages(
    health: System, reviewer: Account, sign_in: SignIn, sources: dict[str, Source]
) -> None:
    browser = sign_in(reviewer)
    key = public_half(Ed25519PrivateKey.generate())
    browser.post(page_of("systemkey_add"), {"source": sources["national"].pk, "label": "国家平台", "public_key": key})
    made = SystemKey.objects.get(source__code="national")
    assert "国家平台" in english(browser, page_of("systemkey_change", made.key_id))
    new = public_half(Ed25519PrivateKey.generate())
    browser.post(page_of("systemkey_rotate", made.key_id), {"public_key": new})
    assert SystemKey.objects.filter(source__code="national", valid_until__isnull=True).count() == 1
    browser.post(page_of("systemkey_revoke", made.key_id), {"reason": "遗失"})
    made.refresh_from_db()
    assert made.revoked_by == reviewer
    assert "Revoked" in english(browser, list_url(SystemKey))


def test_a_wrong_key_is_told_at_the_form(
    health: System, reviewer: Account, sign_in: SignIn, sources: dict[str, Source]
) -> None:
    data = {"source": sources["national"].pk, "label": "x", "public_key": "AAAA"}
    response = sign_in(reviewer).post(page_of("systemkey_add"), data)
    assert response.status_code == 200
    assert [error.code for error in response.context["form"].non_field_errors().as_data()] == ["invalid_key"]


@pytest.fixture
def late(health: System, citizen: Account) -> LateRecord:
    """A contact that came two days late and turned the citizen red."""
    health.push(row("C1", "close_contact", "2020-07-06T10:00+08:00", who=person_of(citizen).number))
    return LateRecord.objects.select_related("evidence").get()


def test_what_late_data_changed_is_listed(late: LateRecord, reviewer: Account, sign_in: SignIn) -> None:
    browser = sign_in(reviewer)
    words = english(browser, list_url(LateRecord))
    assert ("Green" in words, "Red" in words, "2 days" in words) == (True, True, True)
    told = english(browser, page_of("laterecord_change", str(late.evidence.public_id)))
    assert ("Green" in told, "Red" in told) == (True, True)
    assert AuditEntry.objects.filter(action="read_person", actor=reviewer).exists()


def test_a_late_record_is_found_by_the_whole_number(late: LateRecord, reviewer: Account, sign_in: SignIn) -> None:
    number = late.evidence.person.number
    browser = sign_in(reviewer)
    lists = [browser.get(list_url(LateRecord), {"q": typed}).context["cl"] for typed in ("", number, number[:9])]
    assert [len(found.result_list) for found in lists] == [1, 1, 0]


def test_another_county_sees_no_late_record(
    late: LateRecord, everything: Callable[[Account], None], other_officer: Account, sign_in: SignIn
) -> None:
    everything(other_officer)
    browser = sign_in(other_officer)
    assert browser.get(list_url(LateRecord)).context["cl"].result_list == []
    assert browser.get(page_of("laterecord_change", str(late.evidence.public_id))).status_code == 404


@pytest.fixture
def everything() -> Callable[[Account], None]:
    """Return a way to let an officer see late records, past their role."""

    def give(account: Account) -> None:
        account.user_permissions.add(Permission.objects.get(codename="view_laterecord"))

    return give


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=-5), "0 minutes"),
        (MINUTE, "1 minute"),
        (HOUR - MINUTE, "59 minutes"),
        (HOUR, "1 hour"),
        (2 * DAY - MINUTE, "47 hours"),
        (2 * DAY, "2 days"),
    ],
)
def test_a_span_in_words(span: timedelta, words: str) -> None:
    with override("en"):
        assert span_words(span) == words
