"""Looking a person up for them (代查, N3.5, N3.6), and the person's say about it.

Staff see a masked name and what the code says now: no history, no reason, no photo. Every look-up is a row that the
person reads at once and can complain about; what is unusual raises an alarm.
"""

from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from family.access import check_can_answer_complaint, check_can_look_up
from family.domain.lookups import HOUR, Basis, Done, Outcome, Purpose, find_unusual
from family.models import LookUp, LookUpComplaint
from healthcode.access import NotPermitted
from healthcode.domain.anomalies import Anomaly, Finding
from healthcode.domain.identity import Document
from healthcode.models import Account, Person, Topic
from healthcode.services.anomalies import raise_alarms
from healthcode.services.audit import Act, record_act, record_acts
from healthcode.services.decisions import CodeStatus
from healthcode.services.errors import Refused
from healthcode.services.outbox import announce, message_for
from healthcode.services.persons import number_index
from healthcode.services.reads import current_status


class Stated(NamedTuple):
    """What whoever looks up states: the place, what for, and on what ground."""

    place: str
    purpose: Purpose
    basis: Basis


class LookedUp(NamedTuple):
    """The row written, and what the person's code says now; None where no code was found."""

    lookup: LookUp
    status: CodeStatus | None


@transaction.atomic
def look_up(*, by: Account, document: Document, nationality: str, stated: Stated, at: datetime) -> LookedUp:
    """Look up the code of the holder of a document who is present or has agreed.

    Raises ``NotPermitted``; ``Refused``: ``place_required``, ``too_many_lookups`` (``HC_LOOKUPS_AN_HOUR`` an account).
    """
    check_can_look_up(by)
    if not stated.place.strip():
        raise Refused("place_required")
    # The account's row is the lock under which its look-ups are counted.
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    recent = LookUp.objects.filter(by=by, at__gt=at - HOUR)
    done = [Done(when, Outcome(outcome)) for when, outcome in recent.order_by("at", "pk").values_list("at", "outcome")]
    if len(done) >= settings.HC_LOOKUPS_AN_HOUR:
        raise Refused("too_many_lookups", str(settings.HC_LOOKUPS_AN_HOUR))
    person = Person.objects.filter(number_index=number_index(document, nationality)).first()
    status = current_status(person=person, at=at) if person and person.applied_at else None
    lookup = _write(by, status.person if status else None, stated, at)
    _watch(by, [*done, Done(at, Outcome(lookup.outcome))], at)
    return LookedUp(lookup, status)


def _write(by: Account, person: Person | None, stated: Stated, at: datetime) -> LookUp:
    lookup = LookUp.objects.create(
        person=person,
        by=by,
        place=stated.place.strip(),
        purpose=stated.purpose,
        basis=stated.basis,
        outcome=Outcome.SHOWN if person else Outcome.NOT_SHOWN,
        at=at,
    )
    detail = {"lookup": str(lookup.public_id), "purpose": lookup.purpose, "basis": lookup.basis}
    record_acts(by=by, at=at, acts=[Act("look_up", lookup.person_id, detail)])
    if person is not None:
        announce(rows=[message_for(person=person, topic=Topic.NEWS, key=f"lookup:{lookup.public_id}", at=at)])
    return lookup


def _watch(by: Account, done: list[Done], at: datetime) -> None:
    unusual = find_unusual(done, at)
    findings = [Finding(Anomaly.UNUSUAL_LOOKUPS, len(done), len(done), word.value) for word in unusual]
    if findings:
        raise_alarms(by=by, unit=by.username, findings=findings, at=at)


def lookups_of(*, person: Person, limit: int = 100) -> list[LookUp]:
    """Return who looked the person up, newest first, with complaints and answers."""
    rows = LookUp.objects.filter(person=person).select_related("by", "complaint")
    return list(rows.order_by("-at", "-pk")[:limit])


@transaction.atomic
def complain(*, by: Account, lookup_id: object, text: str, at: datetime) -> LookUpComplaint:
    """Complain about a look-up of the account's own person.

    Raises ``NotPermitted``; ``Refused``: ``reason_required``, ``already_complained``.
    """
    rows = LookUp.objects.select_for_update(of=("self",)).select_related("person")
    lookup = rows.filter(public_id=str(lookup_id), person__account=by.pk).first()
    if lookup is None:
        raise NotPermitted(f"{by} was not looked up")
    if not text.strip():
        raise Refused("reason_required")
    if LookUpComplaint.objects.filter(lookup=lookup).exists():
        raise Refused("already_complained")
    made = LookUpComplaint.objects.create(lookup=lookup, text=text.strip()[:500], made_at=at)
    record_act(by=by, at=at, action="complain_lookup", person=lookup.person, lookup=str(lookup.public_id))
    return made


@transaction.atomic
def answer_complaint(*, by: Account, complaint: LookUpComplaint, text: str, at: datetime) -> LookUpComplaint:
    """Answer a complaint, as a supervisor who did not make the look-up; the person is told.

    Raises ``NotPermitted``; ``Refused``: ``reason_required``, ``already_answered``, ``own_request``.
    """
    check_can_answer_complaint(by)
    rows = LookUpComplaint.objects.select_for_update(of=("self",)).select_related("lookup__person")
    complaint = rows.get(pk=complaint.pk)
    if complaint.answered_at is not None:
        raise Refused("already_answered")
    if complaint.lookup.by_id == by.pk:
        raise Refused("own_request")
    if not text.strip():
        raise Refused("reason_required")
    complaint.answer, complaint.answered_at, complaint.answered_by = text.strip()[:500], at, by
    complaint.save(update_fields=["answer", "answered_at", "answered_by"])
    person = complaint.lookup.person
    record_act(by=by, at=at, action="answer_complaint", person=person, complaint=str(complaint.public_id))
    if person is not None:
        announce(rows=[message_for(person=person, topic=Topic.NEWS, key=f"complaint:{complaint.public_id}", at=at)])
    return complaint
