"""Asking an adult's consent (N3.5): by a code to their phone, or answered in their own portal.

Whoever asks gets the same answer whether or not the details belong to somebody: the same rows are written, and the
message goes out later, by beat.
"""

import logging
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import override

from family.domain.bonds import CONSENT_LIFE, Proof, Relation, Right
from family.models import Answer, Bond, ConsentRequest
from family.services.bonds import Terms, bind
from healthcode import gateways
from healthcode.access import NotPermitted
from healthcode.domain.identity import Document
from healthcode.domain.masking import mask_name
from healthcode.domain.ports import GatewayDown
from healthcode.models import Account, Person, vault
from healthcode.services.audit import record_act
from healthcode.services.decisions import lock_people
from healthcode.services.errors import Refused
from healthcode.services.persons import number_index

logger = logging.getLogger(__name__)

# Long enough to telephone one's mother, short enough that a code on a lost paper is worth nothing.
LIFE = timedelta(minutes=30)
_KEPT = timedelta(days=7)
_DAY = timedelta(days=1)
_TRIES = 3


class Asked(NamedTuple):
    """Who is asked, as the carer knows them."""

    document: Document
    nationality: str
    name: str


@transaction.atomic
def ask_consent(*, by: Account, carer: Person, asked: Asked, rights: Collection[Right], at: datetime) -> ConsentRequest:
    """Ask the holder of this document and name whether ``carer`` may act for them; the answer tells nothing.

    Raises ``Refused``: ``no_rights``, ``bond_with_oneself``, ``too_many_askings`` (``HC_ASKINGS_A_DAY`` a carer or
    about one document, counted the same whether or not anybody holds it).
    """
    if not rights:
        raise Refused("no_rights")
    index = number_index(asked.document, asked.nationality)
    lock_people([carer.pk])
    if bytes(carer.number_index) == index:
        raise Refused("bond_with_oneself")
    recent = ConsentRequest.objects.filter(asked_at__gt=at - _DAY)
    limit = settings.HC_ASKINGS_A_DAY
    if recent.filter(carer=carer).count() >= limit or recent.filter(number_index=index).count() >= limit:
        raise Refused("too_many_askings")
    made = ConsentRequest.objects.create(
        carer=carer,
        dependant=_holder(index, asked.name, carer),
        number_index=index,
        rights=sorted(rights),
        code_sealed=vault().seal(f"{secrets.randbelow(10**6):06d}", "consent.code"),
        asked_at=at,
        valid_until=at + LIFE,
    )
    # The person asked about is not named: who reads the audit of a wrong guess must not learn more than who guessed.
    record_act(by=by, at=at, action="ask_consent", person=carer, request=str(made.public_id), rights=made.rights)
    return made


def _holder(index: bytes, name: str, carer: Person) -> Person | None:
    """Return who holds the document under this name and has a code and a phone; the same work either way."""
    person = Person.objects.filter(number_index=index).first()
    known = (person or carer).name
    is_holder = person is not None and person.applied_at is not None and person.phone_sealed is not None
    return person if is_holder and known == name else None


def send_consent_codes(*, at: datetime, limit: int = 200) -> int:
    """Send the codes that wait to those asked, by beat; return how many went out.

    Rows are claimed with SKIP LOCKED; the gateway takes a reference twice as once.
    """
    sent = 0
    for _row in range(limit):
        outcome = _send_one(at)
        if outcome is None:
            break
        sent += outcome
    return sent


@transaction.atomic
def _send_one(at: datetime) -> bool | None:
    waiting = ConsentRequest.objects.filter(sent_at__isnull=True, answered_at__isnull=True, valid_until__gt=at)
    locked = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("carer", "dependant")
    row = locked.order_by("asked_at", "pk").first()
    if row is None:
        return None
    if row.dependant is not None and not _send(row, row.dependant, at):
        return None
    row.sent_at = at
    row.save(update_fields=["sent_at"])
    return row.dependant is not None


def _send(row: ConsentRequest, dependant: Person, at: datetime) -> bool:
    with override("zh-hans"):
        text = _(
            "Zhejiang Health Code: %(name)s asks to act for you. If you agree, tell them %(code)s, "
            "valid for 30 minutes. "
            "If you do not know them, tell nobody and call 12345."
        )
    said = text % {"name": mask_name(row.carer.name), "code": row.code}
    try:
        gateways.sms().send(phone=dependant.phone, text=said, reference=f"consent:{row.public_id}", at=at)
    except GatewayDown as error:
        # Left unsent: the next run tries again, until the code has expired.
        logger.warning("consent code %s not sent: %s", row.pk, error)
        return False
    return True


def give_code(*, by: Account, carer: Person, request_id: UUID, code: str, at: datetime) -> Bond:
    """Bind the two, the carer having been told the code by the dependant.

    Raises ``Refused``: ``wrong_code`` (whatever the reason: nobody was asked, expired, used, three wrong tries), and
    as ``bind``.
    """
    row = _count_try(carer, request_id, at)
    if row is None or row.dependant is None or not constant_time_compare(row.code, code):
        raise Refused("wrong_code")
    return _agree(by, row, Proof.PHONE, at)


@transaction.atomic
def _count_try(carer: Person, request_id: UUID, at: datetime) -> ConsentRequest | None:
    """Count a try and commit it before the code is looked at, so that guesses made at once are counted each."""
    rows = ConsentRequest.objects.filter(public_id=request_id, carer=carer, answered_at__isnull=True)
    counted = rows.filter(valid_until__gt=at, tries__lt=_TRIES).update(tries=F("tries") + 1)
    return rows.select_related("carer", "dependant").first() if counted else None


@transaction.atomic
def _agree(by: Account, row: ConsentRequest, proof: Proof, at: datetime) -> Bond:
    if row.dependant is None:
        raise Refused("wrong_code")
    _answer(by, row, Answer.AGREED, at)
    terms = Terms(Relation.CONSENT, proof, frozenset(Right(word) for word in row.rights), at + CONSENT_LIFE)
    return bind(by=by, carer=row.carer, dependant=row.dependant, terms=terms, at=at)


def _answer(by: Account, row: ConsentRequest, answer: Answer, at: datetime) -> None:
    """Answer an open asking: the conditional update lets one of two answers at once through."""
    open_rows = ConsentRequest.objects.filter(pk=row.pk, answered_at__isnull=True, valid_until__gt=at)
    if not open_rows.update(answered_at=at, answer=answer):
        raise Refused("already_answered")
    record_act(by=by, at=at, action=f"consent_{answer}", person=row.dependant, request=str(row.public_id))


def open_askings(*, person: Person, at: datetime) -> list[ConsentRequest]:
    """Return who asks to act for the person and waits for an answer."""
    rows = ConsentRequest.objects.filter(dependant=person, answered_at__isnull=True, valid_until__gt=at)
    return list(rows.select_related("carer").order_by("pk"))


@transaction.atomic
def answer_asking(*, by: Account, request_id: UUID, agree: bool, at: datetime) -> Bond | None:
    """Agree or refuse in one's own portal, where the asking is shown; return the bond made.

    Raises ``NotPermitted`` (nobody asked this account's person), ``Refused``: ``already_answered`` and as ``bind``.
    """
    rows = ConsentRequest.objects.select_related("carer", "dependant")
    row = rows.filter(public_id=request_id, dependant__account=by.pk).first()
    if row is None:
        raise NotPermitted(f"{by} was not asked")
    if agree:
        return _agree(by, row, Proof.PORTAL, at)
    _answer(by, row, Answer.REFUSED, at)
    return None


def destroy_consents(*, at: datetime) -> int:
    """Destroy askings a week after they were made (N4.3); return how many."""
    old = ConsentRequest.objects.filter(asked_at__lte=at - _KEPT)
    count, _each = old.delete()
    if count:
        record_act(by=None, at=at, action="destroy_consents", destroyed=count)
    return count
