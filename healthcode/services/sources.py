"""Sources: who may record evidence, and of which kinds (N3.2)."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from healthcode.access import NotPermitted
from healthcode.domain.evidence import Kind
from healthcode.models import Account, Source, SourceCategory
from healthcode.services.audit import record_act
from healthcode.services.errors import Refused


class SourceFields(NamedTuple):
    """What is said of a source."""

    code: str
    category: SourceCategory
    name: str
    name_en: str
    kinds: tuple[Kind, ...]
    division: str
    is_active: bool


@transaction.atomic
def save_source(*, by: Account, source_id: int | None, fields: SourceFields, at: datetime) -> Source:
    """Make a source, or change one; its code never changes, because records are numbered within it.

    Raises ``NotPermitted``; ``Refused``: ``code_taken``, ``code_is_fixed``.
    """
    if not by.has_perm("healthcode.add_source" if source_id is None else "healthcode.change_source"):
        raise NotPermitted(f"{by} may not save sources")
    if source_id is None:
        if Source.objects.filter(code=fields.code).exists():
            raise Refused("code_taken", fields.code)
        source = Source(code=fields.code)
    else:
        source = Source.objects.select_for_update(of=("self",)).get(pk=source_id)
    if source.code != fields.code:
        raise Refused("code_is_fixed", source.code)
    before = _told(source) if source_id is not None else {}
    source.category, source.name, source.name_en = fields.category, fields.name, fields.name_en
    source.kinds = [kind.value for kind in fields.kinds]
    source.division, source.is_active = fields.division, fields.is_active
    source.save()
    record_act(by=by, at=at, action="save_source", source=source.code, before=before, after=_told(source))
    return source


def _told(source: Source) -> dict[str, object]:
    return {
        "category": str(source.category),
        "name": source.name,
        "kinds": list(source.kinds),
        "division": source.division,
        "is_active": source.is_active,
    }
