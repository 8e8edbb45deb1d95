"""Evidence pushed by departments' systems: per-row answers, idempotency, what a source may not assert (N3.2)."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from healthcode.models import (
    Account,
    AreaDesignation,
    AuditEntry,
    DecisionRecord,
    Delivery,
    EvidenceBatch,
    EvidenceRecord,
    Person,
    Source,
)
from tests.healthcode.feed_kit import LI, URL, WANG, System, connect, row
from tests.healthcode.row_kit import make
from tests.people import current, person_of, stranger

TEST = ("nat_result", "2020-07-08T09:00+08:00")


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def health(sources: dict[str, Source], reviewer: Account, at: datetime) -> System:
    """The health commission's system."""
    return connect(sources["zj-health"], reviewer, at)


@pytest.fixture
def customs(sources: dict[str, Source], reviewer: Account, at: datetime) -> System:
    """The customs' system."""
    return connect(sources["hz-customs"], reviewer, at)


def statuses(results: list[dict[str, str]]) -> list[str]:
    return [result["status"] for result in results]


def test_a_row_is_recorded_and_colours(health: System) -> None:
    assert health.push(row("A1", *TEST, result="positive")) == [{"id": "A1", "status": "recorded"}]
    record = EvidenceRecord.objects.select_related("source", "person", "batch").get()
    assert (record.source.code, record.source_ref, record.person.name) == ("zj-health", "A1", "王小明")
    assert record.batch == EvidenceBatch.objects.get()
    assert current(record.person).colour == "red"


def test_the_same_rows_again_change_nothing(health: System) -> None:
    rows = [row("A1", *TEST, result="negative"), row("A2", *TEST, result="negative", who=LI, name="李芳")]
    health.push(*rows)
    before = [model.objects.count() for model in (EvidenceRecord, DecisionRecord, Person, EvidenceBatch)]
    assert statuses(health.push(*rows)) == ["duplicate", "duplicate"]
    assert [model.objects.count() for model in (EvidenceRecord, DecisionRecord, Person, EvidenceBatch)] == before


def test_a_number_is_one_within_its_source_only(health: System, sources: dict[str, Source], reviewer: Account) -> None:
    national = connect(sources["national"], reviewer, datetime.fromisoformat("2020-07-08T12:00+08:00"))
    same = row("A1", *TEST, result="negative")
    assert statuses(health.push(same) + national.push(same)) == ["recorded", "recorded"]


def test_a_number_used_for_something_else_is_refused(health: System) -> None:
    health.push(row("A1", *TEST, result="negative"))
    (answer,) = health.push(row("A1", *TEST, result="positive"))
    assert (answer["status"], answer["code"], answer["field"]) == ("refused", "number_taken", "id")
    assert EvidenceRecord.objects.get().detail["result"] == "negative"


def test_a_row_said_twice_in_one_request_is_recorded_once(health: System) -> None:
    same = row("A1", *TEST, result="negative")
    assert statuses(health.push(same, same)) == ["recorded", "duplicate"]


def test_a_refused_row_said_twice_is_refused_twice(health: System) -> None:
    same = row("R1", "retraction", "2020-07-08T10:00+08:00", retracts="X9", reason="错")
    assert [answer["code"] for answer in health.push(same, same)] == ["unknown_retracted", "unknown_retracted"]


BAD: list[tuple[Any, str, str]] = [
    (7, "malformed", "row"),
    (None, "malformed", "row"),
    ([], "malformed", "row"),
    ({}, "malformed", "person"),
    ({"id": "B", "person": 3}, "malformed", "person"),
    ({**row("B", *TEST, result="negative"), "utnil": "2020-07-09"}, "unknown_field", "utnil"),
    ({**row("B", *TEST, result="negative"), "person": {"number": WANG, "sex": "f"}}, "unknown_field", "sex"),
    (row("", *TEST, result="negative"), "malformed", "id"),
    (row("two words", *TEST, result="negative"), "malformed", "id"),
    (row("b\u200b", *TEST, result="negative"), "malformed", "id"),
    (row("x" * 65, *TEST, result="negative"), "malformed", "id"),
    ({**row("B", *TEST, result="negative"), "id": True}, "malformed", "id"),
    (row("B", "核酸", TEST[1], result="negative"), "malformed", "kind"),
    (row("B", "", TEST[1]), "malformed", "kind"),
    (row("B", "nat_result", "2020-02-30", result="negative"), "malformed", "at"),
    (row("B", "nat_result", "2020-07-09T00:00+08:00", result="negative"), "malformed", "at"),
    ({**row("B", "nat_result", "x", result="negative"), "at": 20200708}, "malformed", "at"),
    (row("B", *TEST, result="maybe"), "malformed", "result"),
    (row("B", *TEST, result="negative", who=WANG[:-1] + "Y"), "bad_characters", "number"),
    (row("B", *TEST, result="negative", who=LI, name=""), "malformed", "name"),
    (row("B", "retraction", TEST[1], who=LI, name=" ", retracts="X", reason="错"), "malformed", "name"),
    (row("\ud800", *TEST, result="negative"), "malformed", "id"),
    (row("b\0", *TEST, result="negative"), "malformed", "id"),
    ({**row("B", *TEST, result="negative"), "\udfff": "x"}, "unknown_field", "row"),
    (row("B", "retraction", TEST[1], retracts="\ud800", reason="错"), "malformed", "retracts"),
    (row("B", "retraction", TEST[1], retracts="A1", reason="\ud800"), "malformed", "reason"),
    (row("B", "retraction", TEST[1], retracts="A1", reason="\0"), "malformed", "reason"),
    (
        row("B", "control_order", TEST[1], until="2020-08-01", colour="red", document="文"),
        "source_may_not_assert",
        "kind",
    ),
    (row("B", *TEST, result="negative", who=LI, name="李1"), "digits", "name"),
    (row("B", "release", "2020-07-08T10:00+08:00", stage="all", of=[1]), "malformed", "of"),
    (row("B", "release", "2020-07-08T10:00+08:00", stage="all", of=["X9"]), "unknown_released", "of"),
    (row("B", "overseas_entry", "2020-07-08T10:00+08:00"), "source_may_not_assert", "kind"),
]


@pytest.mark.parametrize(("bad", "code", "field"), BAD)
def test_a_bad_row_does_its_neighbours_no_harm(health: System, bad: Any, code: str, field: str) -> None:
    good = [row("A1", *TEST, result="negative"), row("A2", "symptom", "2020-07-08T08:00+08:00", symptom="fever")]
    first, refused, last = health.push(good[0], bad, good[1])
    assert statuses([first, last]) == ["recorded", "recorded"]
    assert (refused["status"], refused["code"], refused["field"]) == ("refused", code, field)
    assert refused["message"]
    assert EvidenceRecord.objects.count() == 2


def test_customs_may_not_diagnose(customs: System) -> None:
    (answer,) = customs.push(row("C1", "diagnosis", "2020-07-08", status="confirmed"))
    assert (answer["code"], answer["field"]) == ("source_may_not_assert", "kind")
    assert not Person.objects.exists()


def test_a_source_out_of_use_is_let_in_no_more(health: System) -> None:
    Source.objects.filter(code="zj-health").update(is_active=False)
    assert health.post(b'{"rows": []}').status_code == 401


def test_a_phones_position_raises_a_question_and_no_ground(
    sources: dict[str, Source], reviewer: Account, at: datetime
) -> None:
    make(AreaDesignation, code="110106", county="110106", valid_from=at - timedelta(days=20))
    telecom = connect(sources["zj-telecom"], reviewer, at)
    police = connect(sources["zj-police"], reviewer, at)
    stay = {"place": "110106", "until": "2020-07-05T10:00+08:00"}
    telecom.push(row("T1", "area_stay", "2020-07-03T10:00+08:00", **stay))
    police.push(row("P1", "area_stay", "2020-07-03T10:00+08:00", who=LI, name="李芳", **stay))
    found = {d.person.name: d for d in DecisionRecord.objects.current().select_related("person").order_by("pk")}
    assert (found["王小明"].colour, found["李芳"].colour) == ("green", "yellow")
    assert found["王小明"].segments()[0].needs_detail


def test_a_retraction_and_a_release_find_their_records(health: System) -> None:
    contact = "2020-07-05T10:00+08:00"
    answers = health.push(
        row("R1", "retraction", "2020-07-08T11:00+08:00", retracts="C1", reason="录错人"),
        row("S1", "release", "2020-07-08T11:00+08:00", who=LI, name="李芳", stage="all", of=["C2"]),
        row("C1", "close_contact", contact),
        row("C2", "close_contact", contact, who=LI, name="李芳"),
    )
    assert statuses(answers) == ["recorded"] * 4
    assert set(DecisionRecord.objects.current().values_list("colour", flat=True)) == {"green"}


def test_a_person_known_by_their_code_is_found(health: System, citizen: Account) -> None:
    person = person_of(citizen)
    health.push(row("A1", *TEST, result="positive", who=person.number))
    assert current(person).colour == "red"


def test_a_passport_is_one_within_its_country(customs: System) -> None:
    passport = {"document_type": "passport", "number": "L8988901C", "name": "JOHN SMITH"}
    at = {"kind": "overseas_entry", "at": "2020-07-08T09:30+08:00", "country": "ITA"}
    answers = customs.push(
        *({"id": country, "person": {**passport, "nationality": country}, **at} for country in ("USA", "GBR")),
        {"id": "none", "person": passport, **at},
    )
    assert statuses(answers) == ["recorded", "recorded", "refused"]
    assert answers[2]["field"] == "nationality"


def test_a_thousand_rows_take_a_fixed_number_of_queries(health: System) -> None:
    counts = []
    for size in (10, 1_000):
        times = [f"2020-07-07T09:{n % 60:02}+08:00" for n in range(size)]
        rows = [row(f"{size}-{n}", "nat_result", time, result="negative") for n, time in enumerate(times)]
        with CaptureQueriesContext(connection) as queries:
            assert set(statuses(health.push(*rows))) == {"recorded"}
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 2
    assert EvidenceRecord.objects.count() == 1_010


def test_the_answer_says_how_many_and_the_delivery_is_noted(health: System) -> None:
    body = json.dumps({"rows": [row("A1", *TEST, result="negative"), 7]}).encode()
    answer = health.post(body).json()
    assert (answer["recorded"], answer["duplicates"], answer["refused"]) == (1, 0, 1)
    delivery = Delivery.objects.select_related("batch").get()
    assert str(delivery.public_id) == answer["delivery"]
    assert (delivery.recorded, delivery.duplicates, delivery.refused) == (1, 0, 1)
    assert delivery.batch == EvidenceBatch.objects.get()
    told = AuditEntry.objects.get(action="receive_evidence")
    assert (told.actor_label, told.detail["key"]) == ("zj-health", health.key.key_id)


def test_the_reason_is_said_in_the_language_asked_for(health: System) -> None:
    headers = health.headers(b'{"rows": [{"id": "x", "persn": 1}]}')
    english = health.post(b'{"rows": [{"id": "x", "persn": 1}]}', {**headers, "Accept-Language": "en"})
    assert english.json()["results"][0]["message"] == "There is no such field."
    assert health.push({"id": "x", "persn": 1})[0]["message"] == "没有这个字段。"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed"),
        (b"{", 400, "malformed"),
        (b"[]", 400, "malformed"),
        (b'{"rows": 7}', 400, "malformed"),
        (b'{"rows": [], "more": 1}', 400, "malformed"),
        (b'{"rows": [NaN]}', 400, "malformed"),
        (b"[" * 100_000, 400, "malformed"),
        (b"\xff", 400, "malformed"),
        ('{"rows": []}'.encode("utf-16"), 400, "malformed"),
        (json.dumps({"rows": [{}] * 1_001}).encode(), 413, "too_many_rows"),
        (b" " * (8 * 1024 * 1024 + 1), 413, "too_large"),
    ],
)
def test_what_is_no_list_of_rows_is_refused_whole(health: System, body: bytes, status: int, code: str) -> None:
    response = health.post(body)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_no_rows_say_that_the_system_is_there(health: System) -> None:
    assert health.push() == []
    assert Delivery.objects.get().finished_at is not None
    assert not EvidenceBatch.objects.exists()


def test_frozen_rows_are_told_as_held_each_time_they_come(health: System) -> None:
    who = [stranger(n) for n in range(1, 31)]
    said = {"until": "2020-07-20", "mode": "central", "document": "文"}
    at = "2020-07-08T08:00+08:00"
    rows = [
        row(f"H{n}", "isolation_order", at, who=one.document.number, name=one.name, **said) for n, one in enumerate(who)
    ]
    for _time in range(2):
        answer = health.post(json.dumps({"rows": [*rows, 7]}).encode()).json()
        assert (answer["recorded"], answer["duplicates"], answer["refused"], answer["held"]) == (0, 0, 1, 30)
        assert statuses(answer["results"]) == ["held"] * 30 + ["refused"]
    assert not EvidenceRecord.objects.exists()


@pytest.mark.parametrize("name", ["", "王晓明"])
def test_no_answer_tells_who_is_known(name: str, health: System, citizen: Account) -> None:
    wrong = {"kind": "retraction", "at": "2020-07-08T10:00+08:00", "retracts": "X9", "reason": "错"}
    numbers = [person_of(citizen).number, LI]
    known, unknown = health.push(
        *({"id": f"R{n}", "person": {"number": number, "name": name}, **wrong} for n, number in enumerate(numbers))
    )
    assert {**known, "id": ""} == {**unknown, "id": ""}
    assert known["status"] == "refused"


def test_what_is_too_long_is_told_of_its_own_field(health: System) -> None:
    (answer,) = health.push(row("A1", "retraction", TEST[1], retracts="A0", reason="错" * 257))
    assert (answer["code"], answer["field"]) == ("too_long", "reason")
    assert "256" in answer["message"]
    assert "姓名" not in answer["message"]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [({"Accept": "text/html"}, 406, "not_acceptable"), ({"Content-Type": "text/csv"}, 415, "unsupported_media_type")],
)
def test_json_is_spoken_and_nothing_else(health: System, headers: dict[str, str], status: int, code: str) -> None:
    body = b'{"rows": [{}]}'
    kind = headers.get("Content-Type", "application/json")
    sent = {name: value for name, value in {**health.headers(body), **headers}.items() if name != "Content-Type"}
    response = Client().post(URL, body, content_type=kind, headers=sent)
    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize("charset", ["zlib", "hex", "utf-16", "latin-1", "nonsense"])
def test_the_body_is_read_as_it_was_signed(health: System, charset: str) -> None:
    body = json.dumps({"rows": [row("A1", *TEST, result="negative")]}, ensure_ascii=False).encode()
    sent = {name: value for name, value in health.headers(body).items() if name != "Content-Type"}
    kind = f"application/json; charset={charset}"
    response = Client().generic("POST", URL, body, content_type=kind, headers=sent)
    assert statuses(response.json()["results"]) == ["recorded"]
    assert Person.objects.get().name == "王小明"
