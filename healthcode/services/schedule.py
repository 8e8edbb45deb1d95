"""Periodic tasks: switching one off and on, for operators (runtime)."""

from datetime import datetime

from django.db import transaction
from django_celery_beat.models import PeriodicTask, PeriodicTasks

from healthcode.access import NotPermitted
from healthcode.models import Account
from healthcode.services.audit import record_act


@transaction.atomic
def switch_task(*, by: Account, task_id: int, enabled: bool, at: datetime) -> None:
    """Switch a periodic task on or off; beat reads it within seconds. Raises ``NotPermitted``."""
    if not by.has_perm("django_celery_beat.change_periodictask"):
        raise NotPermitted(f"{by} may not switch periodic tasks")
    task = PeriodicTask.objects.select_for_update(of=("self",)).get(pk=task_id)
    PeriodicTask.objects.filter(pk=task.pk).update(enabled=enabled)
    # An update in SQL tells beat nothing; without this it would run on with the old schedule.
    PeriodicTasks.update_changed()
    record_act(by=by, at=at, action="switch_task", task=task.name, enabled=enabled)
