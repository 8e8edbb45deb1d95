"""Periodic work of the venues: thin doors to services, each also a command of the same name."""

from celery import shared_task
from django.utils import timezone

from venues.services.scans import destroy_scans as destroy_scans_now
from venues.services.watch import watch_venues as watch_venues_now


@shared_task
def destroy_scans() -> int:
    """Destroy scans past their retention (N4.3). Every hour."""
    return destroy_scans_now(by=None, at=timezone.now())


@shared_task
def watch_venues() -> int:
    """Raise alarms for venues whose gates are used from far away. Every five minutes."""
    return watch_venues_now(at=timezone.now())
