"""What each work is measured against: the same result by the shortest way a good engineer would write.

A yardstick is given everything ready (key objects, DER signature, the exact message) and checks nothing.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import qrcode
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection, transaction
from qrcode.image.svg import SvgImage

from healthcode.domain.tokens.cose import Signer

_ES256 = ec.ECDSA(hashes.SHA256())


def bare_signature(key: Signer, message: bytes) -> Callable[[], object]:
    """One ES256 signature (random nonce, DER) over a message of the length a code has."""
    return lambda: key.sign(message, _ES256)


def bare_check(key: Signer, message: bytes) -> Callable[[], object]:
    """One ES256 check of a ready DER signature."""
    public, signature = key.public_key(), key.sign(message, _ES256)
    return lambda: public.verify(signature, message, _ES256)


def default_svg(text: str) -> Callable[[], object]:
    """`qrcode` with its defaults, as an SVG string."""
    return lambda: qrcode.make(text, image_factory=SvgImage).to_string()


_STAGE = """
CREATE TEMPORARY TABLE bare (
    number text, name text, document text, id_number text, kind text, at timestamp, result text, reported timestamp
) ON COMMIT DROP
"""
# Whose record it is matters to nobody here: the person with the row's number in the order of their making.
_TAKE = """
INSERT INTO healthcode_evidencerecord (public_id, person_id, kind, at, ended_at, recorded_at, reported_at, source_id,
                                       source_ref, place, community, detail, reason)
SELECT gen_random_uuid(), person.id, 'nat_result', bare.at AT TIME ZONE 'Asia/Shanghai',
       bare.at AT TIME ZONE 'Asia/Shanghai', %(at)s, bare.reported AT TIME ZONE 'Asia/Shanghai', %(source)s,
       bare.number, '', '', '{"result": "negative"}'::jsonb, ''
FROM (SELECT *, row_number() OVER () AS place FROM bare) bare
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM healthcode_person) person USING (place)
"""


@transaction.atomic
def copy_and_insert(file: Path, source_id: int, at: datetime) -> None:
    """COPY a file of test results into a staging table, and one INSERT … SELECT into the records."""
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy, file.open("rb") as rows:
            while block := rows.read(1 << 16):
                copy.write(block)
        cursor.execute(_TAKE, {"source": source_id, "at": at})


_SUPERSEDE = """
UPDATE healthcode_decisionrecord SET superseded_at = now() WHERE superseded_at IS NULL AND person_id IN
    (SELECT person_id FROM healthcode_evidencerecord WHERE kind = 'area_stay' AND place = %(county)s)
"""
# A decision of the shape of one that is there already, for everyone who stayed in the county, and who hears of it.
_WRITE = """
WITH made AS (
    INSERT INTO healthcode_decisionrecord (public_id, person_id, colour, grounds, timeline, ruleset_id, cause, at,
                                           decided_at, becomes, recolouring)
    SELECT gen_random_uuid(), stay.person_id, model.colour, model.grounds, model.timeline, model.ruleset_id,
           model.cause, model.at, model.decided_at, model.becomes, model.recolouring
    FROM healthcode_evidencerecord stay
    CROSS JOIN (
        SELECT * FROM healthcode_decisionrecord WHERE superseded_at IS NULL AND colour <> 'green' LIMIT 1
    ) model
    WHERE stay.kind = 'area_stay' AND stay.place = %(county)s
    RETURNING public_id, person_id
), audited AS (
    INSERT INTO healthcode_auditentry (at, actor_label, action, person_id, detail, reason)
    SELECT now(), 'system', 'decide', person_id,
           jsonb_build_object('decision', public_id, 'cause', 'areas', 'colour', 'yellow', 'was', 'green'), ''
    FROM made
)
INSERT INTO healthcode_outbox (topic, person_id, params, dedupe_key, created_at, due_at, attempts, error)
SELECT 'colour_changed', person_id, '{}'::jsonb, 'colour:' || public_id, now(), now(), 0, '' FROM made
"""


@transaction.atomic
def write_decisions(county: str) -> None:
    """Write for everyone who stayed in a county what a recolouring leaves behind: two statements over sets."""
    with connection.cursor() as cursor:
        cursor.execute(_SUPERSEDE, {"county": county})
        cursor.execute(_WRITE, {"county": county})
