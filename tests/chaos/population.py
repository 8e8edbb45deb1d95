"""Making very many people at once, by statements that make sets: for tests of kills and for measurements.

The people are as services would have left them: an application, one current decision with the timeline that
``decide()`` gave, nothing told yet. Their sealed columns hold no names; nobody reads them.
"""

import json
from datetime import datetime, timedelta

from psycopg import Connection

from healthcode.domain.cases import print_ground, print_segment, read_evidence
from healthcode.domain.decide import Decision, decide
from healthcode.domain.rulesets import shipped_ruleset

_PEOPLE = """
INSERT INTO healthcode_person
    (public_id, document_type, nationality, number_sealed, number_index, name_sealed, residence_code, stay_code,
     applied_at, created_at)
SELECT gen_random_uuid(), 'resident_id', '', ''::bytea, sha256(('made ' || n)::bytea), ''::bytea, '330106', '330106',
       %(at)s, %(at)s
FROM generate_series(1, %(number)s) n
"""
_DECISIONS = """
INSERT INTO healthcode_decisionrecord
    (public_id, person_id, colour, grounds, timeline, ruleset_id, cause, at, decided_at, changes_at, becomes,
     recolouring)
SELECT gen_random_uuid(), person.id, %(colour)s, %(grounds)s, %(timeline)s, ruleset.id, 'evidence', %(at)s, %(at)s,
       %(changes_at)s, %(becomes)s, 0
FROM healthcode_person person, healthcode_rulesetversion ruleset
WHERE ruleset.code = %(ruleset)s
"""


def contact_ending(at: datetime) -> Decision:
    """Decide for a close contact whose fourteen days end at ``at``, as of the day after the contact."""
    contact = at - timedelta(days=14)
    said = {"id": "contact", "kind": "close_contact", "at": contact.isoformat()}
    rules = shipped_ruleset()
    return decide([read_evidence(said, "contact")], [], rules, read_evidence(said, "contact").at + timedelta(days=1))


def make_people(line: Connection[tuple[object, ...]], number: int, decision: Decision) -> None:
    """Make ``number`` people, each with this decision as the current one, in the installation behind ``line``."""
    at = decision.at
    becomes = decision.becomes
    line.execute(_PEOPLE, {"at": at, "number": number})
    line.execute(
        _DECISIONS,
        {
            "colour": decision.colour.value,
            "grounds": json.dumps([print_ground(ground) for ground in decision.grounds]),
            "timeline": json.dumps([print_segment(segment) for segment in decision.timeline]),
            "at": at,
            "changes_at": decision.changes_at,
            "becomes": becomes.value if becomes else "",
            "ruleset": decision.ruleset,
        },
    )
    line.commit()
    line.autocommit = True
    line.execute("ANALYZE")
