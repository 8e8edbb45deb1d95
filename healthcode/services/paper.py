"""Paper codes (N3.3, N3.7): printed, taken back, and taken back by themselves when the colour turns.

A paper code shows no colour: whoever scans it looks the colour up, and asks for the document.
"""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from healthcode.access import check_can_print_code
from healthcode.domain.colours import Colour
from healthcode.domain.tokens import (
    KeyState,
    Kind,
    Reference,
    SigningKey,
    Statement,
    TokenColour,
    encode_token,
    seal_reference,
)
from healthcode.models import Account, CodeKey, DecisionRecord, PaperCode, PaperEnd, Person, StatusList, Topic, vault
from healthcode.services.audit import record_act
from healthcode.services.codes import region_of
from healthcode.services.decisions import lock_people
from healthcode.services.errors import Refused
from healthcode.services.keys import NoSigningKey, reference_key, signing_key
from healthcode.services.outbox import announce, message_for
from healthcode.services.reads import current_status
from healthcode.services.status_lists import allocate_index, set_bits

# So many a day are enough to lose, spoil and reprint; each costs a bit of the list for good.
MAX_A_DAY = 5
BATCH = 200


@transaction.atomic
def issue_paper_code(*, by: Account | None, person: Person, at: datetime) -> PaperCode:
    """Sign a code for paper, good for 14 days, and take the one before back.

    Raises ``NotPermitted``, ``NoSigningKey``; ``Refused``: ``no_code_yet`` (the person has not applied),
    ``too_many_papers`` (five in a day).
    """
    check_can_print_code(by, person, at)
    (person,) = lock_people([person.pk])
    status = current_status(person=person, at=at)
    if status is None or person.applied_at is None:
        raise Refused("no_code_yet")
    if PaperCode.objects.filter(person=person, issued_at__gt=at - timedelta(days=1)).count() >= MAX_A_DAY:
        raise Refused("too_many_papers")
    before = PaperCode.objects.select_for_update(of=("self",)).filter(person=person, revoked_at__isnull=True).first()
    if before is not None:
        _end([before], PaperEnd.REPLACED, by=by, at=at)
    code = _signed(person, status.colour, by, at)
    if before is not None:
        before.replaced_by = code
        before.save(update_fields=["replaced_by"])
    detail = {"paper": str(code.public_id), "list": code.status_list.list_id, "index": code.index}
    record_act(by=by, at=at, action="issue_paper_code", person=person, **detail)
    return code


def _signed(person: Person, colour: Colour, by: Account | None, at: datetime) -> PaperCode:
    key = signing_key(Kind.PAPER, at)
    row, status_list = _rows_of(key)
    iat = int(at.timestamp())
    index = allocate_index(status_list=status_list)
    statement = Statement(Kind.PAPER, TokenColour.NONE, region_of(person), index)
    reference = Reference(person.pk, iat, Kind.PAPER, secrets.randbelow(1 << 16))
    token = encode_token(key=key, statement=statement, cti=seal_reference(reference_key(), reference), issued_at=at)
    issued_at = at.replace(microsecond=0)
    return PaperCode.objects.create(
        person=person,
        key=row,
        status_list=status_list,
        index=index,
        colour=colour,
        token_sealed=vault().seal(token, "papercode.token"),
        issued_at=issued_at,
        issued_by=by,
        valid_until=issued_at + timedelta(seconds=statement.life.life),
    )


def _rows_of(key: SigningKey) -> tuple[CodeKey, StatusList]:
    """Return the key's row as it stands now, locked against its withdrawal; the process may remember an older one."""
    rows = CodeKey.objects.select_related("status_list").filter(state=KeyState.SIGNING.value)
    row = rows.select_for_update(of=("self",), no_key=True).filter(kid=key.record.kid, scope__contains=[Kind.PAPER])
    found = row.first()
    if found is None or found.status_list is None:
        raise NoSigningKey("the key for paper has just changed")
    return found, found.status_list


@transaction.atomic
def revoke_paper_code(*, by: Account | None, code: PaperCode, at: datetime) -> PaperCode:
    """Take a lost code back: from now on every gate with a network refuses it, the others with their next list.

    Raises ``NotPermitted``; ``Refused``: ``paper_ended`` (taken back before).
    """
    check_can_print_code(by, code.person, at)
    row = PaperCode.objects.select_for_update(of=("self",)).get(pk=code.pk)
    if row.revoked_at is not None:
        raise Refused("paper_ended")
    _end([row], PaperEnd.LOST, by=by, at=at)
    return row


def replace_paper_codes(*, at: datetime) -> int:
    """Take back the codes whose person's colour has turned since the print, or whose key was withdrawn.

    Their people are told to print anew. Returns how many. Idempotent, and safe with several workers at once: each
    batch is one transaction over rows claimed with SKIP LOCKED.
    """
    ended = 0
    while done := _replace_batch(at):
        ended += done
    return ended


@transaction.atomic
def _replace_batch(at: datetime) -> int:
    turned = DecisionRecord.objects.current().filter(person=OuterRef("person")).exclude(colour=OuterRef("colour"))
    withdrawn = Q(key__state=KeyState.WITHDRAWN.value)
    due = PaperCode.objects.live(at).filter(Exists(turned) | withdrawn).select_related("person", "status_list", "key")
    rows = list(due.order_by("status_list", "pk").select_for_update(skip_locked=True, of=("self",))[:BATCH])
    for end in (PaperEnd.KEY_WITHDRAWN, PaperEnd.COLOUR_CHANGED):
        mine = [row for row in rows if (row.key.state == KeyState.WITHDRAWN) is (end is PaperEnd.KEY_WITHDRAWN)]
        _end(mine, end, by=None, at=at)
    keys = [(row.person, f"paper:{row.public_id}") for row in rows]
    announce(rows=[message_for(person=who, topic=Topic.PAPER_ENDED, key=key, at=at) for who, key in keys])
    return len(rows)


def _end(codes: list[PaperCode], end: PaperEnd, *, by: Account | None, at: datetime) -> None:
    """Set the bits of the codes and write down why; the rows are locked by the caller."""
    for status_list in {code.status_list_id: code.status_list for code in codes}.values():
        mine = [code.index for code in codes if code.status_list_id == status_list.pk]
        set_bits(by=by, status_list=status_list, indices=mine, at=at)
    for code in codes:
        code.revoked_at, code.revoked_by, code.end = at, by, end
        record_act(
            by=by, at=at, action="revoke_paper_code", person=code.person, paper=str(code.public_id), end=end.value
        )
    PaperCode.objects.bulk_update(codes, ["revoked_at", "revoked_by", "end"])


def last_paper_code(*, person: Person) -> PaperCode | None:
    """Return the code that was printed for the person last, whether or not it counts."""
    return PaperCode.objects.filter(person=person).order_by("-issued_at", "-pk").first()


def live_paper_code(*, person: Person, at: datetime) -> PaperCode | None:
    """Return the person's code on paper that counts at ``at``."""
    return PaperCode.objects.live(at).filter(person=person).select_related("person", "status_list").first()
