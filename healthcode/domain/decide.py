"""``decide()``: evidence, areas and a rule set at an instant give a decision (一 赋码规则, N1.1-N1.4, N2.x).

Pure: the same inputs give the same decision for ever, so any past colour can be replayed and explained.
Since only records, areas and rules enter, the future is known until one of them changes: the decision carries
its whole timeline.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from healthcode.domain.colours import Colour, Lift, Rule, Stage
from healthcode.domain.evidence import Designation, Evidence
from healthcode.domain.grounds import (
    Phase,
    Question,
    Sorted,
    Span,
    apply_releases,
    area_spans,
    contact_spans,
    diagnosis_spans,
    entry_spans,
    fever_spans,
    order_spans,
    positive_spans,
    sort_evidence,
)
from healthcode.domain.rulesets import RuleSet


class Ground(NamedTuple):
    """What holds at one instant and why (赋码依据). ``until`` and ``stage_until`` None are open."""

    rule: Rule
    clauses: tuple[str, ...]
    colour: Colour
    evidence: tuple[str, ...]
    since: datetime
    stage: Stage | None
    stage_until: datetime | None
    until: datetime | None
    lifts: tuple[Lift, ...]


class Segment(NamedTuple):
    """A part of the timeline, from ``begins`` to the next segment's."""

    begins: datetime
    colour: Colour
    grounds: tuple[Ground, ...]
    needs_detail: tuple[str, ...]


class Decision(NamedTuple):
    """The colour at ``at``, its grounds, when the colour next changes by itself, and the whole timeline."""

    at: datetime
    ruleset: str
    colour: Colour
    grounds: tuple[Ground, ...]
    changes_at: datetime | None
    becomes: Colour | None
    needs_detail: tuple[str, ...]
    timeline: tuple[Segment, ...]


def decide(evidence: Iterable[Evidence], areas: Sequence[Designation], ruleset: RuleSet, at: datetime) -> Decision:
    """Decide one person's colour.

    Takes the person's records and the area designations that may concern them, both in any order, the rule set
    and the instant, in China time (``instants.to_china``). Records made after ``at`` are left aside.
    """
    facts = sort_evidence(evidence, at)
    spans, questions = _spans(facts, areas, ruleset)
    instants = _instants(spans, questions, at)
    timeline = _timeline(spans, questions, instants)
    now = timeline[0]
    change = next((segment for segment in timeline if segment.colour is not now.colour), None)
    return Decision(
        at,
        ruleset.id,
        now.colour,
        now.grounds,
        change.begins if change else None,
        change.colour if change else None,
        now.needs_detail,
        timeline,
    )


def segment_at(timeline: Sequence[Segment], at: datetime) -> Segment:
    """Return the segment that holds at ``at``; raise ``LookupError`` before the timeline begins."""
    index = bisect_right(timeline, at, key=attrgetter("begins"))
    if index == 0:
        raise LookupError(f"the timeline begins at {timeline[0].begins}, after {at}")
    return timeline[index - 1]


def next_change(timeline: Sequence[Segment], at: datetime) -> Segment | None:
    """Return the first segment after ``at`` whose colour differs from the colour at ``at``."""
    colour = segment_at(timeline, at).colour
    return next((s for s in timeline if s.begins > at and s.colour is not colour), None)


def _spans(facts: Sorted, areas: Sequence[Designation], ruleset: RuleSet) -> tuple[list[Span], list[Question]]:
    spans = list(
        chain(
            diagnosis_spans(facts, ruleset) if facts.diagnoses else (),
            positive_spans(facts) if facts.tests else (),
            contact_spans(facts, ruleset) if facts.contacts else (),
            entry_spans(facts, ruleset) if facts.entries else (),
            order_spans(facts) if facts.isolations or facts.controls else (),
            fever_spans(facts, areas, ruleset) if facts.symptoms else (),
        )
    )
    questions: list[Question] = []
    if facts.stays and areas:
        stay_spans, questions = area_spans(facts, areas, ruleset)
        spans += stay_spans
    if facts.releases:
        spans = [apply_releases(span, facts.releases, ruleset) for span in spans]
        questions = [
            question._replace(span=apply_releases(question.span, facts.releases, ruleset)) for question in questions
        ]
    return spans, questions


def _instants(spans: Iterable[Span], questions: Iterable[Question], at: datetime) -> list[datetime]:
    """Return ``at`` and every later instant at which anything begins or ends, in order."""
    instants = {at}
    for span in chain(spans, (question.span for question in questions)):
        for phase in span.phases:
            if phase.begins > at:
                instants.add(phase.begins)
            if phase.ends is not None and phase.ends > at:
                instants.add(phase.ends)
    return sorted(instants)


def _timeline(
    spans: Sequence[Span], questions: Sequence[Question], instants: Sequence[datetime]
) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    for instant in instants:
        grounds = _grounds(spans, instant)
        asked = tuple(sorted({q.designation for q in questions if q.span.phase_at(instant)}))
        colour = grounds[0].colour if grounds else Colour.GREEN
        segment = Segment(instant, colour, grounds, asked)
        if not segments or segment[1:] != segments[-1][1:]:
            segments.append(segment)
    return tuple(segments)


def _grounds(spans: Sequence[Span], at: datetime) -> tuple[Ground, ...]:
    active: list[Ground] = []
    for span in spans:
        phase = span.phase_at(at)
        if phase is not None:
            active.append(_ground(span, phase))
    if len(active) > 1:
        active.sort(key=_rank)
    return tuple(active)


def _ground(span: Span, phase: Phase) -> Ground:
    return Ground(
        span.rule,
        span.rule.clauses(span.colour),
        span.colour,
        span.evidence,
        span.since,
        phase.stage,
        phase.ends if phase.stage else None,
        span.until,
        phase.lifts,
    )


def _rank(ground: Ground) -> tuple[int, float, datetime, str, tuple[str, ...]]:
    """Worst colour first, then the latest end with open ones first, then since, then rule, then evidence."""
    open_first = float("-inf") if ground.until is None else -ground.until.timestamp()
    return (-ground.colour.severity, open_first, ground.since, ground.rule, ground.evidence)
