"""转码 (N3.4): what a person shows from another province or country is verified and, where the table says so, recorded.

The holder begins it and nothing is asked of the other province's computers. A colour of elsewhere is never taken over.
"""

from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from healthcode.access import NotPermitted, check_can_record
from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.foreign import (
    TABLE,
    Became,
    Mapped,
    Match,
    Shown,
    Use,
    compare_holder,
    map_dcc,
    map_token,
    read_dcc,
    read_home_token,
)
from healthcode.domain.foreign import dcc as eu
from healthcode.domain.identity import DocumentType
from healthcode.domain.identity.resident import read_birth_on
from healthcode.domain.instants import to_china
from healthcode.models import Account, ForeignReport, Person, Source, SourceCategory, TrustedIssuer
from healthcode.services.audit import Act, record_acts
from healthcode.services.decisions import lock_people
from healthcode.services.errors import Refused
from healthcode.services.evidence import Recorded, record_evidence
from healthcode.services.issuers import trusted_issuers, trusted_keys

SOURCE = "other-province"


class Read(NamedTuple):
    """A genuine text: who issued it, what it becomes, and whether it is the person's as far as it says.

    ``match`` None: it names nobody.
    """

    issuer: TrustedIssuer
    mapped: Mapped
    match: Match | None


class Showing(NamedTuple):
    """What came of showing: the report, and whether it was shown before."""

    report: ForeignReport
    again: bool


def read_shown(*, text: str, person: Person, at: datetime) -> Read:
    """Verify a text against the trust list and compare its holder with the person. Writes nothing.

    Raises ``ForeignError``.
    """
    issuers = trusted_issuers(at)
    return _read_certificate(text, issuers, person, at) if text.startswith(eu.PREFIX) else _read(text, issuers, at)


def _read_certificate(text: str, issuers: list[TrustedIssuer], person: Person, at: datetime) -> Read:
    owned = [(issuer, key) for issuer in issuers if Use.EU_CERTIFICATE in issuer.uses for key in issuer.issuer_keys()]
    found = read_dcc(text, keys=[key for _issuer, key in owned], at=at)
    issuer = next(issuer for issuer, key in owned if key is found.key)
    match = compare_holder(found.names, found.birth, name=person.name, birth_on=birth_of(person, at))
    return Read(issuer, map_dcc(found, issuer.code), match)


def _read(text: str, issuers: list[TrustedIssuer], at: datetime) -> Read:
    found = read_home_token(text, keys=trusted_keys(issuers), at=at)
    issuer = next(issuer for issuer in issuers if issuer.code == found.issuer)
    return Read(issuer, map_token(found), None)


_BORN_IN_NUMBER = frozenset({DocumentType.RESIDENT_ID, DocumentType.PERMANENT_RESIDENT_CARD})


def birth_of(person: Person, at: datetime) -> date | None:
    """Return the birth date that the person's document number tells, where it tells one."""
    number = person.number
    if person.document_type not in _BORN_IN_NUMBER or len(number) != 18:
        return None
    return read_birth_on(number[6:14], on=at.date())


@transaction.atomic
def show_report(*, by: Account, person: Person, text: str, at: datetime) -> Showing:
    """Take what the person shows, once and for this person alone, and record what the table makes of it.

    A test result counts at once where the certificate names the person, and where it adds caution. A negative one that
    names nobody, or spells the name otherwise, waits for an officer with the document in hand: else anybody could turn
    green on a friend's report. Raises ``NotPermitted`` (somebody else's code), ``ForeignError`` (not genuine, over,
    or of an issuer that is not trusted); ``Refused``: ``report_of_another`` (its holder is another person, or another
    person showed it before), ``event_in_future``, and as ``record_evidence``.
    """
    if person.account_id != by.pk:
        raise NotPermitted(f"{by} may show reports of their own only")
    person = lock_people([person.pk])[0]
    read = read_shown(text=text, person=person, at=at)
    if read.match is Match.OTHER:
        raise Refused("report_of_another")
    if read.mapped.sampled_at is not None and read.mapped.sampled_at > at:
        raise Refused("event_in_future")
    report, again = _claim(person, read, at)
    if again:
        return Showing(report, again=True)
    _note(by, "show_report", report, at)
    if report.became == Became.EVIDENCE and (read.match is Match.SAME or read.mapped.row.result == "positive"):
        _record(None, report, at)
    return Showing(report, again=False)


def _claim(person: Person, read: Read, at: datetime) -> tuple[ForeignReport, bool]:
    """Return the report of this number and whether it was there; of two people at once, one has it."""
    mapped = read.mapped
    new = ForeignReport(
        person=person,
        issuer=read.issuer,
        number=mapped.number,
        shown=mapped.shown,
        became=mapped.row.became,
        sampled_at=mapped.sampled_at if mapped.row.became is Became.EVIDENCE else None,
        shown_at=at,
    )
    ForeignReport.objects.bulk_create([new], ignore_conflicts=True)
    report = ForeignReport.objects.select_related("issuer", "person").get(number=mapped.number)
    if report.person_id != person.pk:
        raise Refused("report_of_another")
    return report, report.public_id != new.public_id


@transaction.atomic
def confirm_report(*, by: Account, report: ForeignReport, at: datetime) -> ForeignReport:
    """Say that the officer has seen the report and the person's document together: now it counts (N2.6).

    Raises ``NotPermitted`` (not in the officer's division); ``Refused``: ``report_settled``, ``batch_frozen``.
    """
    report = _waiting(by, report)
    report.settled_at, report.settled_by = at, by
    report.save(update_fields=["settled_at", "settled_by"])
    _note(by, "confirm_report", report, at)
    if not _record(by, report, at).records:
        raise Refused("batch_frozen")
    return report


@transaction.atomic
def decline_report(*, by: Account, report: ForeignReport, reason: str, at: datetime) -> ForeignReport:
    """Say that the report is not this person's. Raises as ``confirm_report``, ``reason_required``."""
    if not reason.strip():
        raise Refused("reason_required")
    report = _waiting(by, report)
    report.settled_at, report.settled_by, report.declined = at, by, reason.strip()
    report.save(update_fields=["settled_at", "settled_by", "declined"])
    _note(by, "decline_report", report, at)
    return report


def _waiting(by: Account, report: ForeignReport) -> ForeignReport:
    person = lock_people([report.person_id])[0]
    check_can_record(by, _source(), [person])
    rows = ForeignReport.objects.select_for_update(of=("self",)).select_related("issuer", "person")
    report = rows.get(pk=report.pk)
    if not report.waits:
        raise Refused("report_settled")
    return report


def _record(by: Account | None, report: ForeignReport, at: datetime) -> Recorded:
    """Record the result; it takes effect no earlier than here and now, for records count from when they are known."""
    if report.sampled_at is None:
        raise ValueError(f"{report} has no time of sampling")
    source, sampled_at = _source(), to_china(report.sampled_at)
    said = Evidence(
        id=report.number,
        kind=Kind.NAT_RESULT,
        at=sampled_at,
        ended_at=sampled_at,
        recorded_at=at,
        source=source.category,
        reported_at=sampled_at,
        detail={"result": TABLE[Shown(report.shown)].result, "province": report.issuer.code},
    )
    done = record_evidence(by=by, source=source, person=report.person, evidence=said, at=at)
    if done.records:
        report.evidence = done.records[0]
        report.save(update_fields=["evidence"])
    return done


def _source() -> Source:
    return Source.objects.get(code=SOURCE, category=SourceCategory.PROVINCE)


def _note(by: Account, action: str, report: ForeignReport, at: datetime) -> None:
    detail = {"report": str(report.public_id), "issuer": report.issuer.code, "shown": str(report.shown)}
    record_acts(by=by, at=at, acts=[Act(action, report.person_id, detail, report.declined or "")])


def reports_shown(person: Person) -> list[ForeignReport]:
    """Return what the person has shown, newest first."""
    return list(person.foreign_reports.select_related("issuer").order_by("-shown_at", "-pk")[:50])
