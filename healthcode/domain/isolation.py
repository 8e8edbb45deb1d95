"""Managed isolation (管控措施, N2.1, N2.3): the states of a case, what the grounds ask for, what an order adds.

Pure. A case never sets a colour: it follows the grounds, and what goes beyond them becomes evidence.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from healthcode.domain.colours import Colour, Rule, Stage
from healthcode.domain.decide import Ground, Segment
from healthcode.domain.instants import DAY, to_china


class CaseState(StrEnum):
    """Where a case stands."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    ENDED = "ended"
    CANCELLED = "cancelled"


class CaseAct(StrEnum):
    """What may be done to a case, by an officer or by time."""

    CONFIRM = "confirm"
    CHANGE_END = "change_end"
    RECORD_PAPER = "record_paper"
    RECORD_VISIT = "record_visit"
    RELEASE = "release"
    END = "end"
    CANCEL = "cancel"


OPEN_STATES = (CaseState.PROPOSED, CaseState.CONFIRMED)
MOVES: Mapping[tuple[CaseState, CaseAct], CaseState] = {
    (CaseState.PROPOSED, CaseAct.CONFIRM): CaseState.CONFIRMED,
    (CaseState.PROPOSED, CaseAct.CANCEL): CaseState.CANCELLED,
    (CaseState.PROPOSED, CaseAct.END): CaseState.ENDED,
    (CaseState.CONFIRMED, CaseAct.CHANGE_END): CaseState.CONFIRMED,
    (CaseState.CONFIRMED, CaseAct.RECORD_PAPER): CaseState.CONFIRMED,
    (CaseState.CONFIRMED, CaseAct.RECORD_VISIT): CaseState.CONFIRMED,
    (CaseState.CONFIRMED, CaseAct.RELEASE): CaseState.ENDED,
    (CaseState.CONFIRMED, CaseAct.CANCEL): CaseState.CANCELLED,
    (CaseState.CONFIRMED, CaseAct.END): CaseState.ENDED,
}


class IllegalMove(ValueError):
    """The case is in a state in which this cannot be done."""

    code = "case_state"


class End(StrEnum):
    """Why a case is over."""

    TIME = "time"
    RELEASED = "released"
    GROUND_GONE = "ground_gone"


class Asked(NamedTuple):
    """A stage of isolation that one record asks for in ``[begins, ends)``; ``ends`` None is open."""

    evidence: str
    stage: Stage
    rule: Rule
    begins: datetime
    ends: datetime | None


class EndProblem(StrEnum):
    """Why a planned end cannot be ordered."""

    PAST = "past"
    OPEN = "open"
    EARLIER = "earlier"
    NO_DOCUMENT = "no_document"
    NOT_BY_ORDER = "not_by_order"


class Mode(StrEnum):
    """How somebody is isolated: the type of an order."""

    HOSPITAL = "hospital"
    CENTRAL = "central"
    HOME = "home"


# A stage that begins this soon is proposed already, so that its place can be prepared.
LEAD = DAY
REMIND_BEFORE = DAY
_SECOND_STAGES = frozenset({Stage.HOME, Stage.CONVALESCENCE})
# Rules in which a stage follows another one of the same ground.
_STAGED_RULES = frozenset({Rule.OVERSEAS_ENTRY, Rule.CONFIRMED, Rule.ASYMPTOMATIC})
# The first is what the notice asks for (N2.1). Those cured are isolated centrally or observed at home; that others are
# isolated centrally is said "in principle", and children or the frail may stay at home by an order with its paper.
MODES_OF: Mapping[Stage, tuple[Mode, ...]] = {
    Stage.HOSPITAL: (Mode.HOSPITAL,),
    Stage.CENTRAL: (Mode.CENTRAL, Mode.HOME),
    Stage.HOME: (Mode.HOME, Mode.CENTRAL),
    Stage.CONVALESCENCE: (Mode.CENTRAL, Mode.HOME),
}


def may_move(state: CaseState, act: CaseAct) -> bool:
    """Tell whether ``act`` is possible in ``state``."""
    return (state, act) in MOVES


def move(state: CaseState, act: CaseAct) -> CaseState:
    """Return the state after ``act``; raise ``IllegalMove``."""
    if not may_move(state, act):
        raise IllegalMove(f"{act} is not possible when {state}")
    return MOVES[state, act]


def asked_by(timeline: Sequence[Segment], at: datetime) -> tuple[Asked, ...]:
    """Return the stages of isolation that the timeline asks for at ``at`` and later, by their beginning (N2.1).

    Only red grounds with a stage ask for isolation; a control order names a colour and no place.
    """
    found: dict[tuple[str, Stage], Asked] = {}
    for number, segment in enumerate(timeline):
        for ground in segment.grounds:
            if ground.colour is not Colour.RED or ground.stage is None:
                continue
            begins = _begins(ground, segment, first=number == 0)
            asked = Asked(ground.evidence[0], ground.stage, ground.rule, begins, ground.stage_until)
            found.setdefault((asked.evidence, asked.stage), asked)
    return tuple(sorted((one for one in found.values() if one.ends is None or one.ends > at), key=_order))


def _begins(ground: Ground, segment: Segment, *, first: bool) -> datetime:
    # The timeline begins at its decision; the first stage of a ground may have begun long before.
    later = ground.rule in _STAGED_RULES and ground.stage in _SECOND_STAGES
    return ground.since if first and not later else segment.begins


def _order(asked: Asked) -> tuple[datetime, str, str]:
    return (asked.begins, asked.evidence, asked.stage)


def next_look(timeline: Sequence[Segment], at: datetime) -> datetime | None:
    """Return when what is asked for changes by itself after ``at``, or comes near; None when it never does."""
    instants = [instant for segment in timeline for instant in (segment.begins - LEAD, segment.begins)]
    return min((instant for instant in instants if instant > at), default=None)


def departs_from_rule(stage: Stage, mode: Mode) -> bool:
    """Tell whether ``mode`` is milder than the notice asks for in ``stage`` (N2.1), so that it needs its paper."""
    return stage is Stage.CENTRAL and mode is Mode.HOME


def goes_beyond(until: datetime | None, given_until: datetime | None) -> bool:
    """Tell whether isolation until ``until`` is longer than what the ground gives. None is open."""
    return given_until is not None and until is not None and until > given_until


def problem_of_end(
    *, stage: Stage, until: datetime, given_until: datetime | None, document: str, at: datetime
) -> EndProblem | None:
    """Return why isolation in ``stage`` cannot be ordered until ``until``, or None when it can.

    ``given_until`` is the end that the ground itself gives (None: open). An order lengthens; what the notice asks
    for is ended only by a release on its day (N2.3).
    """
    if until <= at:
        return EndProblem.PAST
    if given_until is None:
        return EndProblem.OPEN
    if until < given_until:
        return EndProblem.EARLIER
    if until == given_until:
        return None
    if stage is Stage.HOSPITAL:
        return EndProblem.NOT_BY_ORDER
    return None if document.strip() else EndProblem.NO_DOCUMENT


def release_stage(stage: Stage, *, whole: bool) -> str | None:
    """Return the ``stage`` of the release record that ends ``stage``; None for hospital, where a discharge ends it.

    ``whole``: also what would follow, as the observation at home after central isolation.
    """
    if stage is Stage.HOSPITAL:
        return None
    return "all" if whole or stage is Stage.CONVALESCENCE else stage.value


# --- what an officer has to do ----------------------------------------------------------------------------


class Duty(StrEnum):
    """A task of the officer."""

    ILLNESS = "illness"
    CONFIRM = "confirm"
    PAPER = "paper"
    CHECK_IN = "check_in"
    VISIT = "visit"


class Task(NamedTuple):
    """What is to be done until when; overdue at ``due_at``."""

    duty: Duty
    due_at: datetime

    def is_overdue(self, at: datetime) -> bool:
        """Tell whether the time for it has run out."""
        return self.due_at <= at


class CaseFacts(NamedTuple):
    """What the tasks of a case follow from. Instants None: it has not happened."""

    state: CaseState
    stage: Stage
    valid_from: datetime
    proposed_at: datetime
    confirmed_at: datetime | None = None
    verbal_at: datetime | None = None
    has_paper: bool = True
    last_check_in: datetime | None = None
    last_visit: datetime | None = None
    # When they last reported that they are ill.
    ill_at: datetime | None = None
    mode: Mode | None = None


_PAPER_WITHIN = timedelta(hours=24)
_SEEN_WITHIN = timedelta(hours=2)


def tasks_of(facts: CaseFacts, at: datetime) -> tuple[Task, ...]:
    """Return what is to be done about a case on the day of ``at``, the longest due first.

    Who reports an illness is seen to within 2 h; a proposal is settled on its day; a verbal order gets its paper
    within 24 h; people under observation answer every day, and those at home are visited or called every day (N2.1).
    """
    if facts.state not in OPEN_STATES:
        return ()
    daily = _settling(facts) if facts.state is CaseState.PROPOSED else _watching(facts)
    today_ends = _day_end(at)
    tasks = [*_illness(facts), *(task for task in daily if task.due_at <= today_ends)]
    return tuple(sorted(tasks, key=_by_due))


def _illness(facts: CaseFacts) -> Iterator[Task]:
    if facts.ill_at is None or facts.stage is Stage.HOSPITAL:
        return
    # Officers write the time of a visit to the minute.
    if facts.last_visit is None or facts.last_visit < facts.ill_at.replace(second=0, microsecond=0):
        yield Task(Duty.ILLNESS, facts.ill_at + _SEEN_WITHIN)


def _settling(facts: CaseFacts) -> Iterator[Task]:
    yield Task(Duty.CONFIRM, _day_end(facts.proposed_at))


def _watching(facts: CaseFacts) -> Iterator[Task]:
    if facts.verbal_at is not None and not facts.has_paper:
        yield Task(Duty.PAPER, facts.verbal_at + _PAPER_WITHIN)
    first = max(facts.valid_from, facts.confirmed_at or facts.proposed_at)
    if facts.stage is not Stage.HOSPITAL:
        yield Task(Duty.CHECK_IN, _next_day_end(facts.last_check_in, first))
    if (facts.mode or MODES_OF[facts.stage][0]) is Mode.HOME:
        yield Task(Duty.VISIT, _next_day_end(facts.last_visit, first))


def _by_due(task: Task) -> tuple[bool, datetime, str]:
    return (task.duty is not Duty.ILLNESS, task.due_at, task.duty)


def _day_end(instant: datetime) -> datetime:
    return to_china(instant).replace(hour=0, minute=0, second=0, microsecond=0) + DAY


def _next_day_end(last: datetime | None, first: datetime) -> datetime:
    """Return the end of the day on which a daily thing is due next."""
    return _day_end(first) if last is None or _day_end(last) < _day_end(first) else _day_end(last) + DAY


# --- check-ins --------------------------------------------------------------------------------------------

FEVER_FROM = 37.3


def is_fever(temperature: float) -> bool:
    """Tell whether a body temperature in °C counts as a fever (N1.2): 37.3 and more, under the arm."""
    return temperature >= FEVER_FROM
