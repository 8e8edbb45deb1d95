"""What the pages about a colour read: the records behind its grounds and the names of their places, two queries."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from healthcode.domain.decide import Ground
from healthcode.models import Division, EvidenceRecord, Person
from healthcode.words import Known, places_above


class Behind(NamedTuple):
    """The stored records behind some grounds, and what sentences about them need."""

    records: dict[str, EvidenceRecord]
    known: Known


def behind(person: Person, grounds: Iterable[Ground], at: datetime) -> Behind:
    """Return the person's own records that the grounds name; no query when there are none."""
    ids = {name for ground in grounds for name in ground.evidence}
    rows = EvidenceRecord.objects.of([person.pk]).filter(public_id__in=ids) if ids else ()
    records = {str(record.public_id): record for record in rows}
    evidence = {name: record.as_domain() for name, record in records.items()}
    places = names_of_places(record.place for record in records.values() if record.place)
    return Behind(records, Known(evidence, places, at))


def names_of_places(codes: Iterable[str]) -> dict[str, str]:
    """Return the Chinese names of these places and of what they lie in; of an abolished place its last name."""
    wanted = places_above(codes)
    if not wanted:
        return {}
    rows = Division.objects.filter(code__in=wanted).order_by("first_seen").values_list("code", "name", "last_seen")
    names: dict[str, str] = {}
    for code, name, _last_seen in sorted(rows, key=lambda row: (row[2] == "", row[2])):
        names[code] = name
    return names
