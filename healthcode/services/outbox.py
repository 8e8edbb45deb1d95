"""The outbox: what a committed transaction has to tell, and its delivery (N2.3: notice at the turn)."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from healthcode import gateways
from healthcode.domain.ports import GatewayDown
from healthcode.models import Outbox, Person, Topic

logger = logging.getLogger(__name__)

_ATTEMPTS = 8
_FIRST_PAUSE = timedelta(seconds=30)


def message_for(*, person: Person, topic: Topic, key: str, at: datetime) -> Outbox:
    """Return the unsaved row that tells a person something, once per ``key``."""
    return Outbox(topic=topic, person=person, dedupe_key=key, created_at=at, due_at=at)


def announce(*, rows: list[Outbox]) -> None:
    """Write the rows; a row whose key is there already was told before."""
    Outbox.objects.bulk_create(rows, ignore_conflicts=True)


def message_text(topic: Topic) -> str:
    """Return the words of a message: never a health word, only that something is there and where (N4.3)."""
    texts = {
        Topic.CODE_ISSUED: _("Zhejiang Health Code: your application is complete. Sign in to see your code."),
        Topic.ORDERED: _(
            "Zhejiang Health Code: an order of the control office names you. Sign in to read it. You can object: 12345."
        ),
        Topic.PAPER_ENDED: _(
            "Zhejiang Health Code: your printed code no longer counts. Print a new one, or have one printed at a "
            "service desk. Help: 12345."
        ),
        Topic.COLOUR_CHANGED: _(
            "Zhejiang Health Code: there is news about your code. Sign in to read it. Help: 12345."
        ),
        Topic.RECORDS_WITHDRAWN: _(
            "Zhejiang Health Code: what a department had sent about you was wrong and is withdrawn. "
            "Sign in to read it. Help: 12345."
        ),
        Topic.ISOLATION_ENDING: _(
            "Zhejiang Health Code: something ends within a day. Sign in to read it. Help: 12345."
        ),
        Topic.NEWS: _("Zhejiang Health Code: there is something new on your pages. Sign in to read it. Help: 12345."),
        Topic.ISOLATION_TURNED: _(
            "Zhejiang Health Code: something has ended. Sign in to read what is next. Help: 12345."
        ),
    }
    return texts[topic]


def deliver_outbox(*, at: datetime, limit: int = 200) -> int:
    """Send up to ``limit`` waiting messages and return how many went out.

    Each row is claimed with SKIP LOCKED and sent in its own transaction, so two workers never take the same one.
    A worker killed between sending and commit repeats the send; the gateway takes the reference twice as once.
    """
    sent = 0
    for _row in range(limit):
        outcome = _deliver_one(at)
        if outcome is None:
            break
        sent += outcome
    return sent


@transaction.atomic
def _deliver_one(at: datetime) -> bool | None:
    waiting = Outbox.objects.filter(sent_at__isnull=True, failed_at__isnull=True, due_at__lte=at)
    locked = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("person")
    row = locked.order_by("due_at", "id").first()
    if row is None:
        return None
    phone = row.person.phone if row.person else ""
    if not phone:
        # Without a phone the person sees it on the page; there is nothing to send.
        row.sent_at = at
        row.save(update_fields=["sent_at"])
        return False
    try:
        with override("zh-hans"):
            gateways.sms().send(phone=phone, text=message_text(Topic(row.topic)), reference=row.dedupe_key, at=at)
    except GatewayDown as error:
        _postpone(row, at, str(error))
        return False
    row.sent_at = at
    row.save(update_fields=["sent_at"])
    return True


def _postpone(row: Outbox, at: datetime, error: str) -> None:
    row.attempts += 1
    row.error = error[:128]
    row.due_at = at + _FIRST_PAUSE * 2 ** (row.attempts - 1)
    if row.attempts >= _ATTEMPTS:
        row.failed_at = at
        logger.error("message %s given up after %s attempts: %s", row.pk, row.attempts, row.error)
    row.save(update_fields=["attempts", "error", "due_at", "failed_at"])
