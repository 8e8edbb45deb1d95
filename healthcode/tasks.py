"""Periodic work: thin doors to services, each also a command of the same name."""

from celery import shared_task
from django.utils import timezone

from healthcode.services.conversions import BATCH
from healthcode.services.conversions import convert_due as convert_due_now
from healthcode.services.keys import ensure_code_keys as ensure_code_keys_now
from healthcode.services.outbox import deliver_outbox as deliver_outbox_now
from healthcode.services.recolouring import run_recolouring
from healthcode.services.retention import destroy_expired as destroy_expired_now


@shared_task
def convert_due(batch: int = BATCH) -> int:
    """Convert the codes whose period has ended (N2.3). Every minute; ``batch`` people a transaction."""
    return convert_due_now(at=timezone.now(), batch=batch)


@shared_task
def deliver_outbox() -> int:
    """Send waiting messages. Every 10 seconds."""
    return deliver_outbox_now(at=timezone.now())


@shared_task
def destroy_expired() -> dict[str, int]:
    """Destroy what is past its retention (N4.3). Every hour."""
    return destroy_expired_now(by=None, at=timezone.now())


@shared_task
def recolour() -> int:
    """Carry changes of areas and rules to the people they touch; return how many were finished. Every 30 seconds."""
    finished = 0
    while run_recolouring(at=timezone.now()) is not None:
        finished += 1
    return finished


@shared_task
def ensure_code_keys() -> int:
    """Make the signing keys that are missing or near their end. Every hour."""
    return len(ensure_code_keys_now(by=None, at=timezone.now()))
