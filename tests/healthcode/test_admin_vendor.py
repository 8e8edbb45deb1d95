"""A contractor's account (N4.1): whatever page of the back office it asks for, there is nothing to see or to do."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django_celery_beat.models import PeriodicTask

from healthcode.models import Account, AuditEntry, Person
from healthcode.services.installation import install_schedule
from healthcode.services.roles import PERMISSIONS, Role
from tests.client import StrictClient
from tests.healthcode import isolation_rows, row_kit
from tests.healthcode.admin_kit import SignIn, list_url, words_of
from tests.people import JOINED, ZHEJIANG, employ, person_of
from venues.models import Scan

PAGES: dict[type[Model], Any] = {
    model: page for model, page in admin.site._registry.items() if model is not PeriodicTask
}
BY_NAME = sorted(PAGES, key=lambda model: model._meta.label)
ROWS = {**row_kit.ROWS, **isolation_rows.ROWS}
GIVEN: Mapping[str, Callable[[], object]] = {
    "uuid": uuid4,
    "int": lambda: 1,
    "str": lambda: "x",
    "slug": lambda: "x",
    "path": lambda: "x",
}


@pytest.fixture
def vendor(province: None) -> Account:
    """A contractor's engineer."""
    return employ("vendor", Role.VENDOR, "")


def addresses(model: type[Model]) -> Iterator[str]:
    """Yield every address of a model's pages, with the id of a row that is there."""
    page = PAGES[model]
    row = ROWS[model]() if model in ROWS else None
    known = page.id_of(model._default_manager.create(**row)) if row is not None else str(uuid4())
    for pattern in page.get_urls():
        needed = pattern.pattern.converters
        given = {
            name: known if name == "object_id" else GIVEN[type(way).__name__.removesuffix("Converter").lower()]()
            for name, way in needed.items()
        }
        if pattern.name:
            try:
                yield reverse(f"admin:{pattern.name}", kwargs=given)
            except NoReverseMatch:
                continue


@pytest.mark.parametrize("model", BY_NAME, ids=lambda model: model.__name__)
def test_a_vendor_may_do_nothing_on_any_page(model: type[Model], vendor: Account, sign_in: SignIn) -> None:
    browser = sign_in(vendor)
    asked = list(addresses(model))
    assert asked
    before = AuditEntry.objects.count()
    answers = {(url, ask): getattr(browser, ask)(url).status_code for url in asked for ask in ("get", "post")}
    assert {key: code for key, code in answers.items() if code not in (403, 404, 405)} == {}
    assert AuditEntry.objects.count() == before


def test_the_same_pages_answer_who_may(auditor: Account, citizen: Account, sign_in: SignIn) -> None:
    # Else the refusals above would prove nothing.
    assert sign_in(auditor).get(list_url(Person)).status_code == 200
    assert sign_in(auditor).get(list_url(Scan)).status_code == 200


def test_the_first_page_shows_a_vendor_no_figure(vendor: Account, citizen: Account, sign_in: SignIn) -> None:
    install_schedule(by=None, at=JOINED)
    answer = sign_in(vendor).get("/admin/")
    assert [tile.label for tile in answer.context["tiles"]] == []
    assert [entry["object_name"] for app in answer.context["app_list"] for entry in app["models"]] == ["PeriodicTask"]
    assert sign_in(vendor).get(list_url(PeriodicTask)).status_code == 200


def test_a_vendor_switches_nothing_off(vendor: Account, sign_in: SignIn) -> None:
    install_schedule(by=None, at=JOINED)
    task = PeriodicTask.objects.order_by("pk")[0]
    url = reverse("admin:django_celery_beat_periodictask_switch", args=[task.pk])
    assert sign_in(vendor).post(url).status_code == 403
    assert PeriodicTask.objects.get(pk=task.pk).enabled


@pytest.mark.parametrize(
    "path", ["/code/", "/code/why/", "/code/history/", "/code/token/", "/gate/", "/gate/no-phone/"]
)
def test_a_vendor_has_neither_a_code_nor_a_gate(path: str, vendor: Account, citizen: Account, sign_in: SignIn) -> None:
    answer = sign_in(vendor).get(path)
    assert answer.status_code in (302, 403, 404)
    assert person_of(citizen).name not in answer.content.decode()


def test_no_permission_of_a_vendor_is_on_a_table_of_ours() -> None:
    apps = {name.partition(".")[0] for name in PERMISSIONS[Role.VENDOR]}
    assert apps == {"django_celery_beat"}


def test_a_vendor_with_a_division_sees_no_more(vendor: Account, citizen: Account, sign_in: SignIn) -> None:
    Account.objects.filter(pk=vendor.pk).update(division=ZHEJIANG)
    browser: StrictClient = sign_in(Account.objects.get(pk=vendor.pk))
    assert browser.get(list_url(Person)).status_code == 403
    assert "王" not in words_of(browser.get("/admin/"))
