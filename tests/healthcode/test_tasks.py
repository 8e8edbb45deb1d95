"""Periodic work: each task and the command of its name do what the service does."""

from datetime import datetime, timedelta
from importlib import import_module
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from healthcode import tasks
from healthcode.models import Account, DecisionRecord, InboxMessage, Outbox, RuleSetVersion, Source
from healthcode.services.installation import SCHEDULE
from tests.people import fact, person_of, record

TURN = datetime.fromisoformat("2020-07-19T10:00:00+08:00")


def said(command: str, *arguments: str) -> str:
    output = StringIO()
    call_command(command, *arguments, stdout=output)
    return output.getvalue()


@pytest.fixture
def due(citizen: Account, at: datetime) -> Account:
    """A citizen whose red ends at ``TURN``."""
    record(person_of(citizen), fact("close_contact", "07-05T10:00"), at=at)
    return citizen


def test_every_scheduled_task_exists() -> None:
    missing = [name for name, (app, _s) in SCHEDULE.items() if not hasattr(import_module(f"{app}.tasks"), name)]
    assert missing == []


def test_the_task_converts_what_is_due_now(due: Account) -> None:
    with time_machine.travel(TURN, tick=False):
        assert tasks.convert_due() == 1
    assert DecisionRecord.objects.get(cause="conversion").decided_at == TURN


def test_the_command_converts_what_is_due_now(due: Account) -> None:
    with time_machine.travel(TURN, tick=False):
        assert said("convert_due", "--batch=1") == "1 converted\n"
        assert said("convert_due") == "0 converted\n"


def test_the_task_delivers(due: Account, at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        assert tasks.deliver_outbox() == 2
    assert not Outbox.objects.filter(sent_at__isnull=True).exists()


def test_the_command_delivers(due: Account, at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        assert said("deliver_outbox") == "2 sent\n"


@pytest.mark.parametrize("door", ["task", "command"])
def test_what_is_expired_is_destroyed(due: Account, at: datetime, door: str) -> None:
    tasks.deliver_outbox()
    InboxMessage.objects.update(received_at=at)
    with time_machine.travel(datetime.fromisoformat("2020-08-30T10:00:00+08:00"), tick=False):
        if door == "task":
            assert tasks.destroy_expired() == {"accounts": 0, "messages": 2}
        else:
            assert said("destroy_expired") == "accounts: 0\nmessages: 2\n"
    assert not InboxMessage.objects.exists()


def test_setting_up_twice_changes_nothing(db: None) -> None:
    said("set_up")
    before = (RuleSetVersion.objects.count(), Source.objects.count())
    assert "new: 0 sources, 0 periodic tasks, 0 keys" in said("set_up")
    assert (RuleSetVersion.objects.count(), Source.objects.count()) == before


def test_keys_turn_every_90_days(province: None, at: datetime) -> None:
    with time_machine.travel(at + timedelta(days=91), tick=False):
        assert tasks.rotate_code_keys() == 8
        assert said("rotate_code_keys") == "nothing was due\n"
