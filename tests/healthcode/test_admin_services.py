"""What the services behind the back office refuse, whichever page calls them."""

from datetime import datetime

import pytest
from django_celery_beat.models import PeriodicTask

from healthcode.access import NotPermitted
from healthcode.domain.evidence import Kind
from healthcode.models import Account, AuditEntry, Source, SourceCategory
from healthcode.services.errors import Refused
from healthcode.services.installation import install_schedule
from healthcode.services.schedule import switch_task
from healthcode.services.sources import SourceFields, save_source
from healthcode.services.staff import StaffFields, save_staff
from tests.healthcode.admin_kit import SignIn, list_url
from tests.people import ZHEJIANG

FIELDS = SourceFields("hz-cdc", SourceCategory.HEALTH, "杭州市疾控", "Hangzhou CDC", (Kind.SYMPTOM,), "", True)
STAFF = StaffFields("new", "新同事", ZHEJIANG, True, True, (), "")


def test_an_officer_may_not_save_a_source(officer: Account, at: datetime) -> None:
    with pytest.raises(NotPermitted):
        save_source(by=officer, source_id=None, fields=FIELDS, at=at)
    assert not Source.objects.filter(code="hz-cdc").exists()


def test_a_sources_code_is_fixed(reviewer: Account, sources: dict[str, Source], at: datetime) -> None:
    with pytest.raises(Refused) as refused:
        save_source(by=reviewer, source_id=sources["zj-health"].pk, fields=FIELDS, at=at)
    assert refused.value.code == "code_is_fixed"


def test_an_officer_may_not_open_accounts(officer: Account, at: datetime) -> None:
    with pytest.raises(NotPermitted):
        save_staff(by=officer, account_id=None, fields=STAFF, at=at)


def test_a_new_account_needs_a_password(province: None, at: datetime) -> None:
    with pytest.raises(Refused) as refused:
        save_staff(by=None, account_id=None, fields=STAFF, at=at)
    assert refused.value.code == "password_required"


def test_an_officer_may_not_switch_tasks(officer: Account, at: datetime) -> None:
    install_schedule(by=None, at=at)
    task = PeriodicTask.objects.get(name="convert_due")
    with pytest.raises(NotPermitted):
        switch_task(by=officer, task_id=task.pk, enabled=False, at=at)
    assert not AuditEntry.objects.filter(action="switch_task").exists()


@pytest.mark.parametrize("model", [Account, Source, PeriodicTask])
def test_a_row_leads_to_its_page_with_what_may_be_done(
    model: type[Account | Source | PeriodicTask],
    sources: dict[str, Source],
    officer: Account,
    sign_in: SignIn,
    at: datetime,
) -> None:
    install_schedule(by=None, at=at)
    browser = sign_in(Account.objects.create_superuser("root", "a-word-for-tests-only", division=ZHEJIANG))
    listed = browser.get(list_url(model)).context["cl"]
    response = browser.get(listed.url_for_result(listed.result_list[0]))
    assert [browser.get(link.url).status_code for link in response.context["links"]] == [200]
