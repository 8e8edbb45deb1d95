"""Corners of ``decide()`` that no row of the truth table reaches."""

from dataclasses import replace
from datetime import timedelta

import pytest

from healthcode.domain.colours import Colour
from healthcode.domain.decide import decide, segment_at
from healthcode.domain.rulesets import shipped_ruleset
from tests.conftest import NOW
from tests.people import fact

RULES = shipped_ruleset()
CONTACT = fact("close_contact", "07-05T10:00", name="c1")


def test_a_timeline_says_nothing_of_the_time_before_it() -> None:
    timeline = decide([CONTACT], [], RULES, NOW).timeline
    assert segment_at(timeline, NOW).colour is Colour.RED
    with pytest.raises(LookupError, match="the timeline begins at"):
        segment_at(timeline, NOW - timedelta(microseconds=1))


def test_a_counted_record_of_any_kind_withdraws_what_it_names() -> None:
    corrected = fact("symptom", "07-08T08:00", name="s1", symptom="fever", retracts="c1")
    assert decide([CONTACT, corrected], [], RULES, NOW).colour is Colour.YELLOW


def test_a_withdrawn_record_withdraws_nothing() -> None:
    corrected = fact("symptom", "07-08T08:00", name="s1", symptom="fever", retracts="c1")
    withdrawal = fact("retraction", "07-08T09:00", name="w1", retracts="s1", reason="误报")
    assert decide([CONTACT, corrected, withdrawal], [], RULES, NOW).colour is Colour.RED


def test_of_two_corrections_the_newest_is_settled_first() -> None:
    first = fact("symptom", "07-08T08:00", name="s1", symptom="fever", retracts="c1")
    second = fact("arrival", "07-08T10:00", name="s2", retracts="s1")
    assert decide([first, CONTACT, second], [], RULES, NOW).colour is Colour.RED


def test_a_correction_recorded_later_is_not_known_yet() -> None:
    corrected = replace(fact("arrival", "07-08T08:00", name="s1", retracts="c1"), recorded_at=NOW + timedelta(1))
    assert decide([CONTACT, corrected], [], RULES, NOW).colour is Colour.RED
