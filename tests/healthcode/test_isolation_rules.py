"""Isolation as pure rules: states, what grounds ask for, ends, releases, tasks."""

from datetime import datetime, timedelta
from itertools import product

import pytest

from healthcode.domain.colours import Colour, Rule, Stage
from healthcode.domain.decide import Ground, Segment
from healthcode.domain.instants import CHINA
from healthcode.domain.isolation import (
    MODES_OF,
    MOVES,
    CaseAct,
    CaseFacts,
    CaseState,
    Duty,
    EndProblem,
    IllegalMove,
    Mode,
    asked_by,
    departs_from_rule,
    goes_beyond,
    is_fever,
    may_move,
    move,
    next_look,
    problem_of_end,
    release_stage,
    tasks_of,
)

NOON = datetime(2020, 7, 8, 12, tzinfo=CHINA)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MIDNIGHT = datetime(2020, 7, 9, tzinfo=CHINA)


@pytest.mark.parametrize(("state", "act"), list(product(CaseState, CaseAct)))
def test_only_the_moves_of_the_table_are_possible(state: CaseState, act: CaseAct) -> None:
    assert may_move(state, act) is ((state, act) in MOVES)
    if may_move(state, act):
        assert move(state, act) is MOVES[state, act]
    else:
        with pytest.raises(IllegalMove):
            move(state, act)


def test_closed_cases_stay_closed() -> None:
    assert {state for state, _act in MOVES} == {CaseState.PROPOSED, CaseState.CONFIRMED}


def test_nothing_is_done_to_a_proposal_but_confirming_dropping_and_ending() -> None:
    possible = {act for state, act in MOVES if state is CaseState.PROPOSED}
    assert possible == {CaseAct.CONFIRM, CaseAct.CANCEL, CaseAct.END}


# --- what is asked for ------------------------------------------------------------------------------------


def ground(rule: Rule, stage: Stage | None, until: datetime | None, colour: Colour = Colour.RED) -> Ground:
    return Ground(rule, ("N2.1",), colour, ("e1",), NOON - 3 * DAY, stage, until, until, ())


def segment(begins: datetime, *grounds: Ground) -> Segment:
    return Segment(begins, grounds[0].colour if grounds else Colour.GREEN, grounds, ())


ENTRY = [
    segment(NOON, ground(Rule.OVERSEAS_ENTRY, Stage.CENTRAL, NOON + 2 * DAY)),
    segment(NOON + 2 * DAY, ground(Rule.OVERSEAS_ENTRY, Stage.HOME, NOON + 9 * DAY)),
    segment(NOON + 9 * DAY),
]


def test_each_stage_is_asked_for_with_its_time() -> None:
    found = [(one.stage, one.begins, one.ends) for one in asked_by(ENTRY, NOON)]
    assert found == [
        (Stage.CENTRAL, NOON - 3 * DAY, NOON + 2 * DAY),
        (Stage.HOME, NOON + 2 * DAY, NOON + 9 * DAY),
    ]


def test_a_stage_that_is_over_is_not_asked_for() -> None:
    assert [one.stage for one in asked_by(ENTRY, NOON + 2 * DAY)] == [Stage.HOME]


def test_a_second_stage_does_not_begin_with_the_ground() -> None:
    late = [segment(NOON, ground(Rule.OVERSEAS_ENTRY, Stage.HOME, NOON + DAY))]
    assert [one.begins for one in asked_by(late, NOON)] == [NOON]


@pytest.mark.parametrize(
    "other", [ground(Rule.CONTROL_ORDER, None, None), ground(Rule.FEVER, None, None, Colour.YELLOW)]
)
def test_grounds_without_a_stage_ask_for_nothing(other: Ground) -> None:
    assert asked_by([segment(NOON, other)], NOON) == ()


def test_the_next_look_comes_a_day_before_a_turn_and_at_it() -> None:
    assert next_look(ENTRY, NOON) == NOON + DAY
    assert next_look(ENTRY, NOON + DAY) == NOON + 2 * DAY
    assert next_look(ENTRY, NOON + 9 * DAY) is None


# --- ends -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "given", "expected"),
    [
        (NOON + DAY, NOON, True),
        (NOON, NOON, False),
        (NOON, NOON + DAY, False),
        (None, NOON, False),
        (NOON + DAY, None, False),
    ],
)
def test_what_goes_beyond_the_ground(until: datetime | None, given: datetime | None, expected: bool) -> None:
    assert goes_beyond(until, given) is expected


GIVEN = NOON + 5 * DAY


@pytest.mark.parametrize(
    ("stage", "until", "given", "document", "expected"),
    [
        (Stage.CENTRAL, NOON, GIVEN, "文", EndProblem.PAST),
        (Stage.HOSPITAL, GIVEN, None, "文", EndProblem.OPEN),
        (Stage.CENTRAL, GIVEN - DAY, GIVEN, "文", EndProblem.EARLIER),
        (Stage.CENTRAL, GIVEN, GIVEN, "", None),
        (Stage.HOSPITAL, GIVEN + DAY, GIVEN, "文", EndProblem.NOT_BY_ORDER),
        (Stage.HOME, GIVEN + DAY, GIVEN, " ", EndProblem.NO_DOCUMENT),
        (Stage.HOME, GIVEN + DAY, GIVEN, "文", None),
    ],
)
def test_what_end_may_be_ordered(
    stage: Stage, until: datetime, given: datetime | None, document: str, expected: EndProblem | None
) -> None:
    found = problem_of_end(stage=stage, until=until, given_until=given, document=document, at=NOON)
    assert found is expected


@pytest.mark.parametrize(
    ("stage", "modes", "released", "wholly"),
    [
        (Stage.CENTRAL, (Mode.CENTRAL, Mode.HOME), "central", "all"),
        (Stage.HOME, (Mode.HOME, Mode.CENTRAL), "home", "all"),
        (Stage.CONVALESCENCE, (Mode.CENTRAL, Mode.HOME), "all", "all"),
        (Stage.HOSPITAL, (Mode.HOSPITAL,), None, None),
    ],
)
def test_how_orders_and_releases_name_a_stage(
    stage: Stage, modes: tuple[Mode, ...], released: str | None, wholly: str | None
) -> None:
    assert MODES_OF[stage] == modes
    assert (release_stage(stage, whole=False), release_stage(stage, whole=True)) == (released, wholly)


# --- tasks ------------------------------------------------------------------------------------------------

AT_HOME = CaseFacts(CaseState.CONFIRMED, Stage.HOME, NOON - DAY, NOON - DAY, NOON)


def test_a_proposal_is_settled_on_its_day() -> None:
    (task,) = tasks_of(CaseFacts(CaseState.PROPOSED, Stage.HOME, NOON, NOON), NOON)
    assert (task.duty, task.due_at) == (Duty.CONFIRM, MIDNIGHT)
    assert (task.is_overdue(MIDNIGHT - HOUR), task.is_overdue(MIDNIGHT)) == (False, True)


@pytest.mark.parametrize("state", [CaseState.ENDED, CaseState.CANCELLED])
def test_a_closed_case_has_no_task(state: CaseState) -> None:
    assert tasks_of(AT_HOME._replace(state=state), NOON) == ()


@pytest.mark.parametrize(
    ("stage", "duties"),
    [
        (Stage.HOME, [Duty.CHECK_IN, Duty.VISIT]),
        (Stage.CENTRAL, [Duty.CHECK_IN]),
        (Stage.CONVALESCENCE, [Duty.CHECK_IN]),
        (Stage.HOSPITAL, []),
    ],
)
def test_what_is_due_every_day(stage: Stage, duties: list[Duty]) -> None:
    tasks = tasks_of(AT_HOME._replace(stage=stage), NOON)
    assert [(task.duty, task.due_at) for task in tasks] == [(duty, MIDNIGHT) for duty in duties]


def test_what_was_done_today_is_due_tomorrow() -> None:
    done = AT_HOME._replace(last_check_in=NOON - HOUR, last_visit=NOON)
    assert tasks_of(done, NOON + HOUR) == ()
    assert [task.due_at for task in tasks_of(done, MIDNIGHT)] == [MIDNIGHT + DAY] * 2


def test_what_was_left_out_is_overdue_since_its_day() -> None:
    left_out = AT_HOME._replace(last_check_in=NOON - DAY, last_visit=NOON)
    (task,) = tasks_of(left_out, NOON)
    assert (task.duty, task.due_at, task.is_overdue(MIDNIGHT)) == (Duty.CHECK_IN, MIDNIGHT, True)


def test_a_spoken_order_needs_its_paper_within_a_day() -> None:
    spoken = AT_HOME._replace(stage=Stage.HOSPITAL, verbal_at=NOON - DAY, has_paper=False)
    (task,) = tasks_of(spoken, NOON)
    assert (task.duty, task.due_at) == (Duty.PAPER, NOON)
    assert tasks_of(spoken._replace(has_paper=True), NOON) == ()


@pytest.mark.parametrize(
    ("stage", "mode", "duties"),
    [
        (Stage.CONVALESCENCE, Mode.HOME, [Duty.CHECK_IN, Duty.VISIT]),
        (Stage.CENTRAL, Mode.HOME, [Duty.CHECK_IN, Duty.VISIT]),
        (Stage.HOME, Mode.CENTRAL, [Duty.CHECK_IN]),
    ],
)
def test_who_is_at_home_is_visited_whatever_the_stage(stage: Stage, mode: Mode, duties: list[Duty]) -> None:
    assert [task.duty for task in tasks_of(AT_HOME._replace(stage=stage, mode=mode), NOON)] == duties


@pytest.mark.parametrize(("stage", "mode"), [(stage, mode) for stage, modes in MODES_OF.items() for mode in modes])
def test_only_staying_at_home_in_the_central_stage_is_milder_than_the_notice(stage: Stage, mode: Mode) -> None:
    assert departs_from_rule(stage, mode) is ((stage, mode) == (Stage.CENTRAL, Mode.HOME))


@pytest.mark.parametrize("state", [CaseState.PROPOSED, CaseState.CONFIRMED])
def test_who_reports_ill_comes_first_until_an_officer_has_seen_them(state: CaseState) -> None:
    late = MIDNIGHT - HOUR
    ill = AT_HOME._replace(state=state, last_check_in=late, last_visit=NOON, ill_at=late)
    assert tasks_of(ill, late)[0] == (Duty.ILLNESS, late + 2 * HOUR)
    assert Duty.ILLNESS not in [task.duty for task in tasks_of(ill._replace(last_visit=late), late)]


def test_doctors_see_to_the_ill_in_hospital() -> None:
    assert tasks_of(AT_HOME._replace(stage=Stage.HOSPITAL, ill_at=NOON), NOON) == ()


def test_nothing_is_due_before_a_stage_begins() -> None:
    assert tasks_of(AT_HOME._replace(valid_from=NOON + DAY), NOON) == ()


@pytest.mark.parametrize(("temperature", "fever"), [(37.2, False), (37.3, True), (39.0, True)])
def test_what_is_a_fever(temperature: float, fever: bool) -> None:
    assert is_fever(temperature) is fever
