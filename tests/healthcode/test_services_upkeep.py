"""Upkeep: audit entries, what an installation needs, and destroying what is no longer needed."""

from datetime import datetime, timedelta

import pytest
from django_celery_beat.models import PeriodicTask

from healthcode.models import Account, AuditEntry, InboxMessage, Source, SourceCategory
from healthcode.services.audit import Act, record_act, record_acts
from healthcode.services.installation import SCHEDULE, install_schedule, install_sources
from healthcode.services.persons import send_sign_in_code
from healthcode.services.retention import destroy_expired
from tests.people import CITIZEN, person_of

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


# --- audit ------------------------------------------------------------------------------------------------


def test_an_entry_names_who_did_it(citizen: Account, officer: Account, at: datetime) -> None:
    record_act(by=officer, at=at, action="look", person=person_of(citizen), why="case 7")
    entry = AuditEntry.objects.get(action="look")
    assert (entry.actor, entry.actor_label, entry.person) == (officer, "xihu", person_of(citizen))
    assert entry.detail == {"why": "case 7"}


def test_the_system_is_named_by_its_part(db: None, at: datetime) -> None:
    record_acts(by=None, at=at, acts=[Act("sweep", None, {}, "clock")], label="beat")
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_label, entry.reason, entry.at) == (None, "beat", "clock", at)


def test_an_entry_without_a_person_is_of_the_system(db: None, at: datetime) -> None:
    record_act(by=None, at=at, action="start")
    assert (AuditEntry.objects.get().person, AuditEntry.objects.get().actor_label) == (None, "system")


# --- what an installation needs ---------------------------------------------------------------------------


def test_every_category_of_the_notice_has_a_source(db: None, at: datetime) -> None:
    made = install_sources(by=None, at=at)
    assert {source.category for source in made} == set(SourceCategory)


def test_a_source_that_is_there_stays_as_it_is(db: None, at: datetime) -> None:
    install_sources(by=None, at=at)
    Source.objects.filter(code="zj-police").update(is_active=False)
    assert install_sources(by=None, at=at) == []
    assert not Source.objects.get(code="zj-police").is_active


def test_a_missing_source_comes_back(db: None, at: datetime) -> None:
    install_sources(by=None, at=at)
    Source.objects.filter(code="sh-rail").delete()
    assert [source.code for source in install_sources(by=None, at=at)] == ["sh-rail"]


def test_the_schedule_is_installed_once(db: None, at: datetime) -> None:
    PeriodicTask.objects.all().delete()
    assert sorted(install_schedule(by=None, at=at)) == sorted(SCHEDULE)
    assert install_schedule(by=None, at=at) == []
    assert AuditEntry.objects.filter(action="install_schedule").count() == 1


def test_what_an_operator_changed_in_the_schedule_stays(db: None, at: datetime) -> None:
    install_schedule(by=None, at=at)
    PeriodicTask.objects.filter(name="convert_due").update(enabled=False)
    install_schedule(by=None, at=at)
    assert not PeriodicTask.objects.get(name="convert_due").enabled


# --- retention --------------------------------------------------------------------------------------------


def test_an_account_never_verified_goes_after_a_day(province: None, at: datetime) -> None:
    account = Account.objects.create(username="x", phone_sealed=b"x", phone_index=b"x", opened_at=at)
    assert destroy_expired(by=None, at=at + DAY) == {"accounts": 0, "messages": 0}
    assert destroy_expired(by=None, at=at + DAY + SECOND)["accounts"] == 1
    assert not Account.objects.filter(pk=account.pk).exists()


def test_an_account_that_is_used_stays(citizen: Account, officer: Account, newcomer: Account, at: datetime) -> None:
    destroy_expired(by=None, at=at + 400 * DAY)
    assert Account.objects.count() == 3


def test_an_account_with_a_code_stays_even_unverified(citizen: Account, at: datetime) -> None:
    Account.objects.update(phone_verified_at=None)
    destroy_expired(by=None, at=at + 400 * DAY)
    assert Account.objects.filter(pk=citizen.pk).exists()


def test_a_message_on_the_screen_goes_after_thirty_days(db: None, at: datetime) -> None:
    send_sign_in_code(phone=CITIZEN.phone, code="123456", at=at)
    destroy_expired(by=None, at=at + 30 * DAY)
    assert InboxMessage.objects.exists()
    assert destroy_expired(by=None, at=at + 30 * DAY + SECOND) == {"accounts": 0, "messages": 1}


@pytest.mark.parametrize("days", [0, 31])
def test_destroying_is_audited_when_anything_was_destroyed(db: None, at: datetime, days: int) -> None:
    send_sign_in_code(phone=CITIZEN.phone, code="123456", at=at)
    destroy_expired(by=None, at=at + days * DAY)
    assert AuditEntry.objects.filter(action="destroy_expired").exists() is bool(days)
