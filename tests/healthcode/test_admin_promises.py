"""Promises over every page of the back office: scoped, read only, bounded queries, nowhere a colour to type."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import override

from healthcode.admin.base import RecordAdmin
from healthcode.admin.forms import RECORDABLE, RecordForm, StartForm
from healthcode.models import (
    Account,
    AuditEntry,
    DecisionRecord,
    EvidenceRecord,
    ForeignReport,
    IsolationCase,
    Person,
)
from healthcode.services.installation import install_schedule
from healthcode.services.isolation import propose_isolation
from healthcode.services.roles import Role
from healthcode.services.transfers import start_transfer
from tests.healthcode import foreign_rows
from tests.healthcode.admin_kit import SignIn, give, list_url
from tests.people import GONGSHU, XIHU, employ, join, person_of, strangers
from tests.people import stranger as nobody
from tests.venues.kit import scan
from venues.domain.policy import Category
from venues.models import Guard, Scan, Venue
from venues.services.devices import issue_device
from venues.services.places import appoint_guard, open_venue

PAGES: dict[type[Model], Any] = dict(admin.site._registry)
BY_NAME = sorted(PAGES, key=lambda model: model._meta.label)
VERBS = ("add", "change", "delete", "history", "retract", "map", "save", "switch")


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Stop the clock of the pages at noon."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def everything(at: datetime) -> Callable[[Account], None]:
    """Return a way to give an officer every view permission there is, past their role."""

    def give_all(account: Account) -> None:
        permissions = ContentType.objects.get_for_models(*PAGES).values()
        for kind in permissions:
            account.user_permissions.add(*kind.permission_set.filter(codename__startswith="view_"))

    return give_all


@pytest.fixture
def gongshu(outsider: Account, at: datetime) -> list[Model]:
    """Rows of every kind that belong to Gongshu district."""
    person = person_of(outsider)
    record = give(person, "close_contact", "07-07T09:00")
    venue = open_venue(by=None, name="地铁武林广场站", category=Category.OTHER, division=GONGSHU, at=at)
    guard = appoint_guard(by=None, account=employ("gate-metro", None, GONGSHU), venue=venue, at=at)
    scan(guard, "nothing that can be read", at)
    device = issue_device(by=None, venue=venue, name="进站闸机", at=at).device
    propose_isolation(at=at)
    way, by = ("家", "医院"), employ("officer-gongshu", Role.COUNTY_OFFICER, GONGSHU)
    return [
        person,
        record,
        DecisionRecord.objects.current().get(person=person),
        venue,
        guard,
        device,
        Scan.objects.get(venue=venue),
        AuditEntry.objects.filter(person=person).latest("pk"),
        IsolationCase.objects.get(person=person),
        start_transfer(by=by, person=person, way=way, destination_division=GONGSHU, at=at),
        foreign_rows.make(ForeignReport, person=person),
    ]


def id_of(row: Model) -> str:
    """Return the id under which the row's page is found."""
    return str(PAGES[type(row)].id_of(row))


@pytest.mark.parametrize("model", BY_NAME, ids=lambda model: model.__name__)
def test_a_page_is_read_only_whoever_asks(model: type[Model], rf: Any) -> None:
    page = PAGES[model]
    request = rf.get("/")
    request.user = Account(is_superuser=True, is_staff=True, is_active=True)
    assert isinstance(page, RecordAdmin)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)
    assert page.get_actions(request) == {}


def test_a_county_officer_with_every_view_sees_no_row_of_another_county(
    gongshu: list[Model], officer: Account, sign_in: SignIn, everything: Callable[[Account], None]
) -> None:
    everything(officer)
    browser = sign_in(officer)
    for row in gongshu:
        listed = browser.get(list_url(type(row))).context["cl"].result_list
        assert row.pk not in [other.pk for other in listed], type(row)
        url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[id_of(row)])
        assert browser.get(url).status_code == 404, url


def test_their_own_officer_does_see_them(
    gongshu: list[Model], other_officer: Account, sign_in: SignIn, everything: Callable[[Account], None]
) -> None:
    everything(other_officer)
    browser = sign_in(other_officer)
    for row in gongshu:
        listed = browser.get(list_url(type(row))).context["cl"].result_list
        assert row.pk in [other.pk for other in listed], type(row)


def test_every_page_with_people_in_it_is_walked(gongshu: list[Model]) -> None:
    personal = {
        model
        for model in PAGES
        if model is Person or any(field.related_model in (Person, Venue, Guard) for field in model._meta.get_fields())
    }
    shown_without_person = {"Account", "Outbox"}
    walked = {type(row).__name__ for row in gongshu}
    assert {model.__name__ for model in personal} - shown_without_person <= walked


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("model", [EvidenceRecord, DecisionRecord, AuditEntry, Person], ids=lambda m: m.__name__)
def test_a_forged_post_changes_nothing_on_record(
    model: type[Model], verb: str, citizen: Account, auditor: Account, sign_in: SignIn
) -> None:
    give(person_of(citizen), "close_contact", "07-07T09:00")
    row = model._default_manager.filter(**({} if model is Person else {"person__isnull": False})).latest("pk")
    before = list(model._default_manager.order_by("pk").values())
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{verb}"
    try:
        url = reverse(name, args=[] if verb == "add" else [id_of(row)])
    except NoReverseMatch:
        return
    response = sign_in(auditor).post(url, {"colour": "green", "reason": "x", "post": "yes", "_save": "1"})
    assert response.status_code in (403, 404), name
    assert list(model._default_manager.order_by("pk").values()) == before


@pytest.mark.parametrize("verb", ["add", "change", "delete"])
def test_not_even_the_administrator_edits_what_is_on_record(
    verb: str, citizen: Account, admin_account: Account, sign_in: SignIn
) -> None:
    give(person_of(citizen), "close_contact", "07-07T09:00")
    browser = sign_in(admin_account)
    for model in (DecisionRecord, AuditEntry, Person):
        row = model._default_manager.filter().order_by("pk").last()
        assert row is not None
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{verb}"
        url = reverse(name, args=[] if verb == "add" else [id_of(row)])
        assert browser.post(url, {"colour": "green", "post": "yes"}).status_code == 403


@pytest.fixture
def admin_account(province: None) -> Account:
    """The administrator of the installation."""
    return Account.objects.create_superuser("root", "a-word-for-tests-only", division=XIHU)


def test_actions_of_lists_are_not_taken(citizen: Account, admin_account: Account, sign_in: SignIn) -> None:
    person = person_of(citizen)
    data = {"action": "delete_selected", "_selected_action": [person.pk], "post": "yes"}
    sign_in(admin_account).post(list_url(Person), data)
    assert Person.objects.filter(pk=person.pk).exists()


@pytest.mark.parametrize("kind", RECORDABLE)
def test_no_form_has_a_field_for_the_colour_of_a_code(
    kind: Any, citizen: Account, officer: Account, at: datetime
) -> None:
    form = RecordForm(kind=kind, person=person_of(citizen), account=officer, at=at)
    names = set(form.fields) | set(StartForm(account=officer).fields)
    assert not names & {"colour", "color", "becomes", "grounds", "timeline"}


@pytest.mark.parametrize("model", BY_NAME, ids=lambda model: model.__name__)
def test_a_list_takes_a_bounded_number_of_queries(
    model: type[Model], admin_account: Account, sign_in: SignIn, at: datetime
) -> None:
    people = strangers(50)
    for person in people:
        give(person, "close_contact", "07-07T09:00")
    install_schedule(by=None, at=at)
    browser = sign_in(admin_account)
    browser.get(list_url(model))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert browser.get(list_url(model)).status_code == 200
    assert len(queries) <= 15, [query["sql"] for query in queries]


def test_a_person_with_many_records_takes_a_bounded_number_of_queries(
    citizen: Account, officer: Account, sign_in: SignIn
) -> None:
    person = person_of(citizen)
    for day in range(1, 8):
        give(person, "close_contact", f"07-0{day}T09:00")
    browser = sign_in(officer)
    with CaptureQueriesContext(connection) as queries:
        browser.get(reverse("admin:healthcode_person_change", args=[person.public_id]))
    assert len(queries) <= 20, [query["sql"] for query in queries]


def test_packages_pages_of_their_own_are_left_out() -> None:
    labels = {model._meta.label for model in PAGES}
    assert not labels & {"auth.Group", "account.EmailAddress", "django_celery_beat.CrontabSchedule"}


def test_what_belongs_to_one_county_alone_is_what_its_people_are(
    officer: Account, sign_in: SignIn, sources: object
) -> None:
    # Lives in one county, stays in the other: both see the person.
    moved = person_of(join(nobody(7, GONGSHU)))
    Person.objects.filter(pk=moved.pk).update(stay_code=XIHU)
    listed = sign_in(officer).get(list_url(Person)).context["cl"].result_list
    assert [person.pk for person in listed] == [moved.pk]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("model", BY_NAME, ids=lambda model: model.__name__)
def test_a_list_is_there_in_both_languages(
    model: type[Model], language: str, admin_account: Account, sign_in: SignIn, at: datetime
) -> None:
    browser = sign_in(admin_account)
    browser.cookies["language"] = language
    with override(language):
        title = capfirst(str(PAGES[model].opts.verbose_name_plural))
    assert f"<h1>{title}</h1>" in browser.get(list_url(model)).content.decode()
