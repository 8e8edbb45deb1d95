"""“Why this colour?” and my colours over time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from healthcode.access import decision_for_account, decisions_for_account, person_for_account
from healthcode.domain.colours import Colour, Lift
from healthcode.domain.decide import Ground
from healthcode.domain.instants import to_china
from healthcode.models import Cause, DecisionRecord, EvidenceRecord
from healthcode.services.decisions import CodeStatus, status_of
from healthcode.services.reads import current_status
from healthcode.services.rules import texts_of
from healthcode.views.reading import Behind, behind
from healthcode.views.requests import account_of
from healthcode.words import (
    cause_name,
    clause_label,
    clause_text,
    colour_word,
    date_and_days_left,
    evidence_sentence,
    exit_sentence,
    lift_sentence,
    moment_words,
    reason_sentence,
    stage_meaning,
    stage_name,
    stages_sentence,
)

_GREEN_CLAUSES = ("N1.3", "N2.7")
# What a version of the rules says itself, by clause and language.
Texts = Mapping[str, Mapping[str, str]]


@require_safe
@login_required
def code_why(request: HttpRequest, person: UUID | None = None) -> HttpResponse:
    """Explain each ground: clause, records with source and time, stage, what lifts it, when (N1.1 to N2.7)."""
    at = timezone.now()
    decision = decision_for_account(account_of(request), person, "show", at)
    if decision is None:
        raise Http404
    status = status_of(decision, at)
    found = behind(status.person, status.grounds, at)
    alone = len(status.grounds) == 1
    texts = texts_of(status.ruleset)
    page = {
        "colour": status.colour.value,
        "word": colour_word(status.colour),
        "grounds": [_explained(ground, found, texts, alone=alone) for ground in status.grounds],
        "clauses": [_clause(name, texts) for name in _GREEN_CLAUSES],
        "checked_at": moment_words(at, at),
        "ruleset": status.ruleset,
        "of": person,
    }
    return render(request, "healthcode/why.html", page)


def _clause(name: str, texts: Texts) -> dict[str, str]:
    return {"label": clause_label(name), "text": clause_text(name, texts)}


def _explained(ground: Ground, found: Behind, texts: Texts, *, alone: bool) -> dict[str, Any]:
    at = found.known.at
    return {
        "colour": ground.colour.value,
        "word": colour_word(ground.colour),
        "reason": reason_sentence(ground, found.known),
        "clauses": [_clause(name, texts) for name in ground.clauses],
        "since": moment_words(ground.since, at),
        "stage": stage_name(ground.stage) if ground.stage else "",
        "meaning": stage_meaning(ground.stage) if ground.stage else "",
        "stages": stages_sentence(ground, at),
        "exit": exit_sentence(ground, at, alone=alone),
        "lifts": [lift_sentence(lift) for lift in ground.lifts if lift is not Lift.TIME or ground.until],
        "until": date_and_days_left(ground.until, at) if ground.until else "",
        "evidence": [_record(found.records[name], found) for name in ground.evidence if name in found.records],
    }


def _record(record: EvidenceRecord, found: Behind) -> dict[str, str]:
    source = record.source.name_en if get_language() == "en" else record.source.name
    at = found.known.at
    return {
        "what": evidence_sentence(found.known.evidence[str(record.public_id)], found.known.places),
        "source": source,
        "happened": moment_words(record.at, at),
        "until": moment_words(record.until, at) if record.until else "",
        "recorded": moment_words(record.recorded_at, at),
    }


class Part(NamedTuple):
    """A time in which one colour held for the same grounds. ``ends`` None is now."""

    begins: datetime
    ends: datetime | None
    colour: Colour
    grounds: tuple[Ground, ...]
    cause: Cause
    ruleset: str


@require_safe
@login_required
def code_history(request: HttpRequest) -> HttpResponse:
    """List the person's own colours over time, newest first, conversions marked (N2.3, N2.5, N2.6)."""
    at = timezone.now()
    person = person_for_account(account_of(request))
    parts = with_present(parts_of(decisions_for_account(account_of(request)), at), current_status(person=person, at=at))
    known = behind(person, [ground for part in parts for ground in part.grounds], at).known
    rows = [
        {
            "colour": part.colour.value,
            "word": colour_word(part.colour),
            "begins": moment_words(part.begins, at),
            "ends": moment_words(part.ends, at) if part.ends else "",
            "reasons": [reason_sentence(ground, known) for ground in part.grounds],
            "cause": cause_name(part.cause),
            "by_itself": part.cause is Cause.CONVERSION,
            "ruleset": part.ruleset,
        }
        for part in reversed(parts)
    ]
    return render(request, "healthcode/history.html", {"parts": rows})


def parts_of(decisions: list[DecisionRecord], at: datetime) -> list[Part]:
    """Return what held when, oldest first, up to ``at``.

    Takes one person's decisions in any order. A decision holds until the next one begins; within it its timeline
    says what turned by itself, whether or not a sweep has written that down.
    """
    rows = sorted(decisions, key=lambda decision: (decision.at, decision.pk))
    parts: list[Part] = []
    for place, decision in enumerate(rows):
        end = rows[place + 1].at if place + 1 < len(rows) else to_china(at)
        segments = [segment for segment in decision.segments() if segment.begins < end]
        for number, segment in enumerate(segments):
            cause = Cause.CONVERSION if number else Cause(decision.cause)
            part = Part(segment.begins, None, segment.colour, segment.grounds, cause, decision.ruleset.code)
            if not parts or _shows_other(parts[-1], part):
                parts.append(part)
    ends = [*(part.begins for part in parts[1:]), None]
    # Not one part: the clock that reads is behind the clock that decided.
    return [part._replace(ends=end) for part, end in zip(parts, ends, strict=False)]


def with_present(parts: list[Part], status: CodeStatus | None) -> list[Part]:
    """Add what the code says now where a change of areas or rules is believed already and not yet written down."""
    if status is None or not parts:
        return parts
    last = parts[-1]
    cause = Cause.AREAS if status.ruleset == last.ruleset else Cause.RULESET
    now = Part(status.decided_at, None, status.colour, status.grounds, cause, status.ruleset)
    return [*parts[:-1], last._replace(ends=now.begins), now] if _shows_other(last, now) else parts


def _shows_other(old: Part, new: Part) -> bool:
    return old.colour is not new.colour or _named(old.grounds) != _named(new.grounds)


def _named(grounds: tuple[Ground, ...]) -> list[tuple[object, ...]]:
    return [(ground.rule, ground.evidence, ground.stage) for ground in grounds]
