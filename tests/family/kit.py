"""Bonds made through the services, as in life."""

from collections.abc import Collection
from datetime import datetime

from family.domain.bonds import Right
from family.models import Bond
from family.services.consents import Asked, ask_consent, give_code, send_consent_codes
from family.services.guardians import Child, bind_child
from healthcode.models import Account
from tests.people import JOINED, MOTHER, SON, Member, code_sent_to, person_of

ALL = frozenset(Right)


def asked(member: Member) -> Asked:
    """Say who is asked for consent, as the carer knows them."""
    return Asked(member.document, "", member.name)


def child(member: Member = SON) -> Child:
    """Say who the child is."""
    born = member.document.birth_on
    assert born is not None
    return Child(member.document, "", member.name, born, member.division, member.division)


def bind_mother(daughter: Account, rights: Collection[Right] = ALL, at: datetime = JOINED) -> Bond:
    """Let the mother agree by the code that is sent to her phone."""
    carer = person_of(daughter)
    made = ask_consent(by=daughter, carer=carer, asked=asked(MOTHER), rights=rights, at=at)
    assert send_consent_codes(at=at) == 1
    return give_code(by=daughter, carer=carer, request_id=made.public_id, code=code_sent_to(MOTHER.phone), at=at)


def bind_son(guardian: Account, at: datetime = JOINED) -> Bond:
    """Bind the son of eight to a guardian."""
    return bind_child(by=guardian, guardian=person_of(guardian), child=child(), at=at)
