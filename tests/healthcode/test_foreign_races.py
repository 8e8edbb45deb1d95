"""What may happen only once in 转码, tried twice at once on two real connections."""

from collections import Counter
from datetime import datetime, timedelta
from functools import partial

import pytest

from healthcode.models import Account, EvidenceRecord, ForeignReport, TrustedIssuer
from healthcode.services.errors import Refused
from healthcode.services.foreign import Showing, confirm_report, show_report
from healthcode.services.issuers import approve_issuer, propose_issuer, trusted_issuers
from tests.healthcode.at_once import at_once
from tests.healthcode.foreign_kit import issuer_fields, province, trust
from tests.people import person_of

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def test_one_report_is_one_persons(
    citizen: Account, outsider: Account, reviewer: Account, leader: Account, at: datetime
) -> None:
    shanghai = province(at)
    trust(issuer_fields(shanghai.keys, at), proposer=reviewer, approver=leader, at=at)
    text = shanghai.test("positive", at - HOUR, at)
    shows = [partial(show_report, by=by, person=person_of(by), text=text, at=at) for by in (citizen, outsider)]
    assert Counter(type(outcome) for outcome in at_once(*shows)) == {Showing: 1, Refused: 1}
    assert (ForeignReport.objects.count(), EvidenceRecord.objects.count()) == (1, 1)


def test_two_officers_confirm_once(
    citizen: Account, officer: Account, reviewer: Account, leader: Account, at: datetime
) -> None:
    shanghai = province(at)
    trust(issuer_fields(shanghai.keys, at), proposer=reviewer, approver=leader, at=at)
    text = shanghai.test("negative", at - HOUR, at)
    report = show_report(by=citizen, person=person_of(citizen), text=text, at=at).report
    confirms = [partial(confirm_report, by=by, report=report, at=at) for by in (officer, reviewer)]
    assert Counter(type(outcome) for outcome in at_once(*confirms)) == {ForeignReport: 1, Refused: 1}
    assert EvidenceRecord.objects.count() == 1


def test_two_entries_of_one_issuer_never_count_together(reviewer: Account, leader: Account, at: datetime) -> None:
    proposed = [
        propose_issuer(by=reviewer, fields=issuer_fields(province(at).keys, at), document="甲", at=at)
        for _entry in range(2)
    ]
    outcomes = at_once(*(partial(approve_issuer, by=leader, issuer=issuer, at=at) for issuer in proposed))
    assert [type(outcome) for outcome in outcomes] == [TrustedIssuer, TrustedIssuer]
    assert len(trusted_issuers(at)) == 1
