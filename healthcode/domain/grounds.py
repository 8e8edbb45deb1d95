"""From evidence to grounds: one builder a row of the rules table in ``rules.md`` (N1.1-N1.4, N2.1-N2.6).

A ``Span`` is a ground over its whole life, made of consecutive phases; what holds at an instant is one phase.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from healthcode.domain.colours import Colour, Level, Lift, Rule, Stage
from healthcode.domain.evidence import Designation, Evidence, Kind
from healthcode.domain.rulesets import RuleSet


class Phase(NamedTuple):
    """A part of a ground's life with one stage, in ``[begins, ends)``; ``ends`` None is open."""

    stage: Stage | None
    begins: datetime
    ends: datetime | None
    lifts: tuple[Lift, ...]


class Span(NamedTuple):
    """A ground over its whole life. ``since`` is what is shown; an unbroken run keeps its first instant."""

    rule: Rule
    colour: Colour
    evidence: tuple[str, ...]
    since: datetime
    phases: tuple[Phase, ...]

    @property
    def until(self) -> datetime | None:
        """Return when the ground ends, None while open."""
        return self.phases[-1].ends

    def phase_at(self, at: datetime) -> Phase | None:
        """Return the phase that holds at ``at``."""
        for phase in self.phases:
            if phase.begins <= at and (phase.ends is None or at < phase.ends):
                return phase
        return None


class Question(NamedTuple):
    """What a match would give, were the missing detail known: it asks while it would hold."""

    designation: str
    span: Span


class Sorted(NamedTuple):
    """The counted evidence of one person, by kind, each list in the order of ``at``, then record, then id."""

    diagnoses: list[Evidence]
    discharges: list[Evidence]
    contacts: list[Evidence]
    entries: list[Evidence]
    stays: list[Evidence]
    arrivals: list[Evidence]
    isolations: list[Evidence]
    releases: list[Evidence]
    tests: list[Evidence]
    symptoms: list[Evidence]
    clearings: list[Evidence]
    controls: list[Evidence]


_LIFTS_HOSPITAL = (Lift.DISCHARGE, Lift.EXCLUDED)
_LIFTS_CONVALESCENCE = (Lift.TIME, Lift.EXCLUDED, Lift.RELEASE)
_LIFTS_DIAGNOSIS = (Lift.DIAGNOSIS,)
_LIFTS_ISOLATION = (Lift.TIME, Lift.RELEASE)
_LIFTS_CONTROL = (Lift.TIME,)
_LIFTS_FEVER = (Lift.NEGATIVE_TEST, Lift.SYMPTOM_CLEARED)
_LIFTS_RISK_LEFT = (Lift.TIME, Lift.NEGATIVE_TEST, Lift.AREA_LOWERED)
_LIFTS_RISK_THERE = (Lift.NEGATIVE_TEST, Lift.LEAVE_AREA, Lift.AREA_LOWERED)
_LIFTS_OUTBREAK_LEFT = (Lift.TIME, Lift.AREA_LOWERED, Lift.RELEASE)
_LIFTS_OUTBREAK_THERE = (Lift.LEAVE_AREA, Lift.AREA_LOWERED, Lift.RELEASE)

_ALIVE = {"confirmed": Rule.CONFIRMED, "asymptomatic": Rule.ASYMPTOMATIC}


def earliest(*instants: datetime | None) -> datetime | None:
    """Return the earliest of the instants; None stands for never."""
    known = [instant for instant in instants if instant is not None]
    return min(known) if known else None


def diagnosis_spans(facts: Sorted, rules: RuleSet) -> Iterator[Span]:
    """Yield the spans of the diagnosis chain: each finding rules until the next (N1.1, N2.1)."""
    chain = facts.diagnoses
    run_since: datetime | None = None
    for index, finding in enumerate(chain):
        taken_over = chain[index + 1].at if index + 1 < len(chain) else None
        status = finding.detail["status"]
        if status == "suspected":
            run_since = None
            phase = Phase(Stage.HOSPITAL, finding.at, taken_over, _LIFTS_DIAGNOSIS)
            yield Span(Rule.SUSPECTED, Colour.RED, (finding.id,), finding.at, (phase,))
        elif status in _ALIVE:
            run_since = run_since or finding.at
            phases = _illness(finding, taken_over, facts.discharges, rules)
            span = Span(_ALIVE[str(status)], Colour.RED, (finding.id,), run_since, phases)
            # Released early, the run is broken; releasing is idempotent, so it may be applied again with the rest.
            span = apply_releases(span, facts.releases, rules)
            yield span
            if span.until != taken_over:
                run_since = None
        else:
            run_since = None


def _illness(
    finding: Evidence, taken_over: datetime | None, discharges: Iterable[Evidence], rules: RuleSet
) -> tuple[Phase, ...]:
    left = None
    for discharge in discharges:
        left_at = discharge.ended_at
        if left_at > finding.at and (taken_over is None or left_at < taken_over):
            left = earliest(left, left_at)
    if left is None:
        return (Phase(Stage.HOSPITAL, finding.at, taken_over, _LIFTS_HOSPITAL),)
    ends = earliest(left + rules.convalescence, taken_over)
    return (
        Phase(Stage.HOSPITAL, finding.at, left, _LIFTS_HOSPITAL),
        Phase(Stage.CONVALESCENCE, left, ends, _LIFTS_CONVALESCENCE),
    )


def positive_spans(facts: Sorted) -> Iterator[Span]:
    """Yield a span for each positive test that awaits its diagnosis (N1.1)."""
    for test in facts.tests:
        if test.detail["result"] != "positive":
            continue
        begins = test.effective_at
        found = earliest(*(finding.ended_at for finding in facts.diagnoses if finding.ended_at >= test.at))
        phase = Phase(Stage.HOSPITAL, begins, found, _LIFTS_DIAGNOSIS)
        yield Span(Rule.POSITIVE_PENDING, Colour.RED, (test.id,), begins, (phase,))


def contact_spans(facts: Sorted, rules: RuleSet) -> Iterator[Span]:
    """Yield a span for each close contact; a later contact gives its own (N1.1, N2.1)."""
    for contact in facts.contacts:
        phase = Phase(Stage.CENTRAL, contact.at, contact.ended_at + rules.contact, _LIFTS_ISOLATION)
        yield Span(Rule.CLOSE_CONTACT, Colour.RED, (contact.id,), contact.at, (phase,))


def entry_spans(facts: Sorted, rules: RuleSet) -> Iterator[Span]:
    """Yield a span for each entry from abroad: central, then home observation (N1.1, N2.1, N2.3)."""
    for entry in facts.entries:
        home_from = entry.ended_at + rules.entry_central
        phases = (
            Phase(Stage.CENTRAL, entry.at, home_from, _LIFTS_ISOLATION),
            Phase(Stage.HOME, home_from, home_from + rules.entry_home, _LIFTS_ISOLATION),
        )
        yield Span(Rule.OVERSEAS_ENTRY, Colour.RED, (entry.id,), entry.at, phases)


def order_spans(facts: Sorted) -> Iterator[Span]:
    """Yield a span for each isolation order and each control order (N1.1, N1.2, N2.3)."""
    for order in facts.isolations:
        phase = Phase(Stage(str(order.detail["mode"])), order.at, order.until, _LIFTS_ISOLATION)
        yield Span(Rule.ISOLATION_ORDER, Colour.RED, (order.id,), order.at, (phase,))
    for order in facts.controls:
        colour = Colour(str(order.detail["colour"]))
        phase = Phase(None, order.at, order.until, _LIFTS_CONTROL)
        yield Span(Rule.CONTROL_ORDER, colour, (order.id,), order.at, (phase,))


def fever_spans(facts: Sorted, areas: Sequence[Designation], rules: RuleSet) -> Iterator[Span]:
    """Yield a span for each fever: one exit without epidemiological history, both with it (N1.2, N2.5)."""
    for symptom in facts.symptoms:
        tested = earliest(*(t.effective_at for t in negatives(facts) if t.at >= symptom.at))
        cleared = earliest(*(c.ended_at for c in facts.clearings if c.ended_at >= symptom.at))
        either = earliest(tested, cleared)
        both = None if tested is None or cleared is None else max(tested, cleared)
        # With history both are needed, so what is there already is no exit any more.
        missing = [(Lift.NEGATIVE_TEST, tested), (Lift.SYMPTOM_CLEARED, cleared)]
        lifts = tuple(lift for lift, given_at in missing if given_at is None) or _LIFTS_FEVER
        history = history_from(facts, areas, rules, symptom.at - rules.history_before_onset)
        for phase in _fever_phases(symptom.at, either, both, history, lifts):
            yield Span(Rule.FEVER, Colour.YELLOW, (symptom.id,), symptom.at, (phase,))


def _fever_phases(
    onset: datetime,
    either: datetime | None,
    both: datetime | None,
    history: datetime | None,
    lifts: tuple[Lift, ...],
) -> Iterator[Phase]:
    if history is None:
        yield Phase(None, onset, either, _LIFTS_FEVER)
    elif either is None or history <= either:
        yield Phase(None, onset, both, lifts)
    else:
        # The fever was over when its history came to light: it counts again until both exits are there.
        yield Phase(None, onset, either, _LIFTS_FEVER)
        yield Phase(None, history, both, lifts)


def negatives(facts: Sorted) -> Iterator[Evidence]:
    """Yield the negative tests."""
    return (test for test in facts.tests if test.detail["result"] == "negative")


def history_from(facts: Sorted, areas: Sequence[Designation], rules: RuleSet, after: datetime) -> datetime | None:
    """Return from when on there is epidemiological history since ``after``, None without any (N2.5).

    Events are history from the first; a stay becomes history when its designation comes into force.
    """
    if (
        any(contact.ended_at >= after for contact in facts.contacts)
        or any(entry.ended_at >= after for entry in facts.entries)
        or any(test.at >= after for test in facts.tests if test.detail["result"] == "positive")
        or any(finding.at >= after for finding in facts.diagnoses if finding.detail["status"] != "excluded")
    ):
        return after
    return earliest(
        *(
            area.valid_from
            for stay, area in counted_stays(facts, areas, rules)
            if (stay.until is None or stay.until > after) and not stay.is_location_only and area.matches(stay)
        )
    )


def counted_stays(
    facts: Sorted, areas: Sequence[Designation], rules: RuleSet
) -> Iterator[tuple[Evidence, Designation]]:
    """Yield stay and designation where the stay overlaps ``[valid_from - before_designation, valid_until)``."""
    for stay in facts.stays:
        for area in areas:
            too_early = stay.until is not None and stay.until <= area.valid_from - rules.before_designation
            too_late = area.valid_until is not None and stay.at >= area.valid_until
            if not too_early and not too_late:
                yield stay, area


def area_spans(facts: Sorted, areas: Sequence[Designation], rules: RuleSet) -> tuple[list[Span], list[Question]]:
    """Return the grounds that stays give, and the questions about stays that only may match (N1.2, N1.4)."""
    spans: list[Span] = []
    questions: list[Question] = []
    for stay, area in counted_stays(facts, areas, rules):
        if area.matches(stay) and not stay.is_location_only:
            spans.append(_area_span(stay, area, facts, rules))
        elif area.matches(stay) or area.may_match(stay):
            questions.append(Question(area.id, _area_span(stay, area, facts, rules)))
    return spans, questions


def _area_span(stay: Evidence, area: Designation, facts: Sorted, rules: RuleSet) -> Span:
    begins = max(stay.at, area.valid_from)
    if area.level is Level.OUTBREAK:
        after = None if stay.until is None else stay.until + rules.after_leaving_outbreak
        lifts = _LIFTS_OUTBREAK_THERE if stay.until is None else _LIFTS_OUTBREAK_LEFT
        phase = Phase(Stage.CENTRAL, begins, earliest(after, area.valid_until), lifts)
        return Span(Rule.OUTBREAK_AREA, Colour.RED, (stay.id,), begins, (phase,))
    after = None if stay.until is None else stay.until + rules.after_leaving_risk_area
    tested = _qualifying_test(stay, area, facts, rules)
    lifts = _LIFTS_RISK_THERE if stay.until is None else _LIFTS_RISK_LEFT
    phase = Phase(None, begins, earliest(after, area.valid_until, tested), lifts)
    return Span(Rule.RISK_AREA, Colour.YELLOW, (stay.id,), begins, (phase,))


def _qualifying_test(stay: Evidence, area: Designation, facts: Sorted, rules: RuleSet) -> datetime | None:
    """Return when the first qualifying negative test takes effect (N2.6)."""
    arrivals = [arrival.at for arrival in facts.arrivals if arrival.at >= stay.at]

    def qualifies(sampled: datetime) -> bool:
        if stay.until is None and sampled >= area.valid_from:
            return True
        if stay.until is not None and sampled >= stay.until:
            return True
        return any(arrival - rules.test_before_arrival <= sampled < arrival for arrival in arrivals)

    return earliest(*(test.effective_at for test in negatives(facts) if qualifies(test.at)))


def apply_releases(span: Span, releases: Iterable[Evidence], rules: RuleSet) -> Span:
    """Return the span as the releases leave it, in the order of their ``at``; never longer (N2.3)."""
    for release in releases:
        if _names(release, span.evidence):
            span = _release(span, str(release.detail["stage"]), release.ended_at, rules)
    return span


def _names(release: Evidence, evidence: tuple[str, ...]) -> bool:
    named = release.detail["of"]
    return isinstance(named, Iterable) and any(identifier in evidence for identifier in named)


def _release(span: Span, stage: str, at: datetime, rules: RuleSet) -> Span:
    current = span.phase_at(at)
    if current is None:
        return span
    kept = span.phases[: span.phases.index(current)]
    ended = (*kept, current._replace(ends=at))
    if stage != Stage.CENTRAL:
        return span._replace(phases=ended)
    if current.stage is not Stage.CENTRAL:
        return span
    following = span.phases[len(kept) + 1 :]
    if following and following[0].stage is Stage.HOME:
        home = following[0]._replace(begins=at, ends=at + rules.entry_home)
        return span._replace(phases=(*ended, home))
    return span._replace(phases=ended)


def sort_evidence(evidence: Iterable[Evidence], at: datetime) -> Sorted:
    """Return the records that count at ``at``: recorded by then, and named by no counted retraction."""
    known = [record for record in evidence if record.recorded_at <= at]
    withdrawn = _withdrawn(known)
    facts = Sorted(*([] for _ in Sorted._fields))
    by_kind = {kind: getattr(facts, name) for kind, name in _LIST_OF.items()}
    for record in known:
        if record.kind is not Kind.RETRACTION and record.id not in withdrawn:
            by_kind[record.kind].append(record)
    for records in facts:
        if len(records) > 1:
            records.sort(key=_order)
    facts.releases.sort(key=_release_order)
    return facts


def _withdrawn(known: list[Evidence]) -> frozenset[str]:
    """Return the ids that counted records name in ``retracts``. A retraction always counts itself."""
    naming = [record for record in known if record.retracts]
    withdrawn = frozenset(record.retracts for record in naming if record.kind is Kind.RETRACTION)
    corrections = [record for record in naming if record.kind is not Kind.RETRACTION]
    # A record of another kind may withdraw one too, but only while it counts; the newest is settled first.
    for record in sorted(corrections, key=_newest_first, reverse=True):
        if record.id not in withdrawn:
            withdrawn |= {record.retracts}
    return withdrawn


def _newest_first(record: Evidence) -> tuple[datetime, str]:
    return (record.recorded_at, record.id)


def _order(record: Evidence) -> tuple[datetime, datetime, str]:
    return (record.at, record.recorded_at, record.id)


def _release_order(record: Evidence) -> tuple[datetime, datetime, str]:
    return (record.ended_at, record.recorded_at, record.id)


_LIST_OF = {
    Kind.DIAGNOSIS: "diagnoses",
    Kind.DISCHARGE: "discharges",
    Kind.CLOSE_CONTACT: "contacts",
    Kind.OVERSEAS_ENTRY: "entries",
    Kind.AREA_STAY: "stays",
    Kind.ARRIVAL: "arrivals",
    Kind.ISOLATION_ORDER: "isolations",
    Kind.RELEASE: "releases",
    Kind.NAT_RESULT: "tests",
    Kind.SYMPTOM: "symptoms",
    Kind.SYMPTOM_CLEARED: "clearings",
    Kind.CONTROL_ORDER: "controls",
}
