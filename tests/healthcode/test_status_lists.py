"""Status lists: an index is given once, a bit set once, and what is published says exactly that."""

import base64
import json
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.test import Client

from healthcode.domain.tokens import BadDocument, Kind
from healthcode.domain.tokens.documents import read_document
from healthcode.domain.tokens.status import (
    DELTA_TYPE,
    LIST_TYPE,
    is_set,
    list_bits,
    pack_bits,
    read_status_claim,
    status_claim,
)
from healthcode.models import CodeKey, StatusBit, StatusList
from healthcode.services.keys import verifying_keys
from healthcode.services.publishing import ensure_publisher, forget_publisher, root_public_key
from healthcode.services.status_lists import allocate_index, is_revoked, set_bits
from tests.healthcode.at_once import at_once

URL = "/.well-known/health-code-status/"


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def status_list(province: None, at: datetime) -> StatusList:
    """The list of the paper key, with ten indices given."""
    ensure_publisher(by=None, at=at)
    forget_publisher()
    found = CodeKey.objects.get(state="signing", scope__contains=int(Kind.PAPER)).status_list
    assert found is not None
    for _time in range(10):
        allocate_index(status_list=found)
    return found


def revoke(status_list: StatusList, *indices: int, at: datetime) -> list[int]:
    return set_bits(by=None, status_list=status_list, indices=indices, at=at)


def read(path: str, typ: str, at: datetime) -> dict[str, Any]:
    answer = Client().get(URL + path)
    assert answer.status_code == 200
    return read_document(answer.content.decode(), typ=typ, root=root_public_key(), at=at)


def test_indices_are_given_in_turn(status_list: StatusList) -> None:
    assert [allocate_index(status_list=status_list) for _time in range(3)] == [10, 11, 12]


def test_a_bit_is_set_once(status_list: StatusList, at: datetime) -> None:
    assert revoke(status_list, 3, 5, at=at) == [3, 5]
    assert revoke(status_list, 5, 7, at=at) == [7]
    assert list(StatusBit.objects.order_by("number").values_list("index", "number")) == [(3, 1), (5, 2), (7, 3)]


@pytest.mark.parametrize("index", [-1, 10, 2**40])
def test_an_index_never_given_is_not_revoked(status_list: StatusList, at: datetime, index: int) -> None:
    with pytest.raises(IndexError):
        revoke(status_list, index, at=at)


def test_a_verifier_is_told_of_each_index(status_list: StatusList, at: datetime) -> None:
    revoke(status_list, 3, at=at)
    keys = [key for key in verifying_keys(at).keys if key.status_list == status_list.list_id]
    screen = next(key for key in verifying_keys(at).keys if Kind.OWN_PHONE in key.scope)
    assert [is_revoked(keys[0], index) for index in (3, 4, 10)] == [True, False, None]
    assert is_revoked(screen, 3) is None


def test_the_list_as_others_read_it(status_list: StatusList, at: datetime) -> None:
    revoke(status_list, 0, 9, at=at)
    found = read(status_list.list_id, LIST_TYPE, at)
    packed = zlib.decompress(base64.urlsafe_b64decode(found["status_list"]["lst"] + "=="))
    assert (packed[0], packed[1], any(packed[2:])) == (0b1, 0b10, False)
    assert (found["sub"], found["version"], found["ttl"]) == (URL + status_list.list_id, 2, 3600)
    assert found["exp"] - found["iat"] == 48 * 3600


def test_a_slice_holds_what_came_since(status_list: StatusList, at: datetime) -> None:
    revoke(status_list, 3, at=at)
    revoke(status_list, 8, 1, at=at)
    found = read(f"{status_list.list_id}/since/1", DELTA_TYPE, at)
    assert (found["from"], found["to"], found["set"]) == (1, 3, [1, 8])
    assert read(f"{status_list.list_id}/since/3", DELTA_TYPE, at)["set"] == []


def test_a_slice_too_old_or_to_come_is_not_given(status_list: StatusList, at: datetime) -> None:
    revoke(status_list, 3, at=at - timedelta(days=15))
    revoke(status_list, 4, at=at)
    statuses = [Client().get(f"{URL}{status_list.list_id}/since/{version}").status_code for version in (0, 1, 3)]
    assert statuses == [410, 200, 404]
    assert Client().get(f"{URL}nothing").status_code == 404


@pytest.mark.parametrize("path", ["", "/since/0"])
def test_who_has_it_is_told_so_until_it_changes(status_list: StatusList, at: datetime, path: str) -> None:
    url = URL + status_list.list_id + path
    tag = Client().get(url).headers["ETag"]
    assert Client().get(url, headers={"if-none-match": tag}).status_code == 304
    revoke(status_list, 2, at=at + timedelta(seconds=1))
    with time_machine.travel(at + timedelta(seconds=2), tick=False):
        assert Client().get(url, headers={"if-none-match": tag}).status_code == 200


def test_a_province_of_paper_codes_is_small() -> None:
    eight_million = list_bits(8_000_000)
    packed = pack_bits(range(0, 8_000_000, 100), eight_million)
    assert len(str(status_claim(packed)["lst"])) < 200_000


def test_a_list_hides_how_many_codes_there_are() -> None:
    assert {list_bits(number) for number in range(0, 30_000, 1_000)} == {65_536}
    assert all(list_bits(number) - number > 32_000 for number in range(0, 300_000, 1_000))


def test_what_is_packed_is_read_back() -> None:
    packed = read_status_claim({"status_list": status_claim(pack_bits([0, 17], 24))})
    assert [is_set(packed, index) for index in (0, 1, 17, 23, 24)] == [True, False, True, False, None]


@pytest.mark.parametrize(
    "claim", [None, {}, {"bits": 2, "lst": ""}, {"bits": 1, "lst": "AAAA"}, {"bits": 1, "lst": 7}, {"bits": 1}]
)
def test_what_is_no_list_is_not_believed(claim: object) -> None:
    with pytest.raises(BadDocument):
        read_status_claim({"status_list": claim})


def test_a_list_that_unpacks_without_end_is_not_believed() -> None:
    bomb = json.loads(json.dumps(status_claim(bytes(32 * 1024 * 1024))))
    with pytest.raises(BadDocument):
        read_status_claim({"status_list": bomb})


@pytest.mark.django_db(transaction=True)
def test_two_at_once_get_two_indices(status_list: StatusList) -> None:
    give = partial(allocate_index, status_list=status_list)
    assert sorted(at_once(give, give, give)) == [10, 11, 12]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_set_a_bit_once(status_list: StatusList, at: datetime) -> None:
    both = partial(set_bits, by=None, status_list=status_list, indices=[4, 6], at=at)
    assert sorted(map(len, at_once(both, both))) == [0, 2]
    assert StatusBit.objects.count() == 2
