"""A guardian binds a minor, and gets the child's code where there is none yet (N1.5, N3.5)."""

from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from family import gateways
from family.domain.bonds import Proof, Relation, Right, comes_of_age_at, is_minor
from family.domain.ports import OnPaper
from family.models import Bond
from family.services.bonds import Terms, bind
from healthcode import gateways as authorities
from healthcode.domain.identity import Document, DocumentType, parse_document
from healthcode.domain.instants import to_china
from healthcode.models import Account, Person
from healthcode.services.errors import Refused
from healthcode.services.persons import Application, enrol_people, number_index


class Child(NamedTuple):
    """What a guardian says of the child; ``birth_on`` is asked where the document does not tell it."""

    document: Document
    nationality: str
    name: str
    birth_on: date
    residence_code: str
    stay_code: str


def bind_child(*, by: Account, guardian: Person, child: Child, at: datetime) -> Bond:
    """Bind a minor to a guardian, with every right, until the eighteenth birthday; apply for the child's code.

    Both registers are asked before anything is written. Raises ``Refused``: ``not_a_minor``, ``birth_differs`` (from
    what the document says), ``identity_mismatch``, ``not_a_guardian``, and as ``bind``; ``GatewayDown``.
    """
    document = child.document
    if document.birth_on is not None and document.birth_on != child.birth_on:
        raise Refused("birth_differs")
    if not is_minor(child.birth_on, at):
        raise Refused("not_a_minor")
    known = authorities.identity_authority()
    if not known.matches(document=document, nationality=child.nationality, name=child.name):
        raise Refused("identity_mismatch")
    paper = OnPaper(document, child.nationality, child.name)
    if not gateways.guardian_register().guards(guardian=on_paper(guardian, at), child=paper, birth_on=child.birth_on):
        raise Refused("not_a_guardian")
    return _bind(by, guardian, child, at)


@transaction.atomic
def _bind(by: Account, guardian: Person, child: Child, at: datetime) -> Bond:
    application = Application(child.document, child.nationality, child.name, "", child.residence_code, child.stay_code)
    enrol_people(by=by, applications=[application], at=at)
    dependant = Person.objects.get(number_index=number_index(child.document, child.nationality))
    until = comes_of_age_at(child.birth_on)
    terms = Terms(Relation.GUARDIAN, Proof.REGISTER, frozenset(Right), until)
    return bind(by=by, carer=guardian, dependant=dependant, terms=terms, at=at)


def on_paper(person: Person, at: datetime) -> OnPaper:
    """Return what the person's document says; it was checked when the person applied."""
    number = person.number
    known = {number[:6], f"{number[1:3]}0000"}
    document = parse_document(DocumentType(person.document_type), number, on=to_china(at).date(), divisions=known)
    return OnPaper(document, person.nationality, person.name)
