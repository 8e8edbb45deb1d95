"""Periodic work as rows of django-celery-beat, so that operators see and change it."""

from datetime import datetime, timedelta

from django.db import transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from healthcode.models import Account
from healthcode.services.audit import record_act

# Each task has a command of the same name. Seconds between two runs.
SCHEDULE: dict[str, int] = {"convert_due": 60, "deliver_outbox": 10, "recolour": 30, "destroy_expired": 3600}


@transaction.atomic
def install_schedule(*, by: Account | None, at: datetime) -> list[str]:
    """Add the periodic tasks that are missing and return their names; rows that are there stay as they are."""
    made = []
    for name, seconds in SCHEDULE.items():
        interval, _made = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
        _task, new = PeriodicTask.objects.get_or_create(
            name=name,
            defaults={
                "task": f"healthcode.tasks.{name}",
                "interval": interval,
                # A run that waited longer than its interval is as good as the next one.
                "expire_seconds": int(timedelta(seconds=seconds).total_seconds()),
            },
        )
        if new:
            made.append(name)
    if made:
        record_act(by=by, at=at, action="install_schedule", tasks=made)
    return made
