"""Status lists: an index for each code that can be taken back, its bit once it was, and what is published of both.

Giving an index and setting a bit lock the list's row, so each happens exactly once and versions have no gaps.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import Exists, OuterRef

from healthcode.domain.tokens import VerifyingKey
from healthcode.domain.tokens.status import DELTA_TYPE, LIST_TYPE, list_bits, pack_bits, status_claim
from healthcode.models import Account, StatusBit, StatusList
from healthcode.services.audit import record_act
from healthcode.services.keys import ISSUER
from healthcode.services.publishing import Published, as_of, publisher, sign_published

LIST_STEP = timedelta(hours=1)
LIST_LIFE = timedelta(hours=48)
# A gate asks for the changes every hour; one that was away for longer than this fetches the whole list.
SLICES_KEPT = timedelta(days=14)
PATH = "/.well-known/health-code-status/"


class UnknownList(LookupError):
    """There is no such status list, or no such version of it."""

    code = "unknown_list"


class TooOld(LookupError):
    """The slice since this version is not kept any more: the whole list is to be fetched."""

    code = "too_old"


@transaction.atomic
def allocate_index(*, status_list: StatusList) -> int:
    """Give the next index of the list, to one code and never again. It is taken back with the transaction."""
    row = _locked(status_list)
    index = row.next_index
    row.next_index += 1
    row.save(update_fields=["next_index"])
    return index


@transaction.atomic
def set_bits(*, by: Account | None, status_list: StatusList, indices: Iterable[int], at: datetime) -> list[int]:
    """Revoke the codes of these indices for ever and return those that were not revoked before.

    Raises ``IndexError`` for an index that was never given.
    """
    row, wanted = _locked(status_list), set(indices)
    if any(not 0 <= index < row.next_index for index in wanted):
        raise IndexError(f"{row.list_id} has given {row.next_index} indices")
    known = set(StatusBit.objects.filter(status_list=row, index__in=wanted).values_list("index", flat=True))
    new = sorted(wanted - known)
    if not new:
        return []
    StatusBit.objects.bulk_create(
        StatusBit(status_list=row, index=index, number=row.version + place, revoked_at=at)
        for place, index in enumerate(new, 1)
    )
    row.version += len(new)
    row.changed_at = max(at, row.changed_at)
    row.save(update_fields=["version", "changed_at"])
    record_act(by=by, at=at, action="set_status_bits", list=row.list_id, indices=new)
    return new


def _locked(status_list: StatusList) -> StatusList:
    return StatusList.objects.select_for_update(of=("self",), no_key=True).get(pk=status_list.pk)


def is_revoked(key: VerifyingKey, index: int) -> bool | None:
    """Tell whether the code of this index is revoked; None where the key has no list or never gave the index.

    One indexed read.
    """
    if not key.status_list:
        return None
    bits = StatusBit.objects.filter(status_list=OuterRef("pk"), index=index)
    found = (
        StatusList.objects.filter(list_id=key.status_list)
        .annotate(revoked=Exists(bits))
        .values_list("next_index", "revoked")
        .first()
    )
    return None if found is None or index >= found[0] else bool(found[1])


# --- publishing -------------------------------------------------------------------------------------------


def list_document(list_id: str, at: datetime) -> Published:
    """Return the signed list as of ``at`` (IETF Token Status List); ``version`` is where slices go on from.

    Raises ``UnknownList``, and what ``sign_published`` raises.
    """
    row = _list_of(list_id)
    stamp = as_of(at, LIST_STEP, row.changed_at)
    return _list_document(row.pk, row.version, list_bits(row.next_index), stamp, publisher(at).kid)


@lru_cache(maxsize=16)
def _list_document(list_pk: int, version: int, bits: int, stamp: datetime, kid: str) -> Published:
    """Sign a list once for what it says; the arguments are what it depends on."""
    found = StatusBit.objects.filter(status_list_id=list_pk, number__lte=version).values_list("index", flat=True)
    claim = status_claim(pack_bits(found.iterator(), bits))
    ttl = int(LIST_STEP.total_seconds())
    name = StatusList.objects.values_list("list_id", flat=True).get(pk=list_pk)
    payload = {**_head(name, stamp), "ttl": ttl, "version": version, "status_list": claim}
    return sign_published(typ=LIST_TYPE, payload=payload, at=stamp)


def delta_document(list_id: str, since: int, at: datetime) -> Published:
    """Return the signed slice of what was revoked after version ``since``, as of ``at``.

    Raises ``UnknownList``, ``TooOld``, and what ``sign_published`` raises.
    """
    row = _list_of(list_id)
    if since > row.version:
        raise UnknownList(f"{list_id} is at version {row.version}")
    newer = StatusBit.objects.filter(status_list=row, number__gt=since, number__lte=row.version).order_by("number")
    first = newer.first()
    if first is not None and first.revoked_at < at - SLICES_KEPT:
        raise TooOld(f"{list_id} since {since}")
    stamp = as_of(at, LIST_STEP, row.changed_at)
    slice_ = {"from": since, "to": row.version, "set": sorted(newer.values_list("index", flat=True))}
    return sign_published(typ=DELTA_TYPE, payload={**_head(list_id, stamp), **slice_}, at=stamp)


def _list_of(list_id: str) -> StatusList:
    row = StatusList.objects.filter(list_id=list_id).first()
    if row is None:
        raise UnknownList(list_id)
    return row


def _head(list_id: str, stamp: datetime) -> dict[str, object]:
    iat = int(stamp.timestamp())
    return {"iss": ISSUER, "sub": PATH + list_id, "iat": iat, "exp": iat + int(LIST_LIFE.total_seconds())}
