"""Alarms: what looks like an abuse, and what does not."""

import pytest

from healthcode.domain.anomalies import Anomaly, Limits, Red, RedList, VenueUse, find_anomalies, find_remote_uses

SMALL = Limits(venue=3, undocumented=4, contradicted=2, size_floor=10, size_times=3, remote=2)
BANK = "410105 村镇银行"


def reds(number: int, **said: object) -> tuple[Red, ...]:
    return tuple(Red(person=n, **{"has_epidemiology": True, **said}) for n in range(number))  # type: ignore[arg-type]


def found(*listed: Red, usual: tuple[int, ...] = (), ill_at: frozenset[str] = frozenset()) -> list[tuple[str, int]]:
    findings = find_anomalies(RedList(listed, usual, ill_at), SMALL)
    return [(finding.anomaly.value, finding.number) for finding in findings]


AT_BANK = {"venues": frozenset({BANK})}
CASES = [
    (reds(2, **AT_BANK), []),
    (reds(3, **AT_BANK), [("venue_without_positive", 3)]),
    ((*reds(3, **AT_BANK), Red(9, frozenset({BANK}), is_ill=True, has_epidemiology=True)), []),
    (reds(3, has_epidemiology=False), []),
    (reds(4, has_epidemiology=False), [("no_epidemiology", 4)]),
    (reds(4, has_epidemiology=False) + reds(5), []),
    (reds(1, is_contradicted=True), []),
    (reds(2, is_contradicted=True), [("contradicted", 2)]),
    (reds(10), []),
    (reds(11), [("unusual_size", 11)]),
]


@pytest.mark.parametrize(("listed", "wanted"), CASES)
def test_a_list_is_looked_at(listed: tuple[Red, ...], wanted: list[tuple[str, int]]) -> None:
    assert found(*listed) == wanted


def test_an_infected_person_at_the_place_explains_the_list() -> None:
    assert found(*reds(9, **AT_BANK), ill_at=frozenset({BANK})) == []


def test_a_unit_that_sends_many_may_send_many() -> None:
    assert found(*reds(11), usual=(4, 5, 6)) == []
    assert found(*reds(16), usual=(4, 5, 6)) == [("unusual_size", 16)]


def test_one_great_day_does_not_make_the_next_usual() -> None:
    assert found(*reds(40), usual=(1, 2, 40)) == [("unusual_size", 40)]


def test_the_henan_list_trips_every_detector_of_lists() -> None:
    depositors = tuple(Red(n, frozenset({BANK}), is_contradicted=True) for n in range(1_317))
    listed = find_anomalies(RedList(depositors, (3, 5, 8)))
    assert {f.anomaly for f in listed} == {
        Anomaly.VENUE_WITHOUT_POSITIVE,
        Anomaly.NO_EPIDEMIOLOGY,
        Anomaly.UNUSUAL_SIZE,
        Anomaly.CONTRADICTED,
    }


def test_a_list_in_many_parts_is_as_long_as_its_day() -> None:
    assert [one.number for one in find_anomalies(RedList(reds(1), day=12), SMALL)] == [12]


@pytest.mark.parametrize(
    ("used_in", "wanted"),
    [
        (["410102", "410105", "410100"], []),
        (["410102", "330106", "440305"], [("remote_scans", 2)]),
        (["410102", "410105", "410105", "330106"], []),
        (["", "", ""], []),
    ],
)
def test_a_forwarded_venue_code_is_seen(used_in: list[str], wanted: list[tuple[str, int]]) -> None:
    findings = find_remote_uses([VenueUse("410105", place) for place in used_in], SMALL)
    assert [(one.anomaly.value, one.number) for one in findings] == wanted
