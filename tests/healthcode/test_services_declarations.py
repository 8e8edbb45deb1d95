"""What people say of themselves: it can only add caution, and a form sent twice is one declaration."""

from datetime import datetime

import pytest

from healthcode.access import NotPermitted
from healthcode.domain.colours import Colour
from healthcode.domain.evidence import Kind
from healthcode.domain.instants import parse_moment
from healthcode.models import Account, EvidenceRecord, Source
from healthcode.services.declarations import Arrival, Declared, Entry, Fever, Stay, declare, new_form_id
from healthcode.services.errors import Refused
from tests.people import person_of, status

FEVER = Fever(parse_moment("2020-07-08T08:00"))
ENTRY = Entry("ITA", parse_moment("2020-07-01"))
STAY = Stay("110106", "新发地市场", parse_moment("2020-06-20"), parse_moment("2020-06-28"))
STILL = Stay("110106", "", parse_moment("2020-06-20"), None)
ARRIVAL = Arrival(parse_moment("2020-06-29T08:00"))


@pytest.mark.parametrize(
    ("said", "kind", "until"),
    [
        (FEVER, Kind.SYMPTOM, None),
        (ENTRY, Kind.OVERSEAS_ENTRY, None),
        (STAY, Kind.AREA_STAY, "2020-06-29T00:00+08:00"),
        (STILL, Kind.AREA_STAY, None),
        (ARRIVAL, Kind.ARRIVAL, None),
    ],
)
def test_each_statement_becomes_a_record(
    citizen: Account, at: datetime, said: Declared, kind: Kind, until: str | None
) -> None:
    declare(by=citizen, person=person_of(citizen), said=[said], form_id="f", at=at)
    stored = EvidenceRecord.objects.get()
    assert (stored.kind, stored.source.code, stored.recorded_by) == (kind, "self", citizen)
    assert stored.until == (datetime.fromisoformat(until) if until else None)


def test_a_stay_keeps_its_place_and_community(citizen: Account, at: datetime) -> None:
    declare(by=citizen, person=person_of(citizen), said=[STAY], form_id="f", at=at)
    stored = EvidenceRecord.objects.get()
    assert (stored.place, stored.community) == ("110106", "新发地市场")


def test_a_date_alone_ends_with_the_day(citizen: Account, at: datetime) -> None:
    declare(by=citizen, person=person_of(citizen), said=[ENTRY], form_id="f", at=at)
    change = status(person_of(citizen), at).changes_at
    assert change == parse_moment("2020-07-23").begins


def test_several_statements_come_in_one_form(citizen: Account, at: datetime) -> None:
    done = declare(by=citizen, person=person_of(citizen), said=[FEVER, ARRIVAL], form_id="f", at=at)
    assert len(done.records) == 2
    assert status(person_of(citizen), at).colour is Colour.YELLOW


def test_a_form_sent_twice_is_one_declaration(citizen: Account, at: datetime) -> None:
    declare(by=citizen, person=person_of(citizen), said=[FEVER, ARRIVAL], form_id="f", at=at)
    again = declare(by=citizen, person=person_of(citizen), said=[FEVER, ARRIVAL], form_id="f", at=at)
    assert (again.duplicates, EvidenceRecord.objects.count()) == (2, 2)


def test_nothing_said_records_nothing(citizen: Account, at: datetime) -> None:
    assert declare(by=citizen, person=person_of(citizen), said=[], form_id="f", at=at).records == []


def test_nobody_declares_for_another(citizen: Account, outsider: Account, at: datetime) -> None:
    with pytest.raises(NotPermitted):
        declare(by=outsider, person=person_of(citizen), said=[FEVER], form_id="f", at=at)
    assert not EvidenceRecord.objects.exists()


def test_nobody_declares_what_is_still_to_come(citizen: Account, at: datetime) -> None:
    with pytest.raises(Refused, match="event_in_future"):
        declare(by=citizen, person=person_of(citizen), said=[Fever(parse_moment("2020-07-09"))], form_id="f", at=at)


def test_nobody_lifts_their_own_ground(sources: dict[str, Source]) -> None:
    lifting = {Kind.NAT_RESULT, Kind.SYMPTOM_CLEARED, Kind.DISCHARGE, Kind.RELEASE, Kind.DIAGNOSIS}
    assert not any(sources["self"].may_assert(kind) for kind in lifting)


def test_two_forms_are_told_apart() -> None:
    assert new_form_id() != new_form_id()
