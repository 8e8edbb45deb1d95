"""Due conversions (转码): codes that turn by themselves when a period ends (N2.3, N2.5, N2.6).

The future is in each decision's timeline, so converting is copying its next part into a new decision: three
statements a batch, nobody is decided again.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from healthcode.models import AuditEntry, Cause, DecisionRecord, Outbox, Person, Topic

BATCH = 2_000

_INSERT = """
INSERT INTO {decision}
    (public_id, person_id, colour, grounds, timeline, ruleset_id, cause, at, decided_at, changes_at, becomes,
     recolouring)
SELECT gen_random_uuid(), old.person_id, old.becomes, rest.timeline -> 0 -> 'grounds', rest.timeline, old.ruleset_id,
       %(cause)s, old.changes_at, %(at)s, later.changes_at, coalesce(later.colour, ''), old.recolouring
FROM {decision} old
CROSS JOIN LATERAL (
    SELECT jsonb_agg(part.segment ORDER BY part.place) AS timeline
    FROM jsonb_array_elements(old.timeline) WITH ORDINALITY AS part (segment, place)
    WHERE (part.segment ->> 'from')::timestamptz >= old.changes_at
) rest
LEFT JOIN LATERAL (
    SELECT (part.segment ->> 'from')::timestamptz AS changes_at, part.segment ->> 'colour' AS colour
    FROM jsonb_array_elements(rest.timeline) WITH ORDINALITY AS part (segment, place)
    WHERE part.segment ->> 'colour' <> old.becomes
    ORDER BY part.place
    LIMIT 1
) later ON true
WHERE old.id = ANY(%(ids)s)
RETURNING id
"""

_TELL = """
WITH converted AS (
    SELECT new.id, new.public_id, new.person_id, new.colour, old.colour AS was
    FROM {decision} new
    JOIN {decision} old ON old.person_id = new.person_id AND old.id = ANY(%(ids)s)
    WHERE new.id = ANY(%(new_ids)s)
), audited AS (
    INSERT INTO {audit} (at, actor_label, action, person_id, detail, reason)
    SELECT %(at)s, 'conversion', 'decide', person_id,
           jsonb_build_object('decision', public_id, 'cause', %(cause)s, 'colour', colour, 'was', was), ''
    FROM converted
)
INSERT INTO {outbox} (topic, person_id, params, dedupe_key, created_at, due_at, attempts, error)
SELECT %(topic)s, converted.person_id, '{{}}'::jsonb, 'colour:' || converted.public_id, %(at)s, %(at)s, 0, ''
FROM converted JOIN {person} person ON person.id = converted.person_id
WHERE person.applied_at IS NOT NULL
"""


def convert_due(*, at: datetime, limit: int | None = None, batch: int = BATCH) -> int:
    """Convert every decision due at ``at`` and return how many were converted.

    Safe with several workers at once, after ``kill -9`` and run twice: each batch is one transaction over people
    claimed with SKIP LOCKED. A person whose colour turns more than once gets one decision for each turn.
    ``limit`` stops after about that many.
    """
    converted = 0
    while limit is None or converted < limit:
        claimed, done = _convert_batch(at, batch)
        if not claimed:
            break
        converted += done
    return converted


@transaction.atomic
def _convert_batch(at: datetime, batch: int) -> tuple[int, int]:
    """Return how many people were claimed and how many of them were still due."""
    # A decision older than an unfinished recolouring is left to it: its timeline may be wrong by now.
    due = DecisionRecord.objects.convertible(at)
    # Locks the people, not the decisions, and passes over those whom somebody else holds: never waits.
    claim = due.order_by("changes_at").select_related("person").only("person_id", "person__id")
    locked = claim.select_for_update(skip_locked=True, no_key=True, of=("person",))[:batch]
    held = [decision.person_id for decision in locked]
    # Read again under the lock: what was due when it was claimed may have been decided anew since.
    ids = list(due.filter(person_id__in=held).values_list("pk", flat=True))
    if ids:
        _turn(ids, at)
    return len(held), len(ids)


def _turn(ids: list[int], at: datetime) -> None:
    tables = {
        "decision": DecisionRecord._meta.db_table,
        "audit": AuditEntry._meta.db_table,
        "outbox": Outbox._meta.db_table,
        "person": Person._meta.db_table,
    }
    given: dict[str, Any] = {"ids": ids, "at": at, "cause": Cause.CONVERSION.value, "topic": Topic.COLOUR_CHANGED.value}
    DecisionRecord.objects.filter(pk__in=ids).update(superseded_at=at)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(**tables), given)
        new_ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(_TELL.format(**tables), {**given, "new_ids": new_ids})
