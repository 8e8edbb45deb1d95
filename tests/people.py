"""The named cast, made through the services as in life, and short ways to say what happened to them.

Each fixture gives an account; a citizen's person is ``account.person``. Officers carry the roles of the shipped
installation, so a test of a page meets the permissions that the page meets.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

import pytest

from healthcode.access import current_decision_for_account
from healthcode.domain.cases import read_evidence
from healthcode.domain.evidence import Evidence
from healthcode.domain.identity import Document, DocumentType, make_resident_number
from healthcode.domain.instants import CHINA
from healthcode.domain.orders import ListOrigin, Measure, OrderReason
from healthcode.domain.tokens import Kind
from healthcode.models import Account, ControlOrderRequest, DecisionRecord, InboxMessage, Person, Source
from healthcode.services.codes import issue_code
from healthcode.services.decisions import CodeStatus, status_of
from healthcode.services.evidence import NewEvidence, Recorded, record_batch
from healthcode.services.installation import install_sources
from healthcode.services.orders import OrderTerms, approve_order, carry_out_orders, request_order
from healthcode.services.persons import Application, apply_for_code, ensure_person, open_account, verify_phone
from healthcode.services.roles import Role, install_roles
from healthcode.services.staff import StaffFields, save_staff
from tests.healthcode.truth_kit import ev
from venues.domain.policy import Category
from venues.models import Guard, Venue
from venues.services.places import appoint_guard, open_venue

XIHU, GONGSHU, ZHEJIANG = "330106", "330105", "330000"
JOINED = datetime(2020, 7, 6, 9, tzinfo=CHINA)
# Nobody signs in with it outside a test database.
STAFF_PASSWORD = "a-word-for-tests-only"
_numbers = count(1)


class Member(NamedTuple):
    """One of the citizens: who they are on paper."""

    name: str
    born: date
    sequence: int
    phone: str
    division: str = XIHU

    @property
    def document(self) -> Document:
        """The resident identity card."""
        number = make_resident_number(self.division, self.born, self.sequence)
        return Document(DocumentType.RESIDENT_ID, number, self.born, None, self.division)

    @property
    def application(self) -> Application:
        """What they write when they apply."""
        return Application(self.document, "", self.name, self.phone, self.division, self.division)


CITIZEN = Member("王晓明", date(1986, 3, 12), 122, "+8613800138001")
MOTHER = Member("李桂芳", date(1952, 11, 2), 204, "+8613800138002")
SON = Member("王小乐", date(2012, 6, 1), 11, "")
OUTSIDER = Member("赵大勇", date(1979, 1, 30), 33, "+8613800138004", GONGSHU)


def sign_up(member: Member, at: datetime = JOINED) -> Account:
    """Open the account of a phone that has been verified; no application yet."""
    account = open_account(phone=member.phone, at=at)
    verify_phone(account=account, at=at)
    return account


def join(member: Member, at: datetime = JOINED) -> Account:
    """Sign up and apply for a code."""
    account = sign_up(member, at)
    apply_for_code(by=account, application=member.application, at=at)
    return account


def stranger(number: int, division: str = XIHU) -> Member:
    """Somebody without a part of their own; each number is another person."""
    born = date(1960, 1, 1) + timedelta(days=number)
    return Member("陈一", born, number % 900 + 1, f"+86139{number:08d}", division)


def employ(username: str, role: Role | None, division: str, at: datetime = JOINED) -> Account:
    """Make a member of staff with the permissions of a role."""
    install_roles(by=None, at=at)
    roles = (role.value,) if role else ()
    fields = StaffFields(username, username, division, True, True, roles, STAFF_PASSWORD)
    made = save_staff(by=None, account_id=None, fields=fields, at=at)
    return Account.objects.get(pk=made.pk)


def person_of(account: Account) -> Person:
    """Return the account's person, read afresh."""
    return Person.objects.get(account=account)


def fact(kind: str, at: str, **fields: Any) -> Evidence:
    """Say what happened: ``fact("symptom", "07-03T09:00", symptom="fever")``; the year is 2020."""
    name = fields.pop("name", None) or f"r{next(_numbers)}"
    return read_evidence(ev(name, kind, at, **fields), "evidence")


def _staff(username: str, role: Role) -> Account:
    """Return the province's member of staff of this name, employed when first asked for."""
    known = Account.objects.filter(username=username).first()
    return known or employ(username, role, ZHEJIANG)


def order(*people: Person, at: datetime, until: datetime, measure: Measure = Measure.YELLOW) -> ControlOrderRequest:
    """Have people ordered as in life: asked for, approved by two bodies, waited out, and carried out at ``at``."""
    install_sources(by=None, at=JOINED)
    asked_at = at - timedelta(hours=3)
    terms = OrderTerms("浙防办〔2020〕31号", OrderReason.CLUSTER, measure, until, ListOrigin.SCREENING, "排查名单")
    asked = request_order(by=_staff("asker", Role.PROVINCE_OFFICER), terms=terms, people=people, at=asked_at)
    for name, role in (("approver", Role.PROVINCE_OFFICER), ("commission", Role.HEALTH_COMMISSION)):
        asked = approve_order(by=_staff(name, role), order=asked, at=asked_at)
    assert carry_out_orders(at=at) == 1
    asked.refresh_from_db()
    return asked


def source_for(kind: str) -> Source:
    """Return a source that may assert ``kind``, the same one every time."""
    install_sources(by=None, at=JOINED)
    sources = Source.objects.exclude(code="self").order_by("pk")
    return next(source for source in sources if kind == "retraction" or kind in source.kinds)


def record(person: Person, *facts: Evidence, at: datetime, source: Source | None = None) -> Recorded:
    """Let the system record facts about a person; the source is one that may, unless given."""
    chosen = source or source_for(facts[0].kind)
    rows = [NewEvidence(person.pk, said) for said in facts]
    return record_batch(by=None, source=chosen, rows=rows, at=at)


def current(person: Person) -> DecisionRecord:
    """Return the person's current decision, as it is read for showing."""
    decisions = DecisionRecord.objects.current().with_staleness().select_related("person", "ruleset")
    return decisions.get(person=person)


def status(person: Person, at: datetime) -> CodeStatus:
    """Return what the person's code says at an instant."""
    return status_of(current(person), at)


def code_of(account: Account, at: datetime, kind: Kind = Kind.OWN_PHONE) -> str:
    """Return the text of the QR code that the account shows at an instant."""
    decision = current_decision_for_account(account)
    assert decision is not None
    return issue_code(status=status_of(decision, at), at=at, kind=kind).token


def code_sent_to(phone: str) -> str:
    """Read the one-time code in the newest message on a phone's screen."""
    newest = next(m for m in InboxMessage.objects.order_by("-received_at", "-pk") if m.phone == phone)
    return "".join(sign for sign in newest.text if sign.isdigit())[:6]


def strangers(number: int, at: datetime = JOINED) -> Sequence[Person]:
    """Make so many people with codes."""
    return [person_of(join(stranger(index), at)) for index in range(1, number + 1)]


@pytest.fixture
def sources(province: None) -> dict[str, Source]:
    """The shipped sources by code."""
    install_sources(by=None, at=JOINED)
    return {source.code: source for source in Source.objects.order_by("pk")}


@pytest.fixture
def citizen(sources: dict[str, Source]) -> Account:
    """王晓明, of West Lake district: the one a test is about."""
    return join(CITIZEN)


@pytest.fixture
def mother(sources: dict[str, Source]) -> Account:
    """Her mother, with a phone and a code of her own."""
    return join(MOTHER)


@pytest.fixture
def son(sources: dict[str, Source]) -> Person:
    """Her son of eight, known by his document; he has no phone and no account."""
    return ensure_person(document=SON.document, nationality="", name=SON.name, at=JOINED)


@pytest.fixture
def outsider(sources: dict[str, Source]) -> Account:
    """Somebody who has nothing to do with her, of Gongshu district."""
    return join(OUTSIDER)


@pytest.fixture
def newcomer(province: None) -> Account:
    """Signed in for the first time: no code yet."""
    return sign_up(stranger(99))


@pytest.fixture
def officer(province: None) -> Account:
    """An officer of West Lake district (330106)."""
    return employ("xihu", Role.COUNTY_OFFICER, XIHU)


@pytest.fixture
def other_officer(province: None) -> Account:
    """An officer of Gongshu district (330105)."""
    return employ("gongshu", Role.COUNTY_OFFICER, GONGSHU)


@pytest.fixture
def reviewer(province: None) -> Account:
    """An officer of the province."""
    return employ("reviewer", Role.PROVINCE_OFFICER, ZHEJIANG)


@pytest.fixture
def colleague(province: None) -> Account:
    """Another officer of the province: the same body as the reviewer."""
    return employ("colleague", Role.PROVINCE_OFFICER, ZHEJIANG)


@pytest.fixture
def commission(province: None) -> Account:
    """Speaks for the health commission."""
    return employ("commission", Role.HEALTH_COMMISSION, ZHEJIANG)


@pytest.fixture
def leader(province: None) -> Account:
    """Speaks for the leading group."""
    return employ("leader", Role.LEADING_GROUP, ZHEJIANG)


@pytest.fixture
def supervisor(province: None) -> Account:
    """Judges alarms."""
    return employ("supervisor", Role.SUPERVISOR, ZHEJIANG)


@pytest.fixture
def second_supervisor(province: None) -> Account:
    """Confirms what the first proposes."""
    return employ("supervisor-2", Role.SUPERVISOR, ZHEJIANG)


@pytest.fixture
def administrator(province: None) -> Account:
    """The administrator of the installation, a superuser."""
    return Account.objects.create_superuser("root", STAFF_PASSWORD, division=ZHEJIANG)


@pytest.fixture
def auditor(province: None) -> Account:
    """Sees everything masked, writes nothing."""
    return employ("auditor", Role.AUDITOR, ZHEJIANG)


@pytest.fixture
def operator(province: None) -> Account:
    """Keeps the machines running and sees no person."""
    return employ("operator", Role.OPERATOR, "")


@pytest.fixture
def market(province: None) -> Venue:
    """A market in West Lake district."""
    return open_venue(by=None, name="城西农贸市场", category=Category.MARKET, division=XIHU, at=JOINED)


@pytest.fixture
def gate_guard(market: Venue) -> Guard:
    """The guard at the market's gate; the account is ``gate_guard.account``."""
    return appoint_guard(by=None, account=employ("gate", None, XIHU), venue=market, at=JOINED)
