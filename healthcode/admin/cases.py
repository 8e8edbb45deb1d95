"""Rows of the tables on a person's, a record's and a decision's page: evidence, grounds, decisions, timelines."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.admin.labels import CAUSES, anchor, badge, colour_badge, moment, names_of_places
from healthcode.domain.colours import Colour
from healthcode.domain.decide import Ground, Segment
from healthcode.domain.evidence import Kind
from healthcode.models import DecisionRecord, EvidenceRecord
from healthcode.words import Known, clause_label, evidence_sentence, lift_sentence, reason_sentence

Rows = list[Sequence[object]]
COUNTS = pgettext_lazy("state of a record", "Counts")
WITHDRAWN = pgettext_lazy("state of a record", "Withdrawn")
WITHDRAWAL = pgettext_lazy("state of a record", "Withdrawal")


def evidence_url(record: EvidenceRecord) -> str:
    """Return the address of a record's page."""
    return reverse("admin:healthcode_evidencerecord_change", args=[str(record.public_id)])


def decision_url(decision: DecisionRecord) -> str:
    """Return the address of a decision's page."""
    return reverse("admin:healthcode_decisionrecord_change", args=[str(decision.public_id)])


def known_of(records: Iterable[EvidenceRecord], at: datetime) -> Known:
    """Return what sentences are made from; one query for the names of places."""
    evidence = {str(record.public_id): record.as_domain() for record in records}
    return Known(evidence, names_of_places({record.place for record in evidence.values()}), at)


def state_of(record: EvidenceRecord) -> Promise:
    """Tell whether the record counts. Needs ``retractions`` loaded."""
    if record.kind == Kind.RETRACTION:
        return WITHDRAWAL
    return WITHDRAWN if record.retractions.all() else COUNTS


def evidence_rows(records: Sequence[EvidenceRecord]) -> Rows:
    """Return what is on record: sentence, when, source, when recorded, whether it counts."""
    places = names_of_places({record.place for record in records})
    return [
        (
            anchor(evidence_url(record), evidence_sentence(record.as_domain(), places)),
            moment(record.at),
            record.source.name,
            moment(record.recorded_at),
            badge(state_of(record)),
        )
        for record in records
    ]


def ground_rows(grounds: Iterable[Ground], records: Iterable[EvidenceRecord], at: datetime) -> Rows:
    """Return the grounds: sentence, clauses, colour, since, until, what lifts them."""
    known = known_of(records, at)
    return [
        (
            reason_sentence(ground, known),
            " ".join(clause_label(clause) for clause in ground.clauses),
            colour_badge(ground.colour),
            moment(ground.since),
            moment(ground.until) if ground.until else _("open"),
            " ".join(lift_sentence(lift) for lift in ground.lifts),
        )
        for ground in grounds
    ]


def decision_rows(decisions: Iterable[DecisionRecord]) -> Rows:
    """Return decisions: from when, colour, cause, when decided, next change by itself."""
    return [
        (
            anchor(decision_url(decision), moment(decision.at)),
            colour_badge(Colour(decision.colour)),
            CAUSES[decision.cause],
            moment(decision.decided_at),
            moment(decision.changes_at),
        )
        for decision in decisions
    ]


def timeline_rows(segments: Iterable[Segment], records: Iterable[EvidenceRecord], at: datetime) -> Rows:
    """Return a timeline: from when, colour, why."""
    known = known_of(records, at)
    return [
        (
            moment(segment.begins),
            colour_badge(segment.colour),
            "; ".join(reason_sentence(ground, known) for ground in segment.grounds) or "–",
        )
        for segment in segments
    ]
