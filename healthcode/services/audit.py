"""Writing audit entries: who did what to whom, when and why (N4.2)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from healthcode.models import Account, AuditEntry, Person
from healthcode.models.copying import insert_rows


class Act(NamedTuple):
    """One thing done, to be written down. ``person_id`` None: it concerns nobody in particular."""

    action: str
    person_id: int | None
    detail: Mapping[str, object]
    reason: str = ""


def record_acts(*, by: Account | None, at: datetime, acts: Iterable[Act], label: str = "system") -> None:
    """Write one audit entry an act. ``label`` names the part of the system when ``by`` is None."""
    insert_rows(
        [
            AuditEntry(
                at=at,
                actor=by,
                actor_label=by.username if by else label,
                action=act.action,
                person_id=act.person_id,
                detail=dict(act.detail),
                reason=act.reason,
            )
            for act in acts
        ]
    )


def record_act(
    *, by: Account | None, at: datetime, action: str, person: Person | None = None, **detail: object
) -> None:
    """Write one audit entry."""
    record_acts(by=by, at=at, acts=[Act(action, person.pk if person else None, detail)])
