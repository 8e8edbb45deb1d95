"""Codes that turn by themselves: each turn once, from the stored timeline, told and audited."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from healthcode.domain.cases import print_segment
from healthcode.domain.colours import Colour
from healthcode.domain.instants import CHINA
from healthcode.models import Account, AuditEntry, Cause, DecisionRecord, Outbox, Person, Recolouring, Source
from healthcode.services.conversions import convert_due
from healthcode.services.decisions import decide_for, status_of
from tests.people import current, fact, person_of, record, status, strangers

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
LIFTED = datetime(2020, 7, 19, 10, tzinfo=CHINA)
CONTACT = ("close_contact", "07-05T10:00")


@pytest.fixture
def contact(citizen: Account, at: datetime) -> Person:
    """Somebody red until ``LIFTED``."""
    person = person_of(citizen)
    record(person, fact(*CONTACT), at=at)
    return person


def test_nobody_is_converted_a_second_early(contact: Person) -> None:
    assert convert_due(at=LIFTED - SECOND) == 0


def test_a_due_code_is_converted_once(contact: Person) -> None:
    assert (convert_due(at=LIFTED), convert_due(at=LIFTED + DAY)) == (1, 0)
    assert DecisionRecord.objects.filter(person=contact, cause=Cause.CONVERSION).count() == 1


def test_the_new_decision_counts_from_the_turn_not_from_the_sweep(contact: Person) -> None:
    convert_due(at=LIFTED + 40 * SECOND)
    new = current(contact)
    assert (new.colour, new.at, new.decided_at) == (Colour.GREEN, LIFTED, LIFTED + 40 * SECOND)
    assert (new.changes_at, new.becomes, new.grounds) == (None, "", [])


def test_the_old_decision_is_superseded_by_the_sweep(contact: Person) -> None:
    old = current(contact)
    convert_due(at=LIFTED)
    old.refresh_from_db()
    assert (old.superseded_at, old.colour) == (LIFTED, Colour.RED)


def test_a_turn_is_told_once(contact: Person) -> None:
    Outbox.objects.all().delete()
    convert_due(at=LIFTED)
    row = Outbox.objects.get()
    assert (row.dedupe_key, row.person, row.due_at) == (f"colour:{current(contact).public_id}", contact, LIFTED)


def test_who_has_not_applied_is_not_told(sources: dict[str, Source], son: Person, at: datetime) -> None:
    record(son, fact(*CONTACT), at=at)
    assert convert_due(at=LIFTED) == 1
    assert not Outbox.objects.exists()


def test_a_turn_is_audited_as_a_decision_is(contact: Person) -> None:
    by_service = AuditEntry.objects.filter(action="decide", person=contact).latest("pk")
    convert_due(at=LIFTED)
    entry = AuditEntry.objects.filter(action="decide", person=contact).latest("pk")
    assert (entry.actor, entry.actor_label, entry.at) == (None, "conversion", LIFTED)
    assert entry.detail.keys() == by_service.detail.keys()
    assert (entry.detail["was"], entry.detail["colour"]) == ("red", "green")
    assert entry.detail["decision"] == str(current(contact).public_id)


def test_two_turns_slept_through_are_two_decisions(contact: Person, at: datetime) -> None:
    order = fact("isolation_order", "07-22", until="07-25", recorded_at="07-08T11:00", mode="home", document="文")
    record(contact, order, at=at)
    assert convert_due(at=LIFTED + 30 * DAY) == 3
    turns = DecisionRecord.objects.filter(cause=Cause.CONVERSION).order_by("at").values_list("colour", flat=True)
    assert list(turns) == ["green", "red", "green"]


def test_a_stage_that_ends_is_no_turn(citizen: Account, at: datetime) -> None:
    person = person_of(citizen)
    record(person, fact("overseas_entry", "07-01T10:00", country="ITA"), at=at)
    assert convert_due(at=datetime(2020, 7, 16, tzinfo=CHINA)) == 0
    assert status(person, datetime(2020, 7, 16, tzinfo=CHINA)).grounds[0].stage == "home"


STORIES: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "entry": [("overseas_entry", "07-01T10:00", {"country": "ITA"})],
    "contact and fever": [
        ("close_contact", "06-25T12:00", {}),
        ("symptom", "07-03T09:00", {"symptom": "fever"}),
        ("nat_result", "07-03T15:00", {"result": "negative", "reported_at": "07-04T08:00"}),
    ],
    "two orders": [
        ("isolation_order", "07-07", {"until": "07-12", "mode": "home", "document": "文"}),
        ("isolation_order", "07-14", {"until": "07-20", "recorded_at": "07-08", "mode": "central", "document": "文"}),
    ],
}


@pytest.mark.parametrize("story", STORIES)
def test_a_converted_decision_is_what_would_be_decided(citizen: Account, at: datetime, story: str) -> None:
    person = person_of(citizen)
    for kind, when, fields in STORIES[story]:
        record(person, fact(kind, when, **fields), at=at)
    turn = current(person).changes_at
    assert turn is not None
    convert_due(at=turn)
    new, afresh = current(person), decide_for([person.pk], turn)[person.pk]
    assert new.timeline == [print_segment(part) for part in afresh.timeline]
    assert (new.colour, new.changes_at, new.becomes or None) == (afresh.colour, afresh.changes_at, afresh.becomes)
    assert status_of(new, turn).grounds == afresh.grounds


def test_what_a_recolouring_has_not_reached_is_left_to_it(contact: Person) -> None:
    recolouring = Recolouring.objects.create(cause=Cause.AREAS, effective_at=LIFTED, created_at=LIFTED)
    assert convert_due(at=LIFTED) == 0
    recolouring.finished_at = LIFTED
    recolouring.save(update_fields=["finished_at"])
    assert convert_due(at=LIFTED) == 1


def test_a_recolouring_taken_into_account_stops_nothing(citizen: Account, at: datetime) -> None:
    Recolouring.objects.create(cause=Cause.AREAS, effective_at=at, created_at=at)
    record(person_of(citizen), fact(*CONTACT), at=at)
    assert convert_due(at=LIFTED) == 1


def test_all_batches_are_converted(sources: dict[str, Source], at: datetime) -> None:
    for person in strangers(5):
        record(person, fact(*CONTACT), at=at)
    assert convert_due(at=LIFTED, batch=2) == 5


def test_a_limit_stops_after_about_so_many(sources: dict[str, Source], at: datetime) -> None:
    for person in strangers(5):
        record(person, fact(*CONTACT), at=at)
    assert (convert_due(at=LIFTED, limit=3, batch=2), convert_due(at=LIFTED, limit=0)) == (4, 0)


def test_the_longest_due_come_first(sources: dict[str, Source], at: datetime) -> None:
    later, sooner = strangers(2)
    record(later, fact("close_contact", "07-06T10:00"), at=at)
    record(sooner, fact(*CONTACT), at=at)
    convert_due(at=LIFTED + 2 * DAY, limit=1, batch=1)
    assert (current(sooner).cause, current(later).cause) == (Cause.CONVERSION, Cause.EVIDENCE)


def test_a_batch_takes_as_many_statements_as_a_single_one(sources: dict[str, Source], at: datetime) -> None:
    people = strangers(4)
    record(people[0], fact(*CONTACT), at=at)
    for person in people[1:]:
        record(person, fact("close_contact", "07-06T10:00"), at=at)
    counts = []
    for instant in (LIFTED, LIFTED + DAY):
        with CaptureQueriesContext(connection) as queries:
            convert_due(at=instant)
        counts.append(len(queries))
    assert counts[0] == counts[1]
