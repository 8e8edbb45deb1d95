"""The outbox: a message goes out because its transaction was committed, once, and not for ever."""

from datetime import datetime, timedelta

import pytest
from django.utils.translation import override

from healthcode import gateways
from healthcode.domain.ports import GatewayDown
from healthcode.models import Account, InboxMessage, Outbox, Person, Topic
from healthcode.services.outbox import announce, deliver_outbox, message_for, message_text
from tests.people import CITIZEN, MOTHER, person_of

SECOND = timedelta(seconds=1)
HEALTH_WORDS = ("红", "黄", "绿", "码为", "隔离", "阳性", "阴性", "red", "yellow", "green", "contact", "quarantine")


class FlakySms:
    """A gateway that is down so many times, then takes messages and remembers them."""

    def __init__(self, failures: int) -> None:
        """Fail so many times first."""
        self.failures = failures
        self.sent: list[tuple[str, str]] = []

    def send(self, *, phone: str, text: str, reference: str, at: datetime) -> None:
        """Take a message, or be down."""
        if self.failures:
            self.failures -= 1
            raise GatewayDown("sms " + "x" * 200)
        self.sent.append((phone, reference))


def waiting(person: Person, key: str, at: datetime, topic: Topic = Topic.COLOUR_CHANGED) -> Outbox:
    announce(rows=[message_for(person=person, topic=topic, key=key, at=at)])
    return Outbox.objects.get(dedupe_key=key)


@pytest.fixture
def holder(citizen: Account) -> Person:
    """王晓明, with the message of her application gone."""
    Outbox.objects.all().delete()
    return person_of(citizen)


def test_a_message_reaches_the_phone(holder: Person, at: datetime) -> None:
    row = waiting(holder, "colour:1", at)
    assert deliver_outbox(at=at) == 1
    row.refresh_from_db()
    message = InboxMessage.objects.get()
    assert (row.sent_at, message.phone, message.reference) == (at, CITIZEN.phone, "colour:1")


def test_a_sent_message_is_not_sent_again(holder: Person, at: datetime) -> None:
    waiting(holder, "colour:1", at)
    assert (deliver_outbox(at=at), deliver_outbox(at=at + SECOND)) == (1, 0)
    assert InboxMessage.objects.count() == 1


def test_a_send_repeated_after_a_kill_is_one_message(holder: Person, at: datetime) -> None:
    waiting(holder, "colour:1", at)
    deliver_outbox(at=at)
    Outbox.objects.update(sent_at=None)
    deliver_outbox(at=at)
    assert InboxMessage.objects.count() == 1


def test_what_was_announced_is_not_announced_again(holder: Person, at: datetime) -> None:
    first = waiting(holder, "colour:1", at)
    assert waiting(holder, "colour:1", at + SECOND) == first


def test_a_message_not_yet_due_waits(holder: Person, at: datetime) -> None:
    waiting(holder, "colour:1", at + SECOND)
    assert (deliver_outbox(at=at), deliver_outbox(at=at + SECOND)) == (0, 1)


def test_a_limit_leaves_the_rest(holder: Person, at: datetime) -> None:
    for number in range(3):
        waiting(holder, f"colour:{number}", at)
    assert (deliver_outbox(at=at, limit=2), deliver_outbox(at=at)) == (2, 1)


def test_who_has_no_phone_is_told_on_the_page_alone(holder: Person, at: datetime) -> None:
    Person.objects.update(phone_sealed=None, phone_index=None)
    row = waiting(holder, "colour:1", at)
    assert deliver_outbox(at=at) == 0
    row.refresh_from_db()
    assert (row.sent_at, InboxMessage.objects.count()) == (at, 0)


def test_a_message_to_nobody_is_done(holder: Person, at: datetime) -> None:
    row = Outbox.objects.create(topic=Topic.COLOUR_CHANGED, dedupe_key="x", created_at=at, due_at=at)
    deliver_outbox(at=at)
    row.refresh_from_db()
    assert row.sent_at == at


def test_one_gateway_failure_does_not_hold_up_the_others(
    holder: Person, mother: Account, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = FlakySms(1)
    monkeypatch.setattr(gateways, "sms", lambda: gateway)
    Outbox.objects.all().delete()
    waiting(holder, "colour:1", at)
    waiting(person_of(mother), "colour:2", at + SECOND)
    assert deliver_outbox(at=at + SECOND) == 1
    assert gateway.sent == [(MOTHER.phone, "colour:2")]


def test_a_failed_message_waits_twice_as_long_each_time(
    holder: Person, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = FlakySms(3)
    monkeypatch.setattr(gateways, "sms", lambda: gateway)
    row = waiting(holder, "colour:1", at)
    pauses = []
    for _attempt in range(3):
        tried_at = row.due_at
        deliver_outbox(at=tried_at)
        row.refresh_from_db()
        pauses.append((row.due_at - tried_at).total_seconds())
    assert pauses == [30, 60, 120]
    assert (deliver_outbox(at=row.due_at - SECOND), deliver_outbox(at=row.due_at)) == (0, 1)


def test_a_message_is_given_up_after_eight_attempts(
    holder: Person, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = FlakySms(99)
    monkeypatch.setattr(gateways, "sms", lambda: gateway)
    row = waiting(holder, "colour:1", at)
    for _attempt in range(12):
        deliver_outbox(at=row.due_at)
        row.refresh_from_db()
    assert (row.attempts, gateway.failures, row.sent_at) == (8, 91, None)
    assert row.failed_at is not None
    assert row.error.startswith("sms")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("topic", list(Topic))
def test_no_message_says_a_health_word(topic: Topic, language: str) -> None:
    with override(language):
        text = message_text(topic)
    assert text
    assert not [word for word in HEALTH_WORDS if word in text.lower()]


def test_messages_are_in_chinese_whatever_the_process_speaks(holder: Person, at: datetime) -> None:
    waiting(holder, "colour:1", at)
    with override("en"):
        deliver_outbox(at=at)
    with override("zh-hans"):
        assert InboxMessage.objects.get().text == message_text(Topic.COLOUR_CHANGED)
