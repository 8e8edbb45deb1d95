"""Accounts and applications: one code a person, anywhere in the province (N1.5, N3.1)."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from healthcode import gateways
from healthcode.domain.identity import Document, DocumentType
from healthcode.models import Account, Cause, Person, Topic, vault
from healthcode.services.audit import Act, record_act, record_acts
from healthcode.services.decisions import lock_people, store_decisions
from healthcode.services.errors import Refused
from healthcode.services.outbox import announce, message_for

_CLAIM_SECONDS = 300
_CLAIM_TRIES = 3


class Application(NamedTuple):
    """What a person says of themself, checked and normalised by the form."""

    document: Document
    nationality: str
    name: str
    phone: str
    residence_code: str
    stay_code: str


def number_index(document: Document, nationality: str) -> bytes:
    """Return the blind index under which a document is found: one person, whatever the spelling."""
    country = nationality if document.type in (DocumentType.PASSPORT, DocumentType.OTHER) else ""
    return vault().index(f"{document.type}|{country}|{document.number}", "person.number")


def phone_index(phone: str) -> bytes:
    """Return the blind index of a phone in E.164."""
    return vault().index(phone, "phone")


def account_of_phone(phone: str) -> Account | None:
    """Return the account that signs in with this phone, or None."""
    return Account.objects.filter(phone_index=phone_index(phone), is_active=True).first()


def open_account(*, phone: str, at: datetime) -> Account:
    """Return the account of this phone, opening one if there is none; two requests at once open one."""
    found = account_of_phone(phone)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            account = Account(
                username=secrets.token_urlsafe(16),
                phone_sealed=vault().seal(phone, "account.phone"),
                phone_index=phone_index(phone),
                opened_at=at,
            )
            account.set_unusable_password()
            account.save(force_insert=True)
            record_act(by=None, at=at, action="open_account", account=account.username)
            return account
    except IntegrityError:
        return Account.objects.get(phone_index=phone_index(phone))


@transaction.atomic
def verify_phone(*, account: Account, at: datetime) -> None:
    """Note that the account's holder has read a code sent to its phone."""
    if account.phone_verified_at is None:
        account.phone_verified_at = at
        account.save(update_fields=["phone_verified_at"])
        record_act(by=account, at=at, action="verify_phone")


def send_sign_in_code(*, phone: str, code: str, at: datetime) -> None:
    """Send a one-time code for signing in, at once and never through the outbox. Raises ``GatewayDown``."""
    text = _("Zhejiang Health Code: %(code)s is your sign-in code, valid for 5 minutes. Tell it to nobody.")
    reference = f"sign-in:{secrets.token_urlsafe(12)}"
    gateways.sms().send(phone=phone, text=text % {"code": code}, reference=reference, at=at)


@transaction.atomic
def apply_for_code(*, by: Account, application: Application, at: datetime) -> Person:
    """Give ``by`` the code of the person of this document, making it if nobody has it yet (赋码).

    A second application is taken to the first code. Raises ``Refused``: ``identity_mismatch`` (the authority does
    not know this name with this document), ``account_has_code`` (the account shows another person's code),
    ``held_by_another`` (a code exists and belongs to another phone: ``send_claim``, then ``claim_code``).
    Raises ``GatewayDown`` when the identity authority cannot be asked.
    """
    document, nationality = application.document, application.nationality
    if not gateways.identity_authority().matches(document=document, nationality=nationality, name=application.name):
        raise Refused("identity_mismatch")
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    index = number_index(document, nationality)
    _check_account_free(by, index)
    person = _person_of(index, application, at)
    if person.account_id == by.pk:
        return person
    if person.account_id is not None:
        raise Refused("held_by_another")
    _complete(person, by, application, at)
    store_decisions(by=by, people=[person], cause=Cause.APPLICATION, at=at)
    record_act(by=by, at=at, action="apply", person=person, document_type=document.type)
    announce(rows=[message_for(person=person, topic=Topic.CODE_ISSUED, key=f"issued:{person.public_id}", at=at)])
    return person


def _check_account_free(by: Account, index: bytes) -> None:
    held = Person.objects.filter(account=by).first()
    if held is not None and bytes(held.number_index) != index:
        raise Refused("account_has_code")


def _person_of(index: bytes, application: Application, at: datetime) -> Person:
    """Return the locked person of this document, made if nobody knew of it."""
    Person.objects.bulk_create([_unsaved(index, application, at)], ignore_conflicts=True)
    return lock_people([Person.objects.get(number_index=index).pk])[0]


def _unsaved(index: bytes, application: Application, at: datetime) -> Person:
    return Person(
        document_type=application.document.type,
        nationality=application.nationality,
        number_index=index,
        number_sealed=vault().seal(application.document.number, "person.number"),
        name_sealed=vault().seal(application.name, "person.name"),
        created_at=at,
    )


_APPLIED = ["name_sealed", "phone_sealed", "phone_index", "residence_code", "stay_code", "applied_at"]


def _fill(person: Person, application: Application, at: datetime) -> None:
    person.name_sealed = vault().seal(application.name, "person.name")
    if application.phone:
        person.phone_sealed = vault().seal(application.phone, "person.phone")
        person.phone_index = phone_index(application.phone)
    person.residence_code = application.residence_code
    person.stay_code = application.stay_code
    person.applied_at = at


def _complete(person: Person, by: Account, application: Application, at: datetime) -> None:
    person.account = by
    _fill(person, application, at)
    person.save(update_fields=["account", *_APPLIED])


def send_claim(*, by: Account, application: Application, at: datetime) -> str:
    """Send a one-time code to the phone a person's code was applied for with; return that phone.

    For the second application from another phone. Raises ``Refused``: ``no_such_code``, ``no_phone`` (apply at a
    service point), ``GatewayDown``.
    """
    person = Person.objects.filter(number_index=number_index(application.document, application.nationality)).first()
    if person is None or person.account_id is None:
        raise Refused("no_such_code")
    if not person.phone:
        raise Refused("no_phone")
    code = f"{secrets.randbelow(10**6):06d}"
    text = _("Zhejiang Health Code: %(code)s is the code to show your health code on another phone.") % {"code": code}
    reference = f"claim:{secrets.token_urlsafe(12)}"
    gateways.sms().send(phone=person.phone, text=text, reference=reference, at=at)
    cache.set(_tries_key(by), 0, _CLAIM_SECONDS)
    cache.set(_claim_key(by), {"person": person.pk, "code": code}, _CLAIM_SECONDS)
    return person.phone


def claim_code(*, by: Account, code: str, at: datetime) -> Person:
    """Move a person's code to the account ``by``, which has read the one-time code (N3.1: no second application).

    Raises ``Refused``: ``claim_expired``, ``wrong_code`` (three tries), ``account_has_code``.
    """
    claim = cache.get(_claim_key(by))
    # A try is counted before it is looked at, so that guesses made at once are not counted as one.
    tries = _count_try(by)
    if claim is None or tries > _CLAIM_TRIES:
        raise Refused("claim_expired")
    if not constant_time_compare(claim["code"], code):
        raise Refused("wrong_code" if tries < _CLAIM_TRIES else "claim_expired")
    if not cache.delete(_claim_key(by)):
        raise Refused("claim_expired")
    return _move_code(by, claim["person"], at)


def _count_try(by: Account) -> int:
    try:
        return cache.incr(_tries_key(by))
    except ValueError:
        return _CLAIM_TRIES + 1


@transaction.atomic
def _move_code(by: Account, person_id: int, at: datetime) -> Person:
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    person = lock_people([person_id])[0]
    _check_account_free(by, bytes(person.number_index))
    before = str(person.account.username) if person.account else ""
    person.account = by
    person.save(update_fields=["account"])
    record_act(by=by, at=at, action="claim_code", person=person, before=before)
    return person


def _claim_key(by: Account) -> str:
    return f"claim:{by.pk}"


def _tries_key(by: Account) -> str:
    return f"claim-tries:{by.pk}"


@transaction.atomic
def enrol_people(*, by: Account | None, applications: Sequence[Application], at: datetime) -> list[Person]:
    """Apply for many people at once, as a service point does for those without a phone (N3.6); return the new ones.

    A fixed number of queries. Who has a code already keeps it; two applications for one document are one.
    """
    by_index = {number_index(a.document, a.nationality): a for a in applications}
    Person.objects.bulk_create([_unsaved(index, a, at) for index, a in by_index.items()], ignore_conflicts=True)
    found = Person.objects.filter(number_index__in=list(by_index), applied_at__isnull=True)
    people = lock_people(found.values_list("pk", flat=True))
    for person in people:
        _fill(person, by_index[bytes(person.number_index)], at)
    Person.objects.bulk_update(people, _APPLIED, batch_size=500)
    store_decisions(by=by, people=people, cause=Cause.APPLICATION, at=at)
    record_acts(by=by, at=at, acts=[Act("enrol", person.pk, {}) for person in people])
    return people


@transaction.atomic
def ensure_person(*, document: Document, nationality: str, name: str, at: datetime) -> Person:
    """Return the person of this document, made if evidence is the first we hear of them (N3.2)."""
    application = Application(document, nationality, name, "", "", "")
    return _person_of(number_index(document, nationality), application, at)
