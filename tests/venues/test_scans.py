"""Verifying at a gate: what is kept of a scan, and that nothing but the answer comes of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from healthcode.access import NotPermitted
from healthcode.domain.colours import Colour
from healthcode.domain.tokens import Reason, Verdict
from healthcode.models import Account, AuditEntry, Cause, CodeKey, Recolouring, RuleSetVersion
from healthcode.services.codes import issue_group_code
from healthcode.services.errors import Refused
from healthcode.services.keys import forget_keys
from healthcode.services.persons import open_account
from tests.people import XIHU, code_of, employ, person_of
from tests.venues.kit import give_colour, scan
from venues import tasks
from venues.domain.policy import Category, rule_passage
from venues.models import RETENTION_DAYS, Guard, Scan
from venues.services.places import appoint_guard, dismiss_guard, open_venue
from venues.services.scans import ScanCount, count_scans_today, destroy_scans, record_scan


@pytest.mark.parametrize("colour", Colour)
def test_a_good_code_gets_the_ruling_of_the_policy(
    colour: Colour, citizen: Account, gate_guard: Guard, at: datetime
) -> None:
    person = give_colour(citizen, colour, at)
    found = scan(gate_guard, code_of(citizen, at), at + timedelta(seconds=12))
    assert (found.reason, found.person, found.colour, found.code_age) == (Reason.OK, person, colour, 12)
    assert (found.verdict, found.condition, found.clause) == rule_passage(Category.MARKET, colour)


@pytest.mark.parametrize("category", Category)
def test_each_kind_of_place_rules_for_itself(category: Category, citizen: Account, at: datetime) -> None:
    venue = open_venue(by=None, name="某处", category=category, division=XIHU, at=at)
    guard = appoint_guard(by=None, account=employ("there", None, XIHU), venue=venue, at=at)
    give_colour(citizen, Colour.YELLOW, at)
    found = scan(guard, code_of(citizen, at), at)
    assert (found.verdict, found.condition, found.clause) == rule_passage(category, Colour.YELLOW)


def test_the_colour_now_counts_and_not_the_one_in_the_code(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    shown = code_of(citizen, at)
    give_colour(citizen, Colour.RED, at + timedelta(seconds=10))
    assert scan(gate_guard, shown, at + timedelta(seconds=20)).verdict == Verdict.REFUSE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda code: "", Reason.UNREADABLE),
        (lambda code: "hello", Reason.UNREADABLE),
        (lambda code: code[:-1], Reason.UNREADABLE),
        (lambda code: code * 3, Reason.UNREADABLE),
        (lambda code: "\x00" + code, Reason.UNREADABLE),
        (lambda code: code.replace("JK1:", "HC1:"), Reason.WRONG_KIND),
        (lambda code: code[:-3] + ("00" if code[-3:-1] != "00" else "11") + code[-1], Reason.NOT_GENUINE),
    ],
)
def test_a_failed_scan_is_a_row_with_its_reason(
    change: Callable[[str], str], reason: Reason, citizen: Account, gate_guard: Guard, at: datetime
) -> None:
    scan(gate_guard, change(code_of(citizen, at)), at)
    kept = Scan.objects.get()
    assert (kept.reason, kept.verdict, kept.colour, kept.person) == (reason, "", "", None)


@pytest.mark.parametrize(
    ("later", "reason"),
    [(94, Reason.OK), (95, Reason.EXPIRED), (3600, Reason.EXPIRED), (-5, Reason.OK), (-6, Reason.NOT_YET_VALID)],
)
def test_a_code_has_its_time(later: int, reason: Reason, citizen: Account, gate_guard: Guard, at: datetime) -> None:
    found = scan(gate_guard, code_of(citizen, at), at + timedelta(seconds=later))
    assert (found.reason, found.code_age) == (reason, later)


def test_the_code_of_companions_is_nobodys(gate_guard: Guard, at: datetime) -> None:
    found = scan(gate_guard, issue_group_code(group_id=1, region=330100, at=at).token, at)
    assert (found.reason, found.kind, found.person, found.verdict) == (Reason.WRONG_KIND, "companions", None, "")


def test_a_code_signed_by_nobody_we_know(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    shown = code_of(citizen, at)
    CodeKey.objects.filter(scope__contains=1).update(state="withdrawn", withdrawn_at=at, withdrawal_reason="stolen")
    forget_keys()
    assert scan(gate_guard, shown, at).reason == Reason.UNKNOWN_KEY


def test_without_any_key_nothing_can_be_checked(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    shown = code_of(citizen, at)
    CodeKey.objects.all().delete()
    forget_keys()
    assert scan(gate_guard, shown, at).reason == Reason.CANNOT_CHECK


def test_without_a_rule_set_nothing_is_guessed(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    shown = code_of(citizen, at)
    # An unfinished recolouring makes the reader decide afresh, for which there are no rules.
    Recolouring.objects.create(cause=Cause.RULESET, effective_at=at, created_at=at)
    RuleSetVersion.objects.update(valid_from=at + timedelta(days=9))
    assert scan(gate_guard, shown, at).reason == Reason.CANNOT_CHECK


def test_the_same_nonce_is_the_same_scan(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    nonce = uuid4()
    first = scan(gate_guard, code_of(citizen, at), at, nonce)
    give_colour(citizen, Colour.RED, at)
    again = scan(gate_guard, code_of(citizen, at), at + timedelta(seconds=60), nonce)
    assert (again.pk, again.verdict, Scan.objects.count()) == (first.pk, Verdict.PASS, 1)


def test_two_guards_who_scan_one_code_make_two_rows(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    other = appoint_guard(by=None, account=employ("gate2", None, XIHU), venue=gate_guard.venue, at=at)
    nonce = uuid4()
    for guard in (gate_guard, other):
        scan(guard, code_of(citizen, at), at, nonce)
    assert Scan.objects.count() == 2


def test_a_scan_says_when_it_was_read_and_when_it_came(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    later = at + timedelta(minutes=3)
    text = code_of(citizen, at)
    found = record_scan(by=gate_guard.account, guard=gate_guard, text=text, nonce=uuid4(), scanned_at=at, at=later)
    assert (found.reason, found.scanned_at, found.received_at) == (Reason.OK, at, later)


def test_a_scan_from_the_future_is_refused(gate_guard: Guard, at: datetime) -> None:
    ahead = at + timedelta(seconds=1)
    with pytest.raises(Refused, match="scanned_in_future"):
        record_scan(by=gate_guard.account, guard=gate_guard, text="", nonce=uuid4(), scanned_at=ahead, at=at)


def test_nobody_scans_in_a_guards_name(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    with pytest.raises(NotPermitted):
        record_scan(by=citizen, guard=gate_guard, text="", nonce=uuid4(), scanned_at=at, at=at)
    assert not Scan.objects.exists()


def test_a_dismissed_guard_scans_no_more(gate_guard: Guard, at: datetime) -> None:
    dismissed = dismiss_guard(by=None, guard=gate_guard, at=at)
    with pytest.raises(NotPermitted):
        scan(dismissed, "", at)


def test_a_scan_is_audited_without_a_word_about_the_person(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    found = scan(gate_guard, code_of(citizen, at), at)
    entry = AuditEntry.objects.get(action="scan")
    assert (entry.actor, entry.at, entry.person) == (gate_guard.account, at, None)
    assert entry.detail == {"scan": str(found.nonce), "venue": str(gate_guard.venue.public_id)}


def test_a_scan_changes_no_colour_and_is_no_evidence(citizen: Account, gate_guard: Guard, at: datetime) -> None:
    person = person_of(citizen)
    before = (person.decisions.count(), person.evidence.count())
    scan(gate_guard, code_of(citizen, at), at)
    assert (person.decisions.count(), person.evidence.count()) == before


@pytest.mark.parametrize(
    "sql",
    ["DELETE FROM venues_scan", "UPDATE venues_scan SET reason = 'expired'", "TRUNCATE venues_scan"],
)
def test_a_scan_can_be_neither_changed_nor_deleted(sql: str, gate_guard: Guard) -> None:
    kept = scan(gate_guard, "", timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    with pytest.raises(DatabaseError), transaction.atomic():
        Scan.objects.all().delete()
    kept.refresh_from_db()
    assert kept.reason == Reason.UNREADABLE


def test_scans_go_after_their_retention_and_not_before(gate_guard: Guard) -> None:
    now = timezone.now()
    old = scan(gate_guard, "", now - timedelta(days=RETENTION_DAYS, seconds=1))
    young = scan(gate_guard, "", now - timedelta(days=RETENTION_DAYS, seconds=-60))
    assert destroy_scans(by=None, at=now) == 1
    assert destroy_scans(by=None, at=now) == 0
    assert list(Scan.objects.all()) == [young]
    assert not Scan.objects.filter(pk=old.pk).exists()


def test_the_task_and_the_command_destroy_scans(gate_guard: Guard) -> None:
    scan(gate_guard, "", timezone.now() - timedelta(days=RETENTION_DAYS + 1))
    assert tasks.destroy_scans() == 1
    output = StringIO()
    call_command("destroy_scans", stdout=output)
    assert output.getvalue() == "scans: 0\n"


def test_a_scan_costs_few_statements(
    citizen: Account, gate_guard: Guard, at: datetime, django_assert_max_num_queries: Any
) -> None:
    text = code_of(citizen, at)
    with django_assert_max_num_queries(8):  # known? · decision · savepoint · lock · seen? · scan · audit · release
        scan(gate_guard, text, at)


def test_counts_of_the_day(citizen: Account, gate_guard: Guard, at: datetime, django_assert_num_queries: Any) -> None:
    for text in (code_of(citizen, at), code_of(citizen, at), ""):
        scan(gate_guard, text, at)
    scan(gate_guard, "", at - timedelta(hours=12, seconds=1))
    with django_assert_num_queries(1):
        counts = count_scans_today(venue=gate_guard.venue, at=at)
    assert counts == [ScanCount(Verdict.PASS, 2), ScanCount(Reason.UNREADABLE, 1)]


def test_an_account_opened_by_phone_is_no_guard(gate_guard: Guard, at: datetime) -> None:
    with pytest.raises(NotPermitted):
        record_scan(
            by=open_account(phone="+8613900000000", at=at),
            guard=gate_guard,
            text="",
            nonce=uuid4(),
            scanned_at=at,
            at=at,
        )
