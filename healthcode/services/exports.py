"""Our own test reports for other provinces, in the same envelope (N3.4), computed when asked for."""

from datetime import datetime
from typing import NamedTuple

from healthcode.domain.evidence import Kind
from healthcode.domain.foreign import write_report
from healthcode.domain.instants import DAY
from healthcode.domain.tokens import CannotIssue, Reference, seal_reference
from healthcode.domain.tokens import Kind as TokenKind
from healthcode.models import EvidenceRecord, Person
from healthcode.services.codes import region_of
from healthcode.services.keys import NoSigningKey, reference_key, signing_key

# As long as a report that is brought along counts.
REPORT_DAYS = 7
_COUNTERS = 1 << 16


class OwnReport(NamedTuple):
    """A test result of the person. ``token`` is empty where no key can sign it just now."""

    result: str
    sampled_at: datetime
    expires_at: datetime
    token: str


def own_reports(*, person: Person, at: datetime) -> list[OwnReport]:
    """Return the person's reported test results of the last seven days, newest sampling first.

    Withdrawn ones are left out. What came here from another province is its own to export.
    """
    rows = EvidenceRecord.objects.filter(
        person=person,
        kind=Kind.NAT_RESULT.value,
        at__gt=at - REPORT_DAYS * DAY,
        reported_at__lte=at,
        recorded_at__lte=at,
        retractions__isnull=True,
        foreign_report__isnull=True,
    )
    return [_exported(person, row, at) for row in rows.order_by("-at", "-pk")]


def _exported(person: Person, row: EvidenceRecord, at: datetime) -> OwnReport:
    # The same report gives the same reference: whoever takes it in knows it again.
    reference = Reference(person.pk, int(row.at.timestamp()), TokenKind.TEST_REPORT, row.pk % _COUNTERS)
    result = str(row.detail["result"])
    try:
        token = write_report(
            key=signing_key(TokenKind.TEST_REPORT, at),
            result=result,
            region=region_of(person),
            sampled_at=row.at,
            cti=seal_reference(reference_key(), reference),
            at=at,
        )
    except (NoSigningKey, CannotIssue):
        token = ""
    return OwnReport(result, row.at, row.at + REPORT_DAYS * DAY, token)
