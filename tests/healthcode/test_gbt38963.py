"""Interfaces shaped after GB/T 38963: each call granted by itself, nothing without the person."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from healthcode.access import NotPermitted
from healthcode.models import Account, AuditEntry, EvidenceRecord, Person, Source, SystemScope
from healthcode.services.errors import Refused
from healthcode.services.interfaces import grant_scope, revoke_scope
from tests.client import StrictClient
from tests.healthcode.feed_kit import System, connect
from tests.healthcode.portal_kit import digits_sent_to, know_places
from tests.people import CITIZEN, code_of, person_of, stranger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def system(sources: dict[str, Source], reviewer: Account, at: datetime) -> System:
    """The transport department's system, with every call granted."""
    for scope in SystemScope:
        grant_scope(by=reviewer, source=sources["zj-transport"], scope=scope, document="浙防办〔2020〕41号", at=at)
    return connect(sources["zj-transport"], reviewer, at)


def call(system: System, path: str, **said: Any) -> tuple[int, dict[str, Any]]:
    """Make a call and return status and answer."""
    url, body = f"/api/gbt38963/{path}/", json.dumps(said).encode()
    headers = system.headers(body, f"http://testserver{url}")
    response = Client(enforce_csrf_checks=True).post(url, body, content_type="application/json", headers=headers)
    return response.status_code, response.json()


def by_document(**more: str) -> dict[str, Any]:
    """Return the holder by document."""
    return {"document": {"document_type": "10", "number": CITIZEN.document.number}, **more}


def told_code(system: System, scope: str) -> str:
    """Have the holder asked and return what was sent to the phone."""
    status, answer = call(system, "holder", scope=scope, holder=by_document())
    assert (status, answer["code"], answer["data"]) == (200, "0", {})
    return digits_sent_to(CITIZEN.phone)


def test_a_shown_code_is_queried(citizen: Account, system: System, at: datetime) -> None:
    status, answer = call(system, "query", holder={"shown_code": code_of(citizen, at)})
    assert (status, answer["code"]) == (200, "0")
    assert answer["data"] == {"colour": "green", "clauses": [], "changes_at": None}


def test_without_a_grant_nothing_is_answered(
    citizen: Account, sources: dict[str, Source], reviewer: Account, at: datetime
) -> None:
    system = connect(sources["zj-police"], reviewer, at)
    grant_scope(by=reviewer, source=sources["zj-police"], scope=SystemScope.QUERY, document="甲", at=at)
    code = code_of(citizen, at)
    assert call(system, "query", holder={"shown_code": code})[0] == 200
    status, answer = call(system, "verify-code", token=code)
    assert (status, answer["code"], answer["data"]) == (403, "1002", {"reason": "scope_not_granted"})


def test_a_grant_taken_back_is_over_at_once(
    citizen: Account, system: System, reviewer: Account, officer: Account, at: datetime
) -> None:
    grant = system.key.source.grants.get(scope="query")
    with pytest.raises(NotPermitted):
        revoke_scope(by=officer, grant=grant, at=at)
    revoke_scope(by=reviewer, grant=grant, at=at)
    assert call(system, "query", holder={"shown_code": code_of(citizen, at)})[1]["code"] == "1002"
    with pytest.raises(Refused, match="grant_ended"):
        revoke_scope(by=reviewer, grant=grant, at=at)


@pytest.mark.parametrize("later", [95, 600])
def test_an_old_code_shows_nobody(
    citizen: Account, system: System, at: datetime, clock: time_machine.Traveller, later: int
) -> None:
    code = code_of(citizen, at)
    clock.move_to(at + timedelta(seconds=later))
    assert call(system, "query", holder={"shown_code": code})[1]["code"] == "1003"


def test_a_one_time_code_is_for_one_call_and_once(citizen: Account, system: System) -> None:
    digits = told_code(system, "make_code")
    assert call(system, "query", holder=by_document(one_time_code=digits))[1]["code"] == "1003"
    status, answer = call(system, "make-code", holder=by_document(one_time_code=digits))
    assert (status, answer["data"]["token"][:4]) == (200, "JK1:")
    assert call(system, "make-code", holder=by_document(one_time_code=digits))[1]["code"] == "1003"


def test_three_guesses_end_a_one_time_code(citizen: Account, system: System) -> None:
    digits = told_code(system, "query")
    wrong = f"{(int(digits) + 1) % 10**6:06d}"
    for _guess in range(3):
        assert call(system, "query", holder=by_document(one_time_code=wrong))[1]["code"] == "1003"
    assert call(system, "query", holder=by_document(one_time_code=digits))[1]["code"] == "1003"


def test_a_code_makes_no_other(citizen: Account, system: System, at: datetime) -> None:
    assert call(system, "make-code", holder={"shown_code": code_of(citizen, at)})[1]["code"] == "1003"


def test_asking_tells_nobody_who_is_known(citizen: Account, system: System) -> None:
    unknown = {"document_type": "10", "number": stranger(5).document.number}
    answer = call(system, "holder", scope="query", holder={"document": unknown})
    assert answer == call(system, "holder", scope="query", holder=by_document())


def test_a_declared_fever_is_recorded_once(citizen: Account, system: System, at: datetime) -> None:
    said = {"holder": {"shown_code": code_of(citizen, at)}, "id": "A1", "fever_since": "2020-07-07"}
    assert call(system, "health-declaration", **said)[1]["data"] == {"recorded": 1}
    assert call(system, "health-declaration", **said)[1]["data"] == {"recorded": 0}
    assert EvidenceRecord.objects.get().source.category == "self"
    assert AuditEntry.objects.filter(action="declare_for", person=person_of(citizen)).count() == 2


def test_a_trip_is_declared(citizen: Account, system: System, at: datetime) -> None:
    trip = {"place": "110106", "since": "2020-07-01", "until": "2020-07-03", "arrived_at": "2020-07-03"}
    said = {"holder": {"shown_code": code_of(citizen, at)}, "id": "T1", **trip}
    assert call(system, "trip-declaration", **said)[1]["data"] == {"recorded": 2}
    assert set(EvidenceRecord.objects.values_list("kind", flat=True)) == {"area_stay", "arrival"}


def test_an_application_and_its_repetition_are_answered_alike(system: System) -> None:
    know_places()
    said = {"document_type": "10", "number": stranger(5).document.number, "name": "陈一"}
    said |= {"residence_code": "330106", "stay_code": "330106"}
    first, second = call(system, "application", **said), call(system, "application", **said)
    assert first == second
    assert (first[0], first[1]["code"], first[1]["data"]) == (200, "0", {})
    assert Person.objects.filter(applied_at__isnull=False).count() == 1


def test_a_code_is_verified_without_a_name(citizen: Account, system: System, at: datetime) -> None:
    token = code_of(citizen, at)
    assert call(system, "verify-code", token=token)[1]["data"] == {"result": "ok", "colour": "green"}
    assert call(system, "verify-code", token=token[:-1])[1]["data"] == {"result": "unreadable"}


def test_where_the_holder_stays_is_put_right(citizen: Account, system: System, at: datetime) -> None:
    know_places()
    said = {"holder": {"shown_code": code_of(citizen, at)}, "stay_code": "330105"}
    assert call(system, "correction", **said)[0] == 200
    assert (person_of(citizen).residence_code, person_of(citizen).stay_code) == ("330106", "330105")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("query", {}),
        ("query", {"holder": {}}),
        ("query", {"holder": {"document": {"document_type": "10", "number": "1"}}}),
        ("query", {"holder": {"document": {"document_type": "20", "number": "AA1234567"}}}),
        ("health-declaration", {"holder": {"shown_code": "JK1:"}, "id": "1"}),
        ("trip-declaration", {"holder": {"shown_code": "JK1:"}, "id": "1", "place": "11"}),
        ("trip-declaration", {"holder": {"shown_code": "JK1:"}, "id": "1", "place": "110106"}),
        ("application", {"document_type": "10"}),
        ("correction", {"holder": {"shown_code": "JK1:"}}),
    ],
)
def test_what_is_not_of_the_form_is_said_so(system: System, path: str, said: dict[str, Any]) -> None:
    status, answer = call(system, path, **said)
    assert (status, answer["code"]) == (400, "1001")
    assert answer["data"]["fields"]


def test_unsigned_calls_are_nobodys(client: StrictClient) -> None:
    assert client.post(reverse("gbt38963_query"), "{}", content_type="application/json").status_code == 401
