"""Periodic work of the family app: thin doors to services, each also a command of the same name."""

from celery import shared_task
from django.utils import timezone

from family.services.bonds import end_bonds as end_bonds_now
from family.services.companions import destroy_groups as destroy_groups_now
from family.services.consents import destroy_consents as destroy_consents_now
from family.services.consents import send_consent_codes as send_consent_codes_now


@shared_task
def end_bonds() -> int:
    """Write down which bonds have ended by time (N3.5). Every ten minutes; readers do not wait for it."""
    return end_bonds_now(at=timezone.now())


@shared_task
def send_consent_codes() -> int:
    """Send the codes of those who are asked for consent (N3.5). Every five seconds."""
    return send_consent_codes_now(at=timezone.now())


@shared_task
def destroy_consents() -> int:
    """Destroy askings for consent after a week (N4.3). Every hour."""
    return destroy_consents_now(at=timezone.now())


@shared_task
def destroy_groups() -> int:
    """Destroy companions' groups three days after their day (N4.3). Every hour."""
    return destroy_groups_now(at=timezone.now())
