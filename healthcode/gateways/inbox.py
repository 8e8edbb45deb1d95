"""The demonstration's SMS: messages land in an on-screen inbox instead of on a phone."""

from datetime import datetime

from healthcode.models import InboxMessage, vault


class InboxSms:
    """An ``SmsGateway`` that stores messages, sealed, for the page ``/inbox/``."""

    def send(self, *, phone: str, text: str, reference: str, at: datetime) -> None:
        """Store the message; a reference that is there already is the same message."""
        InboxMessage.objects.get_or_create(
            reference=reference,
            defaults={
                "phone_sealed": vault().seal(phone, "inbox.phone"),
                "phone_index": vault().index(phone, "phone"),
                "text_sealed": vault().seal(text, "inbox.text"),
                "received_at": at,
            },
        )
