"""Acting for others: the pure rules."""

from datetime import date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from family.domain.bonds import (
    TRANSITIONS,
    BondAct,
    BondState,
    Party,
    Right,
    WrongTransition,
    comes_of_age_at,
    is_minor,
    is_open_to,
    may,
    state_at,
    step,
)
from healthcode.domain.instants import CHINA

NOON = datetime(2020, 7, 8, 12, tzinfo=CHINA)
LATER = NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("frozen", "ended", "until", "expected"),
    [
        (None, None, LATER, BondState.ACTIVE),
        (NOON, None, LATER, BondState.FROZEN),
        (None, NOON, LATER, BondState.ENDED),
        (NOON, NOON, LATER, BondState.ENDED),
        (None, None, NOON, BondState.ENDED),
        (NOON, None, NOON, BondState.ENDED),
    ],
)
def test_where_a_bond_stands(
    frozen: datetime | None, ended: datetime | None, until: datetime, expected: BondState
) -> None:
    assert state_at(frozen_at=frozen, ended_at=ended, valid_until=until, at=NOON) is expected


@pytest.mark.parametrize(("state", "given", "asked"), list(product(BondState, Right, Right)))
def test_a_right_is_used_only_where_it_was_given_and_the_bond_is_active(
    state: BondState, given: Right, asked: Right
) -> None:
    assert may(state, frozenset({given}), asked) == (state is BondState.ACTIVE and given is asked)


@pytest.mark.parametrize(("state", "act"), list(product(BondState, BondAct)))
def test_what_no_row_allows_is_refused_to_everybody(state: BondState, act: BondAct) -> None:
    if (state, act) in TRANSITIONS:
        assert step(state, act).parties
        return
    assert not is_open_to(state, act, frozenset(Party))
    with pytest.raises(WrongTransition):
        step(state, act)


def test_nothing_leads_out_of_the_end() -> None:
    assert not [state for state, _act in TRANSITIONS if state is BondState.ENDED]


@pytest.mark.parametrize(
    ("born", "adult_on"),
    [
        (date(2002, 7, 8), date(2020, 7, 8)),
        (date(2004, 2, 29), date(2022, 3, 1)),
        (date(2000, 2, 28), date(2018, 2, 28)),
    ],
)
def test_of_age_from_the_first_instant_of_the_birthday(born: date, adult_on: date) -> None:
    turn = datetime(adult_on.year, adult_on.month, adult_on.day, tzinfo=CHINA)
    assert comes_of_age_at(born) == turn
    assert is_minor(born, turn - timedelta(microseconds=1))
    assert not is_minor(born, turn)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31)))
def test_everybody_comes_of_age(born: date) -> None:
    assert 17.99 < (comes_of_age_at(born).date() - born).days / 365.2425 < 18.02
