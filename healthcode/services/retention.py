"""Destroying what is no longer needed (N4.3)."""

from datetime import datetime, timedelta

from django.db import transaction

from healthcode.models import Account, InboxMessage
from healthcode.services.audit import record_act

UNVERIFIED_ACCOUNT = timedelta(days=1)
INBOX = timedelta(days=30)


@transaction.atomic
def destroy_expired(*, by: Account | None, at: datetime) -> dict[str, int]:
    """Destroy accounts never verified and old demonstration messages; return how many of each."""
    unverified = Account.objects.filter(
        phone_verified_at__isnull=True,
        phone_index__isnull=False,
        opened_at__lt=at - UNVERIFIED_ACCOUNT,
        person__isnull=True,
        is_staff=False,
    )
    accounts, _of = unverified.delete()
    messages, _of = InboxMessage.objects.filter(received_at__lt=at - INBOX).delete()
    counts = {"accounts": accounts, "messages": messages}
    if any(counts.values()):
        record_act(by=by, at=at, action="destroy_expired", accounts=accounts, messages=messages)
    return counts
