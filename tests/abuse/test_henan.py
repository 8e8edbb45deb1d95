"""The pattern of Henan, 2022, through every door there is: no colour changes, and an alarm is raised.

There, 1,317 depositors of village banks were made red by hand: 446 who scanned a venue code in the province, and 871
who scanned a forwarded picture of it from far away. Nobody was infected; their travel and their tests were clean.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from healthcode.access import NotPermitted
from healthcode.domain.anomalies import VenueUse
from healthcode.domain.orders import ListOrigin, Measure, OrderReason
from healthcode.models import (
    Account,
    Alarm,
    ControlOrderRequest,
    DecisionRecord,
    EvidenceRecord,
    HeldBatch,
    HeldRecord,
    Person,
    Source,
)
from healthcode.services.anomalies import check_venue_uses
from healthcode.services.errors import Refused
from healthcode.services.evidence import NewEvidence, record_batch, record_evidence
from healthcode.services.orders import OrderTerms, carry_out_orders, request_order
from healthcode.services.persons import enrol_people
from tests.healthcode.admin_kit import SignIn
from tests.healthcode.feed_kit import connect, row
from tests.people import JOINED, fact, stranger
from venues.models import Guard, Scan
from venues.services.scans import record_scan

DEPOSITORS, SCANNED_THERE, SCANNED_FAR = 1_317, 446, 871
BANK = {"place": "330106", "community": "村镇银行"}
ORDER = {"until": "07-20", "mode": "central", "document": "文"}
SIGNED_ORDER = {"until": "2020-07-20", "mode": "central", "document": "文"}
SIGNED_MEASURE = {"until": "2020-07-20", "colour": "red", "document": "文"}
STAYED = ("area_stay", {**BANK, "until": "2020-07-08T09:00+08:00"}, "recorded")
MONTH = timedelta(days=30)


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    """Stop the clock of pages and commands at noon."""
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def depositors(sources: dict[str, Source], at: datetime) -> list[Person]:
    """They stayed at home, went to the bank, and were tested negative."""
    people = enrol_people(by=None, applications=[stranger(n).application for n in range(1, DEPOSITORS + 1)], at=JOINED)
    rows = [NewEvidence(p.pk, fact("nat_result", "07-07T09:00", result="negative")) for p in people]
    record_batch(by=None, source=sources["zj-health"], rows=rows, at=at)
    stays = [NewEvidence(p.pk, fact("area_stay", "07-07T10:00", until="07-07T11:00", **BANK)) for p in people]
    record_batch(by=None, source=sources["zj-police"], rows=stays, at=at)
    return people


def nobody_is_coloured(at: datetime) -> bool:
    """Tell whether every code is green, now and for a month."""
    carry_out_orders(at=at + timedelta(hours=6))
    decisions = list(DecisionRecord.objects.current())
    return {decision.segment_at(at + MONTH).colour for decision in decisions} | {d.colour for d in decisions} == {
        "green"
    }


def kinds_of_alarm() -> set[str]:
    return set(Alarm.objects.values_list("anomaly", flat=True))


# --- lists ------------------------------------------------------------------------------------------------

DOORS = [
    ("zj-office", "isolation_order", "07-08T08:00", ORDER),
    ("zj-office", "close_contact", "07-07T10:00", {}),
    ("zj-health", "close_contact", "07-07T10:00", {}),
    ("zj-health", "close_contact", "07-07T10:00", {"case": "ZJ-0001"}),
    ("zj-health", "isolation_order", "07-08T08:00", ORDER),
]


@pytest.mark.parametrize(("code", "kind", "when", "said"), DOORS)
def test_a_list_of_depositors_from_a_department_is_frozen(
    code: str,
    kind: str,
    when: str,
    said: dict[str, str],
    depositors: list[Person],
    sources: dict[str, Source],
    at: datetime,
) -> None:
    # The whole list, then those who scanned there, then those who scanned from far away: each anew.
    for people in (depositors, depositors[:SCANNED_THERE], depositors[SCANNED_THERE:]):
        rows = [NewEvidence(person.pk, fact(kind, when, **said)) for person in people]
        done = record_batch(by=None, source=sources[code], rows=rows, at=at)
        assert done.held is not None
        assert done.held.records.count() == len(people)
    assert "venue_without_positive" in kinds_of_alarm()
    assert nobody_is_coloured(at)


FOUND = [
    ("zj-health", "diagnosis", {"status": "confirmed"}),
    ("zj-health", "nat_result", {"result": "positive"}),
    ("hz-customs", "overseas_entry", {"country": "ITA"}),
]


@pytest.mark.parametrize(("code", "kind", "said"), FOUND)
def test_a_list_of_invented_findings_is_frozen_by_its_length(
    code: str, kind: str, said: dict[str, str], depositors: list[Person], sources: dict[str, Source], at: datetime
) -> None:
    for people in (depositors[:1_000], depositors[1_000:], depositors[:SCANNED_THERE]):
        rows = [NewEvidence(person.pk, fact(kind, "07-08T08:00", **said)) for person in people]
        assert record_batch(by=None, source=sources[code], rows=rows, at=at).held is not None
    assert kinds_of_alarm() >= {"unusual_size"}
    assert nobody_is_coloured(at)


def test_a_list_of_those_who_scanned_is_frozen_without_the_others(
    depositors: list[Person], sources: dict[str, Source], at: datetime
) -> None:
    rows = [NewEvidence(p.pk, fact("diagnosis", "07-08", status="suspected")) for p in depositors[:SCANNED_THERE]]
    assert record_batch(by=None, source=sources["zj-health"], rows=rows, at=at).held is not None
    assert nobody_is_coloured(at)


def signed_rows(kind: str, **said: str) -> list[dict[str, Any]]:
    who = [stranger(n) for n in range(1, DEPOSITORS + 1)]
    at = "2020-07-08T08:00+08:00"
    return [row(f"D{n}", kind, at, who=one.document.number, name=one.name, **said) for n, one in enumerate(who)]


def test_the_same_list_signed_by_a_department_is_frozen(
    depositors: list[Person], sources: dict[str, Source], reviewer: Account, at: datetime
) -> None:
    system, rows = connect(sources["zj-health"], reviewer, at), signed_rows("isolation_order", **SIGNED_ORDER)
    for _time in range(2):
        answers = [answer for start in (0, 1_000) for answer in system.push(*rows[start : start + 1_000])]
        assert {answer["status"] for answer in answers} == {"held"}, "asked again, the answer is the same"
    assert HeldRecord.objects.count() == DEPOSITORS
    assert nobody_is_coloured(at)


@pytest.mark.parametrize(
    ("kind", "said", "status"),
    [("isolation_order", SIGNED_ORDER, "refused"), ("control_order", SIGNED_MEASURE, "refused"), STAYED],
)
def test_the_police_colour_nobody(
    kind: str,
    said: dict[str, str],
    status: str,
    depositors: list[Person],
    sources: dict[str, Source],
    reviewer: Account,
    at: datetime,
) -> None:
    answers = connect(sources["zj-police"], reviewer, at).push(*signed_rows(kind, **said)[:1_000])
    assert {answer["status"] for answer in answers} == {status}
    assert nobody_is_coloured(at)


def test_a_list_sent_in_small_parts_reddens_fewer_than_the_limit(
    depositors: list[Person], sources: dict[str, Source], reviewer: Account, at: datetime
) -> None:
    reds = 0
    for person in depositors[:60]:
        said = fact("isolation_order", "07-08T08:00", **ORDER)
        reds += len(
            record_evidence(by=reviewer, source=sources["zj-office"], person=person, evidence=said, at=at).records
        )
    assert reds < 10
    assert kinds_of_alarm() >= {"contradicted"}


FILES = [
    ("zj-office", "集中隔离,2020-07-08,2020-07-20,文,"),
    ("zj-health", "核酸检测,2020-07-08 08:00,,,阳性"),
    ("zj-health", "确诊,2020-07-08,,,"),
]


@pytest.mark.parametrize(("code", "said"), FILES)
def test_the_same_list_as_a_file_is_frozen(
    code: str, said: str, depositors: list[Person], tmp_path: Path, at: datetime
) -> None:
    lines = [f"{stranger(n).document.number},{stranger(n).name},{said}" for n in range(1, DEPOSITORS + 1)]
    path = tmp_path / "list.csv"
    path.write_text("\n".join(["证件号码,姓名,类型,时间,结束时间,文号,结果", *lines]), encoding="utf-8")
    before = EvidenceRecord.objects.count()
    with pytest.raises(SystemExit, match="1"):
        call_command("load_evidence", str(path), source=code)
    assert EvidenceRecord.objects.count() == before
    assert HeldRecord.objects.count() == DEPOSITORS
    assert nobody_is_coloured(at)


# --- control orders ---------------------------------------------------------------------------------------


def terms(at: datetime) -> OrderTerms:
    return OrderTerms("文", OrderReason.CLUSTER, Measure.RED, at + MONTH * 2, ListOrigin.SCREENING, "储户名单")


def test_a_control_order_about_the_depositors_is_refused(
    depositors: list[Person], reviewer: Account, at: datetime
) -> None:
    for number in (SCANNED_THERE, SCANNED_FAR, DEPOSITORS):
        with pytest.raises(Refused) as refusal:
            request_order(by=reviewer, terms=terms(at), people=depositors[:number], at=at)
        assert refusal.value.code == "list_too_long"
    assert kinds_of_alarm() == {"list_over_cap"}
    assert nobody_is_coloured(at)


def test_a_control_order_about_fifty_of_them_is_frozen(
    depositors: list[Person], reviewer: Account, at: datetime
) -> None:
    order = request_order(by=reviewer, terms=terms(at), people=depositors[:50], at=at)
    assert HeldBatch.objects.get().order == order
    assert kinds_of_alarm() == {"venue_without_positive", "no_epidemiology", "contradicted"}
    assert nobody_is_coloured(at)


def test_a_file_of_control_orders_is_refused_line_by_line(
    depositors: list[Person], tmp_path: Path, at: datetime
) -> None:
    path = tmp_path / "list.csv"
    line = f"{stranger(1).document.number},{stranger(1).name},其他管控,2020-07-08,2020-07-20,文,红码"
    path.write_text(f"证件号码,姓名,类型,时间,结束时间,文号,颜色\n{line}\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        call_command("load_evidence", str(path), source="zj-office")
    assert nobody_is_coloured(at)


@pytest.mark.parametrize("field", ["people", "file"])
def test_the_page_takes_no_list_of_them(
    field: str, depositors: list[Person], reviewer: Account, sign_in: SignIn, at: datetime
) -> None:
    numbers = "\n".join(stranger(n).document.number for n in range(1, DEPOSITORS + 1))
    people: Any = SimpleUploadedFile("名单.csv", numbers.encode()) if field == "file" else numbers
    sent = {"document": "文", "reason": "cluster", "measure": "red", "until": "2020-07-20", field: people}
    page = reverse("admin:healthcode_controlorderrequest_add")
    response = sign_in(reviewer).post(page, {**sent, "origin": "screening", "list_name": "储户名单"})
    assert response.status_code == 200
    assert not ControlOrderRequest.objects.exists()
    assert kinds_of_alarm() == {"list_over_cap"}


def test_the_page_of_evidence_offers_no_control_order(
    depositors: list[Person], reviewer: Account, sign_in: SignIn, sources: dict[str, Source], at: datetime
) -> None:
    url = reverse("admin:healthcode_evidencerecord_add")
    sent = {"form_id": "x", "source": sources["zj-office"].pk, "at": "2020-07-08", "until": "2020-07-20"}
    forged = {**sent, "measure": "red", "colour": "red", "document": "文"}
    sign_in(reviewer).post(f"{url}?person={depositors[0].public_id}&kind=control_order", forged)
    assert nobody_is_coloured(at)


# --- scans ------------------------------------------------------------------------------------------------


def test_scans_of_the_venue_colour_nobody(gate_guard: Guard, depositors: list[Person], at: datetime) -> None:
    before = EvidenceRecord.objects.count()
    for _n in range(SCANNED_THERE):
        record_scan(by=gate_guard.account, guard=gate_guard, text="x", nonce=uuid4(), scanned_at=at, at=at)
    assert Scan.objects.count() == SCANNED_THERE
    assert EvidenceRecord.objects.count() == before
    assert nobody_is_coloured(at)


def test_scans_of_a_forwarded_code_colour_nobody_and_raise_an_alarm(depositors: list[Person], at: datetime) -> None:
    far = [VenueUse("330106", "440305")] * SCANNED_FAR
    check_venue_uses(by=None, venue="村镇银行", uses=[*far, *[VenueUse("330106", "330105")] * SCANNED_THERE], at=at)
    alarm = Alarm.objects.get()
    assert (alarm.anomaly, alarm.number, alarm.of) == ("remote_scans", SCANNED_FAR, DEPOSITORS)
    assert nobody_is_coloured(at)


# --- one act ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["administrator", "operator", "auditor", "supervisor", "commission", "leader"])
@pytest.mark.parametrize("kind", ["close_contact", "isolation_order", "diagnosis"])
def test_who_does_no_case_work_records_nothing(
    who: str, kind: str, citizen: Account, sources: dict[str, Source], at: datetime, request: Any
) -> None:
    said = {"close_contact": {}, "isolation_order": ORDER, "diagnosis": {"status": "confirmed"}}[kind]
    person = Person.objects.get(account=citizen)
    with pytest.raises(NotPermitted):
        record_evidence(
            by=request.getfixturevalue(who),
            source=sources["zj-health"],
            person=person,
            evidence=fact(kind, "07-07", **said),
            at=at,
        )
    assert nobody_is_coloured(at)


# An operator keeps the machines running: these pages are about machines and hold nobody's data.
MACHINES = {"codekey", "feed", "outbox", "periodictask", "recolouring", "rulesetversion"}


def test_a_vendor_reads_no_page_with_people_in_it(operator: Account, sign_in: SignIn, citizen: Account) -> None:
    browser = sign_in(operator)
    names = {model._meta.model_name: model for model in admin.site._registry}
    lists = {name: reverse(f"admin:{m._meta.app_label}_{name}_changelist") for name, m in names.items()}
    assert len(lists) > 15
    assert {name for name, url in lists.items() if browser.get(url).status_code == 200} <= MACHINES


def test_a_vendor_adds_nothing_on_any_page(operator: Account, sign_in: SignIn, citizen: Account, at: datetime) -> None:
    browser = sign_in(operator)
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_add"
        assert browser.post(reverse(name), {"colour": "red"}).status_code == 403, name
    assert nobody_is_coloured(at)
