"""Who may: truth tables of every access function."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.http import Http404

from healthcode.access import (
    NotPermitted,
    can_record,
    can_view_person,
    check_can_record,
    current_decision_for_account,
    decisions_for_account,
    evidence_for_officer,
    is_in_jurisdiction,
    person_for_account,
)
from healthcode.models import Account, EvidenceRecord, Person, Source
from tests.people import GONGSHU, XIHU, ZHEJIANG, fact, person_of, record
from venues.models import Guard


@pytest.fixture
def who(request: pytest.FixtureRequest) -> Account:
    """The member of the cast that the row names."""
    member: Account | Guard = request.getfixturevalue(request.param)
    return member.account if isinstance(member, Guard) else member


@pytest.mark.parametrize(
    ("division", "stay", "residence", "expected"),
    [
        (XIHU, XIHU, GONGSHU, True),
        (XIHU, GONGSHU, XIHU, True),
        (XIHU, GONGSHU, GONGSHU, False),
        (XIHU, "330106001002", "", True),
        (ZHEJIANG, GONGSHU, "110106", True),
        (ZHEJIANG, "110106", "110106", False),
        ("330106001", XIHU, "", False),
        ("", XIHU, XIHU, False),
        (XIHU, "", "", False),
        ("33", XIHU, XIHU, False),
    ],
)
def test_jurisdiction_is_where_one_lives_or_stays(division: str, stay: str, residence: str, expected: bool) -> None:
    person = Person(stay_code=stay, residence_code=residence)
    assert is_in_jurisdiction(Account(division=division), person) is expected


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("officer", True),
        ("reviewer", True),
        ("other_officer", False),
        ("auditor", False),
        ("operator", False),
        ("gate_guard", False),
        ("outsider", False),
        ("citizen", False),
    ],
    indirect=["who"],
)
def test_recording_for_a_department(citizen: Account, sources: dict[str, Source], who: Account, expected: bool) -> None:
    assert can_record(who, sources["zj-health"], [person_of(citizen)]) is expected


@pytest.mark.parametrize(
    ("who", "expected"),
    [("citizen", True), ("mother", False), ("outsider", False), ("officer", False), ("reviewer", False)],
    indirect=["who"],
)
def test_declaring_for_oneself(citizen: Account, sources: dict[str, Source], who: Account, expected: bool) -> None:
    assert can_record(who, sources["self"], [person_of(citizen)]) is expected


def test_one_person_outside_the_county_refuses_the_batch(
    citizen: Account, outsider: Account, officer: Account, sources: dict[str, Source]
) -> None:
    people = [person_of(citizen), person_of(outsider)]
    assert not can_record(officer, sources["zj-health"], people)


def test_the_system_records_for_every_source(citizen: Account, sources: dict[str, Source]) -> None:
    assert all(can_record(None, source, [person_of(citizen)]) for source in sources.values())


def test_a_closed_account_records_nothing(citizen: Account, officer: Account, sources: dict[str, Source]) -> None:
    officer.is_active = False
    assert not can_record(officer, sources["zj-health"], [person_of(citizen)])


def test_checking_raises_what_asking_denies(
    citizen: Account, officer: Account, other_officer: Account, sources: dict[str, Source]
) -> None:
    check_can_record(officer, sources["zj-health"], [person_of(citizen)])
    with pytest.raises(NotPermitted) as refusal:
        check_can_record(other_officer, sources["zj-health"], [person_of(citizen)])
    assert refusal.value.code == "not_permitted"


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("officer", True),
        ("reviewer", True),
        ("auditor", True),
        ("other_officer", False),
        ("operator", False),
        ("gate_guard", False),
        ("citizen", False),
        ("outsider", False),
    ],
    indirect=["who"],
)
def test_seeing_a_persons_record(citizen: Account, who: Account, expected: bool) -> None:
    assert can_view_person(who, person_of(citizen)) is expected


@pytest.mark.parametrize(
    ("who", "expected"),
    [("officer", True), ("auditor", True), ("other_officer", False), ("gate_guard", False), ("citizen", False)],
    indirect=["who"],
)
def test_loading_a_record(citizen: Account, who: Account, expected: bool, at: datetime) -> None:
    stored = record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at).records[0]
    if expected:
        assert evidence_for_officer(who, str(stored.public_id)) == stored
        return
    with pytest.raises(Http404):
        evidence_for_officer(who, str(stored.public_id))


def test_a_record_out_of_reach_and_none_at_all_look_the_same(
    citizen: Account, other_officer: Account, at: datetime
) -> None:
    stored = record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at).records[0]
    answers = []
    for public_id in (stored.public_id, uuid4()):
        with pytest.raises(Http404) as answer:
            evidence_for_officer(other_officer, str(public_id))
        answers.append(str(answer.value))
    assert answers[0] == answers[1]
    assert EvidenceRecord.objects.count() == 1


def test_ones_own_code_and_nobody_elses(citizen: Account, outsider: Account, newcomer: Account) -> None:
    own = current_decision_for_account(citizen)
    assert own is not None
    assert own.person == person_of(citizen)
    assert current_decision_for_account(newcomer) is None


def test_ones_own_person_and_nobody_elses(citizen: Account, outsider: Account, newcomer: Account) -> None:
    assert person_for_account(citizen) == person_of(citizen)
    with pytest.raises(Http404):
        person_for_account(newcomer)


def test_a_person_who_has_not_applied_is_nobodys_page(citizen: Account) -> None:
    Person.objects.update(applied_at=None)
    with pytest.raises(Http404):
        person_for_account(citizen)


def test_ones_own_decisions_newest_first(citizen: Account, outsider: Account, at: datetime) -> None:
    record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    assert [decision.colour for decision in decisions_for_account(citizen)] == ["red", "green"]
    assert [decision.colour for decision in decisions_for_account(citizen, since=at)] == ["red"]
    assert decisions_for_account(citizen, since=at + timedelta(seconds=1)) == []
