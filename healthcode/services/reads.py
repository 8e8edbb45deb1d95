"""What staff read of people: noted for the person to see (N4.2), exact at the instant of reading."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from healthcode.domain.colours import Colour
from healthcode.domain.decide import Decision, Segment, decide
from healthcode.domain.evidence import Evidence
from healthcode.domain.instants import to_china
from healthcode.models import Account, DecisionRecord, Person
from healthcode.services.audit import record_act
from healthcode.services.decisions import (
    CodeStatus,
    areas_for,
    decide_for,
    evidence_of,
    ruleset_in_force,
    status_of,
)


def record_read(*, by: Account, person: Person, purpose: str, at: datetime) -> None:
    """Write down that ``by`` looked at the person's record; ``purpose`` is the page's word."""
    record_act(by=by, at=at, action="read_person", person=person, purpose=purpose)


def current_status(*, person: Person, at: datetime) -> CodeStatus | None:
    """Return what the person's code says at ``at``, or None when nothing was ever decided."""
    decisions = DecisionRecord.objects.current().with_staleness().select_related("person", "ruleset")
    decision = decisions.filter(person=person).first()
    return status_of(decision, at) if decision else None


def current_timeline(*, person_id: int, at: datetime) -> tuple[Segment, ...]:
    """Return what the person's code says from now on, decided afresh where the stored timeline is not believed.

    Empty when nothing was ever decided.
    """
    decision = DecisionRecord.objects.current().with_staleness().filter(person_id=person_id).first()
    if decision is None:
        return ()
    return decide_for([person_id], at)[person_id].timeline if decision.is_stale(at) else decision.segments()


def colours_now(*, person_ids: Iterable[int], at: datetime) -> Mapping[int, Colour]:
    """Return the colours that these people's codes show at ``at``; a fixed number of queries, stale ones included."""
    decisions = DecisionRecord.objects.current().with_staleness().filter(person_id__in=list(person_ids))
    found: dict[int, Colour] = {}
    stale: list[int] = []
    for decision in decisions.order_by("pk"):
        if decision.is_stale(at):
            stale.append(decision.person_id)
        else:
            found[decision.person_id] = decision.segment_at(at).colour
    if stale:
        found |= {person_id: fresh.colour for person_id, fresh in decide_for(stale, at).items()}
    return found


def preview_decision(*, person: Person, extra: Evidence, at: datetime) -> Decision:
    """Return what would be decided for the person at ``at`` were ``extra`` on record. Writes nothing.

    Raises ``NoRuleSet``.
    """
    at = to_china(at)
    records = [*evidence_of([person.pk])[person.pk], extra]
    return decide(records, areas_for(records), ruleset_in_force(at).as_domain(), at)
