"""The pages of companions and of who looked me up."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine

from family.domain.lookups import Basis, Purpose
from family.models import CompanionGroup, LookUpComplaint
from family.services.lookups import Stated, look_up
from healthcode.models import Account
from healthcode.services.codes import verify_code
from healthcode.services.roles import Role
from tests.client import StrictClient
from tests.family.kit import bind_mother, bind_son
from tests.healthcode.portal_kit import words_of
from tests.people import CITIZEN, XIHU, employ, person_of

SignIn = Callable[[Account], StrictClient]


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    """Stop the clock of the views at noon."""
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def browser(citizen: Account, sign_in: SignIn) -> StrictClient:
    return sign_in(citizen)


def test_a_group_is_made_joined_and_shown_with_one_code(
    browser: StrictClient, citizen: Account, outsider: Account, sign_in: SignIn, at: datetime
) -> None:
    browser.post("/companions/make/")
    group = CompanionGroup.objects.get()
    sign_in(outsider).post("/companions/join/", {"code": group.join_code})
    words = words_of(browser.get("/companions/"))
    assert "赵*勇" in words
    assert group.join_code in words
    checked = verify_code(text=browser.get("/companions/token/").json()["token"], at=at)
    assert (checked.group, checked.status) == (group.pk, None)


def test_a_member_sees_no_colour_but_their_own_and_has_no_code(
    browser: StrictClient, citizen: Account, outsider: Account, sign_in: SignIn
) -> None:
    browser.post("/companions/make/")
    theirs = sign_in(outsider)
    theirs.post("/companions/join/", {"code": CompanionGroup.objects.get().join_code})
    assert words_of(theirs.get("/companions/")).count("绿码") == 1
    assert theirs.get("/companions/token/").status_code == 404


def test_family_is_taken_along_by_a_tick(browser: StrictClient, citizen: Account, mother: Account) -> None:
    people = [bind_son(citizen).dependant, bind_mother(citizen).dependant]
    browser.post("/companions/make/")
    browser.post("/companions/take/", {"people": [str(person.public_id) for person in people]})
    assert words_of(browser.get("/companions/")).count("绿码") == 3


def test_strangers_are_not_taken_along(browser: StrictClient, citizen: Account, outsider: Account) -> None:
    bind_son(citizen)
    browser.post("/companions/make/")
    browser.post("/companions/take/", {"people": [str(person_of(outsider).public_id)]})
    assert CompanionGroup.objects.get().members.count() == 1


def test_leaving_is_one_tap(browser: StrictClient, citizen: Account, outsider: Account, sign_in: SignIn) -> None:
    browser.post("/companions/make/")
    theirs = sign_in(outsider)
    theirs.post("/companions/join/", {"code": CompanionGroup.objects.get().join_code})
    assert theirs.post(f"/companions/leave/{person_of(citizen).public_id}/").status_code == 403
    theirs.post(f"/companions/leave/{person_of(outsider).public_id}/")
    assert "建立同行组" in words_of(theirs.get("/companions/"))


def test_a_wrong_code_is_said_at_its_field(browser: StrictClient) -> None:
    assert "没有这个组码" in words_of(browser.post("/companions/join/", {"code": "AAAAAAAA"}))


def test_a_look_up_is_seen_and_complained_about(
    browser: StrictClient, citizen: Account, outsider: Account, sign_in: SignIn, at: datetime
) -> None:
    desk = employ("desk", Role.SERVICE_POINT, XIHU)
    stated = Stated("西溪服务点", Purpose.SERVICE, Basis.CONSENT)
    lookup = look_up(by=desk, document=CITIZEN.document, nationality="", stated=stated, at=at).lookup
    assert "西溪服务点" in words_of(browser.get("/looked-up/"))
    path = f"/looked-up/{lookup.public_id}/complain/"
    assert sign_in(outsider).post(path, {"reason": "不是我"}).status_code == 404
    assert "监督人员" in words_of(browser.post(path, {"reason": "我没有去过"}, follow=True))
    assert LookUpComplaint.objects.get().lookup == lookup
