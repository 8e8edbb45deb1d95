"""Making the demonstration, through the services, with a stable seed. Idempotent: what is there stays."""

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from faker import Faker

from healthcode.config.demo.cast import CITIZENS, PASSWORD, STAFF, VENUES, Citizen
from healthcode.config.demo.stories import STORIES, Records
from healthcode.domain.cases import read_evidence
from healthcode.domain.divisions import division_history, known_division_codes
from healthcode.domain.evidence import Kind
from healthcode.domain.identity import Document, DocumentType, make_resident_number, parse_document
from healthcode.domain.orders import ListOrigin, Measure, OrderReason
from healthcode.domain.snapshots import read_snapshot
from healthcode.models import Account, Person, Source
from healthcode.services.areas import apply_snapshot
from healthcode.services.conversions import convert_due
from healthcode.services.divisions import load_divisions
from healthcode.services.evidence import NewEvidence, Recorded, record_batch
from healthcode.services.orders import OrderTerms, approve_order, carry_out_orders, request_order
from healthcode.services.persons import (
    Application,
    apply_for_code,
    enrol_people,
    number_index,
    open_account,
    verify_phone,
)
from healthcode.services.recolouring import run_recolouring
from healthcode.services.roles import install_roles
from healthcode.services.staff import StaffFields, save_staff
from venues.domain.policy import Category
from venues.models import Venue
from venues.services.places import appoint_guard, open_venue

PEOPLE = 2_000
SEED = 109
_CHUNK = 500
_STORY_SHARE = 0.35
_OFFICE = "zj-office"
_AREAS = Path(__file__).parent / "areas"


def seed_places(at: datetime) -> None:
    """Load divisions and the area lists of June and July 2020."""
    load_divisions(by=None, streets=None, at=at)
    for path in sorted(_AREAS.glob("*.json")):
        snapshot = read_snapshot(json.loads(path.read_text(encoding="utf-8")))
        apply_snapshot(by=None, snapshot=snapshot, file_name=path.name, at=at)
    while run_recolouring(at=at) is not None:
        continue


def seed_staff(at: datetime) -> None:
    """Make roles, officers, venues and their guards."""
    install_roles(by=None, at=at)
    for person in STAFF:
        if not Account.objects.filter(username=person.username).exists():
            _staff(person.username, person.display_name, person.division, person.role, at)
    for venue in VENUES:
        if not Venue.objects.filter(name=venue.name).exists():
            place = open_venue(
                by=None, name=venue.name, category=Category(venue.category), division=venue.division, at=at
            )
            guard = _staff(venue.guard, f"{venue.name}门岗", venue.division, "", at)
            appoint_guard(by=None, account=guard, venue=place, at=at)


def _staff(username: str, display_name: str, division: str, role: str, at: datetime) -> Account:
    fields = StaffFields(
        username=username,
        display_name=display_name,
        division=division,
        is_staff=bool(role),
        is_active=True,
        roles=(role,) if role else (),
        password=PASSWORD,
    )
    return save_staff(by=None, account_id=None, fields=fields, at=at)


def seed_cast(at: datetime) -> None:
    """Let the seven citizens live through their stories, each record when it was made."""
    applied_at = at - timedelta(days=40)
    for citizen in CITIZENS:
        account = open_account(phone=citizen.phone, at=applied_at)
        verify_phone(account=account, at=applied_at)
        if not citizen.number:
            continue
        person = apply_for_code(by=account, application=_application(citizen, applied_at.date()), at=applied_at)
        for record in sorted(citizen.story(at), key=_known_from):
            known = min(datetime.fromisoformat(_known_from(record)) + timedelta(minutes=10), at)
            convert_due(at=known)
            _record(person, [record], f"cast-{citizen.phone[-1]}-{record['kind']}-{record['at'][:10]}", known)
    convert_due(at=at)


def _known_from(record: dict[str, Any]) -> str:
    return str(record["detail"].get("reported_at", record["at"]))


def _application(citizen: Citizen, on: date) -> Application:
    document = parse_document(citizen.document_type, citizen.number, on=on, divisions=known_division_codes())
    return Application(document, citizen.nationality, citizen.name, citizen.phone, citizen.county, citizen.county)


def _record(person: Person, records: Records, ref: str, at: datetime) -> None:
    for number, record in enumerate(records):
        source = Source.objects.get(code=record["source"])
        # The record keeps the time it was made at; its source is what the department is, not its code.
        data = {**record, "source": source.category, "id": f"{ref}-{number}", "recorded_at": at.isoformat()}
        row = NewEvidence(person.pk, read_evidence(data, record["kind"]))
        _kept(record_batch(by=None, source=source, rows=[row], at=at))


def seed_people(at: datetime, count: int = PEOPLE) -> Iterator[int]:
    """Make the people and their stories; yield how many are done."""
    source_of = {source.code: source for source in Source.objects.all()}
    applied_at = at - timedelta(days=40)
    done = 0
    for turn, chunk in enumerate(_chunks(list(_strangers(count, at)), _CHUNK)):
        enrol_people(by=None, applications=[application for application, _records in chunk], at=applied_at)
        people = _ids([application for application, _records in chunk])
        rows: dict[str, list[NewEvidence]] = defaultdict(list)
        # Lists of the control office come a day apart: many in one day would raise an alarm.
        known_at = defaultdict(lambda: at, {_OFFICE: at - timedelta(days=turn)})
        ordered = [a for a, records in chunk if any(record["kind"] == Kind.CONTROL_ORDER for record in records)]
        for application, records in chunk:
            for number, record in enumerate(records):
                if record["kind"] == Kind.CONTROL_ORDER:
                    continue
                source = source_of[record["source"]]
                identifier = f"demo-{application.phone[-10:]}-{number}"
                known = known_at[source.code].isoformat()
                data = {**record, "source": source.category, "id": identifier, "recorded_at": known}
                row = NewEvidence(people[application.document.number], read_evidence(data, identifier))
                rows[source.code].append(row)
        for code, evidence in sorted(rows.items(), key=lambda item: item[0] != _OFFICE):
            _kept(record_batch(by=None, source=source_of[code], rows=evidence, at=known_at[code]))
        _order([people[a.document.number] for a in ordered], at, turn)
        done += len(chunk)
        yield done


def _kept(done: Recorded) -> None:
    """Fail where the look-out froze a story: the demonstration would lack it without a word."""
    if done.held is not None:
        raise ValueError(f"frozen: {[str(alarm) for alarm in done.held.alarms.order_by('pk')]}")


def _order(person_ids: Sequence[int], at: datetime, turn: int) -> None:
    """Have people ordered as in life: asked for days ago, approved by two bodies, waited out, carried out."""
    if not person_ids:
        return
    asked_at = at - timedelta(days=1 + turn)
    staff = {account.username: account for account in Account.objects.filter(is_staff=True)}
    origin = (ListOrigin.SCREENING, "重点场所排查名单")
    terms = OrderTerms(
        f"浙防办〔2020〕{31 + turn}号", OrderReason.CLUSTER, Measure.YELLOW, at + timedelta(days=2), *origin
    )
    people = list(Person.objects.filter(pk__in=person_ids).order_by("pk"))
    order = request_order(by=staff["province"], terms=terms, people=people, at=asked_at)
    for name in ("province-2", "commission"):
        approve_order(by=staff[name], order=order, at=asked_at + timedelta(minutes=30))
    carry_out_orders(at=asked_at + timedelta(hours=3))


def _ids(applications: Sequence[Application]) -> dict[str, int]:
    by_index = {number_index(a.document, a.nationality): a.document.number for a in applications}
    people = Person.objects.filter(number_index__in=list(by_index)).only("pk", "number_index")
    return {by_index[bytes(person.number_index)]: person.pk for person in people}


def _strangers(count: int, at: datetime) -> Iterator[tuple[Application, Records]]:
    chance = random.Random(SEED)  # noqa: S311  # a stable demonstration, not a secret
    fake = Faker("zh_CN")
    fake.seed_instance(SEED)
    counties = [s.code for s in division_history() if s.code[:2] == "33" and s.last_seen is None and s.code[4:] != "00"]
    for number in range(count):
        home, stay = chance.choice(counties), chance.choice(counties)
        born = date(1935, 1, 1) + timedelta(days=chance.randrange(30_000))
        resident = make_resident_number(home, born, chance.randrange(1, 995))
        document = Document(DocumentType.RESIDENT_ID, resident, born, None, home)
        story = chance.choice(STORIES) if chance.random() < _STORY_SHARE else None
        application = Application(document, "", fake.name(), f"+86139{number:08d}", home, stay)
        yield application, story(at) if story else []


def _chunks(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
