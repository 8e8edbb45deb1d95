"""The other pages of the back office: areas, sources, audit, operation, staff, the first page, signing in."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from healthcode.domain.colours import Level
from healthcode.models import (
    Account,
    AreaChange,
    AreaChangeKind,
    AreaDesignation,
    AreaSnapshot,
    AuditEntry,
    Cause,
    CodeKey,
    Division,
    Outbox,
    Recolouring,
    RuleSetVersion,
    Source,
    Zone,
)
from healthcode.services.installation import install_schedule
from healthcode.services.roles import Role
from tests.client import StrictClient
from tests.healthcode.admin_kit import SignIn, give, list_url, page_url, words_of
from tests.people import STAFF_PASSWORD, XIHU, ZHEJIANG, employ, person_of

INDEX = "/admin/"


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock of the pages at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def area_officer(province: None) -> Account:
    """Looks after the risk areas."""
    return employ("areas", Role.AREA_OFFICER, ZHEJIANG)


@pytest.fixture
def administrator(province: None) -> Account:
    """The administrator of the installation."""
    return Account.objects.create_superuser("root", STAFF_PASSWORD, division=ZHEJIANG)


@pytest.fixture
def snapshot(db: None, at: datetime) -> AreaSnapshot:
    """One published list that raised Fengtai district."""
    made = AreaSnapshot.objects.create(
        taken_at=at, fingerprint="0" * 64, file_name="2020-07-08.json", listed=1, unmapped=0, loaded_at=at
    )
    AreaDesignation.objects.create(
        level=Level.HIGH, code="110106", county="110106", name="北京市丰台区花乡", communities=["花乡"],
        valid_from=at, recorded_at=at, snapshot=made,
    )  # fmt: skip
    AreaChange.objects.create(snapshot=made, change=AreaChangeKind.RAISED, code="110106", name="北京市丰台区花乡")
    return made


@pytest.fixture
def zone(db: None, at: datetime) -> Zone:
    """A place that is no division."""
    return Zone.objects.create(path="大连市 经开区", first_seen_at=at)


# --- areas ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [AreaDesignation, AreaChange, AreaSnapshot])
def test_areas_are_listed(model: Any, snapshot: AreaSnapshot, area_officer: Account, sign_in: SignIn) -> None:
    response = sign_in(area_officer).get(list_url(model))
    assert len(response.context["cl"].result_list) == 1


@pytest.mark.parametrize(
    ("query", "found"), [({"state": "ended"}, 0), ({"state": "open"}, 1), ({"level": "medium"}, 0)]
)
def test_areas_are_filtered(
    query: dict[str, str], found: int, snapshot: AreaSnapshot, area_officer: Account, sign_in: SignIn
) -> None:
    response = sign_in(area_officer).get(list_url(AreaDesignation), query)
    assert len(response.context["cl"].result_list) == found


def test_a_list_says_what_it_changed(snapshot: AreaSnapshot, area_officer: Account, sign_in: SignIn) -> None:
    browser = sign_in(area_officer)
    assert "北京市丰台区花乡" in words_of(browser.get(page_url(snapshot)))
    assert "2020-07-08.json" in words_of(browser.get(page_url(AreaDesignation.objects.get())))


def test_what_nobody_has_assigned_comes_first(zone: Zone, area_officer: Account, sign_in: SignIn, at: datetime) -> None:
    Zone.objects.create(path="a zone", code="210213", first_seen_at=at, mapped_at=at)
    listed = sign_in(area_officer).get(list_url(Zone)).context["cl"].result_list
    assert [row.code for row in listed] == ["", "210213"]


def test_a_zone_is_assigned_through_the_service(zone: Zone, area_officer: Account, sign_in: SignIn) -> None:
    Division.objects.create(code="210213", name="金州区", parent_code="210200")
    response = sign_in(area_officer).post(page_url(zone, "map"), {"code": "金州区"})
    assert response.status_code == 302
    zone.refresh_from_db()
    assert (zone.code, zone.mapped_by) == ("210213", area_officer)
    assert AuditEntry.objects.filter(action="map_zone", actor=area_officer).exists()


def test_who_may_not_assign_zones_is_refused(zone: Zone, auditor: Account, sign_in: SignIn) -> None:
    browser = sign_in(auditor)
    assert browser.post(page_url(zone, "map"), {"code": "210213"}).status_code == 403
    assert page_url(zone, "map") not in browser.get(page_url(zone)).content.decode()


# --- sources and rules ------------------------------------------------------------------------------------------

SOURCE = {"code": "hz-cdc", "name": "杭州市疾控", "name_en": "Hangzhou CDC", "category": "health", "kinds": ["symptom"]}


def test_a_source_is_added_with_an_entry_in_the_audit(reviewer: Account, sign_in: SignIn) -> None:
    response = sign_in(reviewer).post("/admin/healthcode/source/add/", {**SOURCE, "is_active": "on"})
    assert response.status_code == 302
    assert Source.objects.get(code="hz-cdc").kinds == ["symptom"]
    assert AuditEntry.objects.get(action="save_source").detail["before"] == {}


def test_a_source_is_changed_but_not_its_code(reviewer: Account, sign_in: SignIn, sources: object) -> None:
    source = Source.objects.get(code="zj-health")
    url = reverse("admin:healthcode_source_save", args=[source.code])
    browser = sign_in(reviewer)
    assert browser.get(url).status_code == 200
    assert browser.post(url, {**SOURCE, "code": "other"}).status_code == 302
    source.refresh_from_db()
    assert (source.code, source.name, source.is_active) == ("zj-health", "杭州市疾控", False)


@pytest.mark.parametrize(("field", "value"), [("code", "Übel"), ("kinds", ["retraction"]), ("category", "gossip")])
def test_a_wrong_source_is_refused_at_the_field(field: str, value: Any, reviewer: Account, sign_in: SignIn) -> None:
    response = sign_in(reviewer).post("/admin/healthcode/source/add/", {**SOURCE, field: value})
    assert list(response.context["form"].errors) == [field]


def test_a_code_is_taken_once(reviewer: Account, sign_in: SignIn, sources: object) -> None:
    response = sign_in(reviewer).post("/admin/healthcode/source/add/", {**SOURCE, "code": "zj-health"})
    assert response.context["form"].has_error("__all__", "code_taken")


def test_a_county_officer_saves_no_source(officer: Account, sign_in: SignIn, sources: object) -> None:
    browser = sign_in(officer)
    assert browser.post("/admin/healthcode/source/add/", SOURCE).status_code == 403
    assert browser.post(reverse("admin:healthcode_source_save", args=["zj-health"]), SOURCE).status_code == 403


def test_a_rule_set_shows_its_parameters(officer: Account, sign_in: SignIn) -> None:
    version = RuleSetVersion.objects.get()
    url = reverse("admin:healthcode_rulesetversion_change", args=[version.code])
    assert "convalescence" in words_of(sign_in(officer).get(url))


# --- audit and operation ----------------------------------------------------------------------------------------


def test_an_auditor_finds_what_an_officer_read(
    citizen: Account, officer: Account, auditor: Account, sign_in: SignIn
) -> None:
    sign_in(officer).get(page_url(person_of(citizen)))
    response = sign_in(auditor).get(list_url(AuditEntry), {"q": "xihu", "action": "read_person", "at_since": "0"})
    assert [entry.actor for entry in response.context["cl"].result_list] == [officer]
    assert "王*明" in words_of(response)


@pytest.mark.parametrize("who", ["officer", "reviewer", "operator"])
def test_only_auditors_read_the_audit(who: str, sign_in: SignIn, request: pytest.FixtureRequest) -> None:
    assert sign_in(request.getfixturevalue(who)).get(list_url(AuditEntry)).status_code == 403


@pytest.mark.parametrize("model", [CodeKey, Outbox, Recolouring, PeriodicTask])
def test_an_operator_sees_the_machines_and_nobody(
    model: Any, citizen: Account, operator: Account, sign_in: SignIn, at: datetime
) -> None:
    install_schedule(by=None, at=at)
    Recolouring.objects.create(cause=Cause.AREAS, effective_at=at, counties=["110106"], created_at=at)
    response = sign_in(operator).get(list_url(model))
    assert response.context["cl"].result_list
    page = response.content.decode()
    assert "王" not in page
    assert str(person_of(citizen).public_id) not in page


def test_a_key_never_shows_its_private_half(operator: Account, sign_in: SignIn) -> None:
    key = CodeKey.objects.order_by("pk")[0]
    page = sign_in(operator).get(page_url(key)).content.decode()
    assert bytes(key.kid).hex() in page
    assert bytes(key.private_sealed).hex() not in page


def test_a_periodic_task_is_switched_with_an_entry_in_the_audit(
    operator: Account, sign_in: SignIn, at: datetime
) -> None:
    install_schedule(by=None, at=at)
    task = PeriodicTask.objects.get(name="convert_due")
    browser = sign_in(operator)
    browser.get(page_url(task, "switch"))
    browser.post(page_url(task, "switch"))
    task.refresh_from_db()
    assert task.enabled is False
    assert AuditEntry.objects.filter(action="switch_task", detail__enabled=False).exists()


def test_others_switch_nothing(auditor: Account, sign_in: SignIn, at: datetime) -> None:
    install_schedule(by=None, at=at)
    task = PeriodicTask.objects.get(name="convert_due")
    assert sign_in(auditor).post(page_url(task, "switch")).status_code == 403


# --- staff ------------------------------------------------------------------------------------------------------

NEW = {
    "username": "binjiang",
    "display_name": "钟科长（滨江区）",
    "division": "330108",
    "roles": ["county_officer"],
    "is_staff": "on",
    "is_active": "on",
    "password": "only-for-tests-109",
}


@pytest.fixture
def binjiang(db: None) -> None:
    """The district the new officer works in."""
    Division.objects.create(code="330108", name="滨江区", parent_code="330100")


def test_the_administrator_opens_an_account(
    binjiang: None, administrator: Account, officer: Account, sign_in: SignIn
) -> None:
    response = sign_in(administrator).post("/admin/healthcode/account/add/", NEW)
    assert response.status_code == 302
    made = Account.objects.get(username="binjiang")
    assert (made.division, made.is_superuser, made.check_password("only-for-tests-109")) == ("330108", False, True)
    assert "only-for-tests" not in str(AuditEntry.objects.get(action="save_staff", actor=administrator).detail)


def test_a_change_without_a_password_keeps_the_password(
    binjiang: None, administrator: Account, officer: Account, sign_in: SignIn
) -> None:
    url = reverse("admin:healthcode_account_save", args=["xihu"])
    browser = sign_in(administrator)
    assert browser.get(url).status_code == 200
    browser.post(url, {**NEW, "username": "xihu", "password": ""})
    officer.refresh_from_db()
    assert (officer.division, officer.check_password(STAFF_PASSWORD)) == ("330108", True)


@pytest.mark.parametrize(("field", "value"), [("password", "short"), ("roles", ["root"]), ("division", "nowhere")])
def test_a_wrong_account_is_refused_at_the_field(
    field: str, value: Any, binjiang: None, administrator: Account, sign_in: SignIn
) -> None:
    response = sign_in(administrator).post("/admin/healthcode/account/add/", {**NEW, field: value})
    assert list(response.context["form"].errors) == [field]


@pytest.mark.parametrize(("change", "code"), [({"username": "xihu"}, "name_taken"), ({"is_active": ""}, "own_account")])
def test_the_service_refuses_in_words(
    change: dict[str, str], code: str, binjiang: None, administrator: Account, officer: Account, sign_in: SignIn
) -> None:
    url = reverse("admin:healthcode_account_save", args=["root"])
    response = sign_in(administrator).post(url, {**NEW, "username": "root", **change})
    assert response.context["form"].has_error("__all__", code)


@pytest.mark.parametrize("who", ["officer", "reviewer", "auditor", "operator"])
def test_nobody_else_sees_or_changes_accounts(who: str, sign_in: SignIn, request: pytest.FixtureRequest) -> None:
    browser = sign_in(request.getfixturevalue(who))
    assert browser.get(list_url(Account)).status_code == 403
    assert browser.post("/admin/healthcode/account/add/", NEW).status_code == 403


def test_a_citizens_account_is_not_among_them(citizen: Account, administrator: Account, sign_in: SignIn) -> None:
    browser = sign_in(administrator)
    assert citizen not in browser.get(list_url(Account)).context["cl"].result_list
    assert browser.get(reverse("admin:healthcode_account_save", args=[citizen.username])).status_code == 404


# --- the first page and signing in --------------------------------------------------------------------------------


def tiles_of(browser: StrictClient) -> dict[str, int]:
    """Return the figures of the first page by the list they lead to."""
    return {tile.url: tile.number for tile in browser.get(INDEX).context["tiles"]}


def test_the_first_page_counts_the_division(
    citizen: Account, mother: Account, outsider: Account, officer: Account, sign_in: SignIn
) -> None:
    give(person_of(citizen), "close_contact", "07-08T09:00")
    tiles = tiles_of(sign_in(officer))
    people = list_url(type(person_of(citizen)))
    assert (tiles[f"{people}?shows=red"], tiles[f"{people}?shows=green"]) == (1, 1)
    assert [number for url, number in tiles.items() if "recorded_at_since" in url] == [1]


def test_the_first_page_draws_the_last_fourteen_days(citizen: Account, officer: Account, sign_in: SignIn) -> None:
    give(person_of(citizen), "close_contact", "07-08T09:00")
    response = sign_in(officer).get(INDEX)
    days = response.context["days"]
    assert (len(days), days[-1].by_colour["red"], days[-3].by_colour["green"]) == (14, 1, 1)
    assert [place.number for place in response.context["counties"]] == [1]
    assert response.content.decode().count("<svg viewBox") == 2


def test_an_operators_first_page_is_about_machines(
    citizen: Account, operator: Account, sign_in: SignIn, clock: time_machine.Traveller
) -> None:
    give(person_of(citizen), "close_contact", "07-07T09:00")
    clock.move_to(datetime.fromisoformat("2020-07-21T09:03+08:00"))
    response = sign_in(operator).get(INDEX)
    assert next((tile.number, tile.alert) for tile in response.context["tiles"]) == (1, True)
    assert "days" not in response.context


def test_a_zone_to_assign_stands_out(zone: Zone, area_officer: Account, sign_in: SignIn) -> None:
    tile = sign_in(area_officer).get(INDEX).context["tiles"][0]
    assert (tile.number, tile.alert, tile.url) == (1, True, f"{list_url(Zone)}?mapped=no")


def test_nobody_enters_without_signing_in(client: StrictClient, province: None) -> None:
    assert client.get(INDEX).headers["Location"] == "/admin/login/?next=/admin/"


def test_a_citizen_does_not_enter(citizen: Account, sign_in: SignIn) -> None:
    assert sign_in(citizen).get(INDEX).status_code == 302


def test_staff_sign_in_by_name_and_password(client: StrictClient, officer: Account) -> None:
    data = {"username": "xihu", "password": STAFF_PASSWORD, "next": INDEX}
    assert client.post("/admin/login/", data).headers["Location"] == INDEX


def test_wrong_passwords_are_limited(client: StrictClient, officer: Account) -> None:
    answers = [
        client.post("/admin/login/", {"username": "xihu", "password": f"wrong{number}"}).status_code
        for number in range(6)
    ]
    assert answers == [200, 200, 200, 200, 200, 429]


def test_another_name_is_not_held_up_by_it(client: StrictClient, officer: Account) -> None:
    for number in range(5):
        client.post("/admin/login/", {"username": "nobody", "password": f"wrong{number}"})
    data = {"username": "xihu", "password": STAFF_PASSWORD, "next": INDEX}
    assert client.post("/admin/login/", data).status_code == 302


def test_who_has_no_role_is_told(province: None, sign_in: SignIn) -> None:
    page = sign_in(employ("new", None, XIHU)).get(INDEX)
    assert page.context["app_list"] == []
