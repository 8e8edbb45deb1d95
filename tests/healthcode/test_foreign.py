"""转码 (N3.4): what is shown from elsewhere becomes evidence, a question or nothing, once and for one person."""

from datetime import date, datetime, timedelta

import pgtrigger
import pytest

from healthcode.access import NotPermitted
from healthcode.domain.colours import Colour
from healthcode.domain.foreign import TABLE, Became, Fault, ForeignError, Match, Shown, compare_holder
from healthcode.domain.tokens import Kind, TokenColour
from healthcode.models import Account, AuditEntry, EvidenceRecord, ForeignReport, Source, TrustedIssuer
from healthcode.services.errors import Refused
from healthcode.services.foreign import Showing, confirm_report, decline_report, show_report
from tests.healthcode.dcc_kit import HOLDER, TEST, VACCINATION, Authority, authority, certificate
from tests.healthcode.foreign_kit import Province, eu_fields, issuer_fields, passport_holder, province, trust
from tests.people import fact, person_of, record, status

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NAMES = {"fnt": "WANG", "gnt": "XIAOMING", "fn": "Wang", "gn": "Xiaoming"}


@pytest.fixture
def shanghai(reviewer: Account, leader: Account, at: datetime) -> Province:
    """Shanghai, trusted."""
    found = province(at)
    trust(issuer_fields(found.keys, at), proposer=reviewer, approver=leader, at=at - HOUR)
    return found


@pytest.fixture
def sweden(reviewer: Account, leader: Account, at: datetime) -> Authority:
    """Sweden's EU certificates, trusted."""
    found = authority()
    trust(eu_fields(found, at), proposer=reviewer, approver=leader, at=at - HOUR)
    return found


@pytest.fixture
def foreigner(sources: dict[str, Source], at: datetime) -> Account:
    """A visitor with a passport and a Latin name."""
    return passport_holder("XIAOMING WANG", at - 24 * HOUR)


def show(account: Account, text: str, at: datetime) -> Showing:
    """Have a person show something of their own."""
    return show_report(by=account, person=person_of(account), text=text, at=at)


def swede(account: Account, issuer: Authority, at: datetime, entry: dict[str, str] = TEST) -> str:
    """Return a certificate that names the account's person, who gets a Latin name for it."""
    person = person_of(account)
    born = date.fromisoformat(f"{person.number[6:10]}-{person.number[10:12]}-{person.number[12:14]}")
    sort = "t" if "tt" in entry else "v"
    return issuer.sign(certificate(entry, sort, nam=NAMES, dob=born.isoformat()), at=at - HOUR)


@pytest.mark.parametrize(
    ("colour", "shown", "became"),
    [
        (TokenColour.GREEN, Shown.HOME_GREEN, Became.NOTHING),
        (TokenColour.YELLOW, Shown.HOME_YELLOW, Became.QUESTION),
        (TokenColour.RED, Shown.HOME_RED, Became.QUESTION),
    ],
)
def test_no_colour_of_elsewhere_becomes_one_here(
    citizen: Account, shanghai: Province, at: datetime, colour: TokenColour, shown: Shown, became: Became
) -> None:
    report = show(citizen, shanghai.code(colour, at), at).report
    assert (report.shown, report.became, report.evidence) == (shown, became, None)
    assert status(person_of(citizen), at).colour is Colour.GREEN
    assert not EvidenceRecord.objects.exists()


def test_a_negative_report_that_names_nobody_waits_for_the_desk(
    citizen: Account, shanghai: Province, officer: Account, at: datetime
) -> None:
    record(person_of(citizen), fact("symptom", "07-07T09:00", symptom="fever"), at=at - HOUR)
    report = show(citizen, shanghai.test("negative", at - 2 * HOUR, at), at).report
    assert report.waits
    assert status(person_of(citizen), at).colour is Colour.YELLOW
    confirm_report(by=officer, report=report, at=at)
    assert status(person_of(citizen), at).colour is Colour.GREEN


def test_a_positive_report_counts_at_once(citizen: Account, shanghai: Province, at: datetime) -> None:
    report = show(citizen, shanghai.test("positive", at - 2 * HOUR, at), at).report
    assert report.evidence is not None
    assert report.evidence.source.category == "province"
    assert status(person_of(citizen), at).colour is Colour.RED


def test_the_same_report_twice_is_one(citizen: Account, shanghai: Province, at: datetime) -> None:
    text = shanghai.test("positive", at - 2 * HOUR, at)
    first, second = show(citizen, text, at), show(citizen, text, at + HOUR)
    assert (first.again, second.again) == (False, True)
    assert second.report.pk == first.report.pk
    assert EvidenceRecord.objects.count() == 1


def test_the_same_report_of_another_person_is_refused(
    citizen: Account, outsider: Account, shanghai: Province, at: datetime
) -> None:
    text = shanghai.test("negative", at - 2 * HOUR, at)
    show(citizen, text, at)
    with pytest.raises(Refused, match="report_of_another"):
        show(outsider, text, at)
    assert ForeignReport.objects.count() == 1


def test_a_report_is_shown_by_its_holder_alone(
    citizen: Account, mother: Account, shanghai: Province, at: datetime
) -> None:
    text = shanghai.test("negative", at - 2 * HOUR, at)
    with pytest.raises(NotPermitted):
        show_report(by=mother, person=person_of(citizen), text=text, at=at)


@pytest.mark.parametrize(
    ("kind", "later", "expected"),
    [
        (Kind.OWN_PHONE, timedelta(seconds=96), Fault.EXPIRED),
        (Kind.OWN_PHONE, timedelta(seconds=-6), Fault.NOT_YET_VALID),
        (Kind.COMPANIONS, timedelta(), Fault.WRONG_KIND),
    ],
)
def test_a_home_code_is_judged_as_at_a_gate(
    citizen: Account, shanghai: Province, at: datetime, kind: Kind, later: timedelta, expected: Fault
) -> None:
    with pytest.raises(ForeignError) as caught:
        show(citizen, shanghai.code(TokenColour.GREEN, at, kind), at + later)
    assert caught.value.code is expected


def test_who_is_not_on_the_list_is_not_believed(
    citizen: Account, shanghai: Province, sweden: Authority, at: datetime
) -> None:
    for text in (province(at).code(TokenColour.GREEN, at), authority().sign(certificate(), at=at)):
        with pytest.raises(ForeignError) as caught:
            show(citizen, text, at)
        assert caught.value.code is Fault.UNKNOWN_KEY


def test_a_row_that_nobody_signed_is_not_believed(citizen: Account, shanghai: Province, at: datetime) -> None:
    with pgtrigger.ignore("healthcode.TrustedIssuer:no_update"):
        TrustedIssuer.objects.update(name="北京市")
    with pytest.raises(ForeignError) as caught:
        show(citizen, shanghai.code(TokenColour.GREEN, at), at)
    assert caught.value.code is Fault.UNKNOWN_KEY


def test_a_certificate_that_names_the_person_counts_at_once(
    foreigner: Account, sweden: Authority, at: datetime
) -> None:
    record(person_of(foreigner), fact("symptom", "07-06T09:00", symptom="fever"), at=at - HOUR)
    report = show(foreigner, sweden.sign(certificate(nam=NAMES), at=at - HOUR), at).report
    assert report.evidence is not None
    assert report.evidence.at == datetime.fromisoformat("2020-07-07T06:00:00+00:00")
    assert status(person_of(foreigner), at).colour is Colour.GREEN


def test_a_certificate_of_another_birth_date_is_refused(citizen: Account, sweden: Authority, at: datetime) -> None:
    with pytest.raises(Refused, match="report_of_another"):
        show(citizen, sweden.sign(certificate(nam=NAMES), at=at - HOUR), at)


def test_a_name_in_chinese_waits_for_the_desk(citizen: Account, sweden: Authority, at: datetime) -> None:
    assert show(citizen, swede(citizen, sweden, at), at).report.waits


def test_a_vaccination_is_shown_and_not_recorded(citizen: Account, sweden: Authority, at: datetime) -> None:
    report = show(citizen, swede(citizen, sweden, at, VACCINATION), at).report
    assert (report.shown, report.became) == (Shown.VACCINATION, Became.NOTHING)
    assert not EvidenceRecord.objects.exists()


def test_an_officer_may_decline(citizen: Account, shanghai: Province, officer: Account, at: datetime) -> None:
    report = show(citizen, shanghai.test("negative", at - HOUR, at), at).report
    with pytest.raises(Refused, match="reason_required"):
        decline_report(by=officer, report=report, reason=" ", at=at)
    decline_report(by=officer, report=report, reason="证件与报告不符", at=at)
    with pytest.raises(Refused, match="report_settled"):
        confirm_report(by=officer, report=report, at=at)
    assert AuditEntry.objects.filter(action="decline_report", actor=officer, reason="证件与报告不符").exists()


def test_another_county_does_not_settle(
    citizen: Account, shanghai: Province, other_officer: Account, at: datetime
) -> None:
    report = show(citizen, shanghai.test("negative", at - HOUR, at), at).report
    with pytest.raises(NotPermitted):
        confirm_report(by=other_officer, report=report, at=at)


def test_the_table_names_everything_that_can_be_shown() -> None:
    assert set(TABLE) == set(Shown)
    assert {row.result for row in TABLE.values() if row.became is Became.EVIDENCE} == {"negative", "positive"}


@pytest.mark.parametrize(
    ("name", "birth_on", "birth", "expected"),
    [
        ("ANNA-LENA ASTROM", None, "1985-03-02", Match.SAME),
        ("ANNA LENA AASTROEM", date(1985, 3, 2), "1985-03-02", Match.SAME),
        ("AASTROEM ANNA LENA", date(1985, 3, 2), "1985", Match.SAME),
        ("ANNA LENA AASTROEM", date(1985, 3, 3), "1985-03-02", Match.OTHER),
        ("ANNA AASTROEM", None, "", Match.UNSURE),
        ("JOHN SMITH", None, "", Match.OTHER),
        ("王晓明", None, "", Match.UNSURE),
    ],
)
def test_holders_are_compared(name: str, birth_on: date | None, birth: str, expected: Match) -> None:
    assert compare_holder(HOLDER, birth, name=name, birth_on=birth_on) is expected
