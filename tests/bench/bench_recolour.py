"""A designation reaching the people it touches, decided in Python, beside the same rows written by raw SQL.

Ten people stand beside each one touched. Every round has a county of its own: its designation comes into force, the
people who stayed there turn yellow, and as many in another county get the same rows from statements over sets.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median

from django.db import connection, transaction

from healthcode.domain.colours import Level
from healthcode.models import AreaDesignation, Cause, DecisionRecord, Person, Source
from healthcode.services.decisions import store_first_decisions
from healthcode.services.recolouring import run_recolouring, start_recolouring
from tests.bench import yardsticks
from tests.bench.database import NOON, own_database, run

TOUCHED, QUICK = 20_000, 2_500
ROUNDS = 5
_BEHIND = 5
_DAY = timedelta(days=1)

_PEOPLE = """
INSERT INTO healthcode_person (public_id, document_type, nationality, number_index, number_sealed, name_sealed,
                               residence_code, stay_code, applied_at, created_at)
SELECT gen_random_uuid(), 'resident_id', '', sha256(n::text::bytea), '\\x00', '\\x00', '330106', '330106', %(at)s,
       %(at)s
FROM generate_series(1, %(people)s) n
"""
_STAYS = """
INSERT INTO healthcode_evidencerecord (public_id, person_id, kind, at, ended_at, recorded_at, source_id, source_ref,
                                       place, community, detail, reason)
SELECT gen_random_uuid(), id, 'area_stay', %(at)s, %(at)s, %(at)s, %(source)s, 'stay-' || id,
       (110100 + place / %(each)s)::text, '', jsonb_build_object('place', (110100 + place / %(each)s)::text), ''
FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM healthcode_person) person
WHERE place < %(people)s
"""


def bench_recolour(quick: bool = False) -> tuple[float, float]:
    """Give (ours, raw SQL) people a second: the medians of 5 rounds in turn."""
    each = (QUICK if quick else TOUCHED) // ROUNDS
    with own_database():
        _populate(each)
        ours, bare = [], []
        for turn in range(ROUNDS):
            ours.append(each / _elapsed(_recolour, f"{110100 + 2 * turn}"))
            bare.append(each / _elapsed(yardsticks.write_decisions, f"{110100 + 2 * turn + 1}"))
        yellow = DecisionRecord.objects.current().filter(colour="yellow").count()
        assert yellow == 2 * ROUNDS * each, yellow
    return median(ours), median(bare)


def _elapsed(work: Callable[[str], None], county: str) -> float:
    started = time.perf_counter()
    work(county)
    return time.perf_counter() - started


def _populate(each: int) -> None:
    touched = 2 * ROUNDS * each
    run(_PEOPLE, {"at": NOON - _DAY, "people": touched * _BEHIND})
    source = Source.objects.get(code="zj-police").pk
    ids = list(Person.objects.order_by("pk").values_list("pk", flat=True))
    with transaction.atomic():
        store_first_decisions(by=None, person_ids=ids, cause=Cause.APPLICATION, at=NOON - _DAY)
    run(_STAYS, {"at": NOON - 3 * _DAY, "source": source, "each": each, "people": touched})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _recolour(county: str) -> None:
    with transaction.atomic():
        AreaDesignation.objects.create(
            level=Level.MEDIUM, code=county, county=county, name=county, valid_from=NOON - _DAY, recorded_at=NOON
        )
        started = start_recolouring(by=None, cause=Cause.AREAS, counties=[county], effective_at=NOON - _DAY, at=NOON)
    done = run_recolouring(at=NOON, recolouring_id=started.pk)
    assert done is not None
    assert done.changed == done.touched
