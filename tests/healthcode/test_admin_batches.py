"""Batches in the back office: what came together, and withdrawing the whole of it."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine

from healthcode.domain.colours import Colour
from healthcode.models import Account, BatchWithdrawal, EvidenceBatch, Source
from tests.client import StrictClient
from tests.healthcode.admin_kit import SignIn, list_url, page_url, words_of
from tests.healthcode.test_withdrawals import send_batch
from tests.people import person_of, status


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def batch(sources: dict[str, Source], citizen: Account, at: datetime) -> EvidenceBatch:
    return send_batch(sources["zj-health"], [person_of(citizen)], at)


@pytest.fixture
def office(reviewer: Account, sign_in: SignIn) -> StrictClient:
    return sign_in(reviewer)


def test_the_list_and_the_page_name_no_person(office: StrictClient, batch: EvidenceBatch) -> None:
    assert "contacts.csv" in words_of(office.get(list_url(EvidenceBatch)))
    words = words_of(office.get(page_url(batch)))
    assert "contacts.csv" in words
    assert "王" not in words


def test_the_preview_counts_what_would_turn(office: StrictClient, batch: EvidenceBatch) -> None:
    response = office.get(page_url(batch, "withdraw"))
    (what, turns) = response.context["page"].tables
    assert [number for _words, number in what.rows] == [1, 0, 0, 1]
    assert [row[-1] for row in turns.rows] == [1]
    assert not BatchWithdrawal.objects.exists()


def test_withdrawing_turns_the_code(office: StrictClient, batch: EvidenceBatch, citizen: Account, at: datetime) -> None:
    response = office.post(page_url(batch, "withdraw"), {"reason": "wrong list"})
    assert response.headers["Location"] == page_url(batch)
    assert status(person_of(citizen), at).colour is Colour.GREEN
    page = words_of(office.get(page_url(batch)))
    assert "wrong list" in page
    assert page_url(batch, "withdraw") not in office.get(page_url(batch)).content.decode()


def test_a_second_withdrawal_is_refused_in_words(office: StrictClient, batch: EvidenceBatch) -> None:
    office.post(page_url(batch, "withdraw"), {"reason": "wrong list"})
    response = office.post(page_url(batch, "withdraw"), {"reason": "again"})
    assert response.context["form"].non_field_errors()


def test_without_a_reason_nothing_happens(office: StrictClient, batch: EvidenceBatch) -> None:
    assert office.post(page_url(batch, "withdraw"), {"reason": ""}).status_code == 200
    assert not BatchWithdrawal.objects.exists()


@pytest.mark.parametrize("who", ["officer", "auditor", "operator"])
def test_nobody_else_may(who: str, batch: EvidenceBatch, sign_in: SignIn, request: pytest.FixtureRequest) -> None:
    browser = sign_in(request.getfixturevalue(who))
    assert browser.post(page_url(batch, "withdraw"), {"reason": "wrong list"}).status_code in (403, 404)
    assert not BatchWithdrawal.objects.exists()


def test_the_first_page_counts_system_errors(office: StrictClient, batch: EvidenceBatch) -> None:
    office.post(page_url(batch, "withdraw"), {"reason": "wrong list"})
    tiles = {tile.url: tile.number for tile in office.get("/admin/").context["tiles"]}
    assert tiles[f"{list_url(EvidenceBatch)}?withdrawn=yes"] == 1
