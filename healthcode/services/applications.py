"""Applying with a declaration: the three steps of the form become one act (赋码, N3.1)."""

from datetime import datetime

from django.db import transaction

from healthcode.models import Account, Person
from healthcode.services.declarations import Declared, declare
from healthcode.services.persons import Application, apply_for_code


@transaction.atomic
def apply_and_declare(
    *, by: Account, application: Application, said: list[Declared], form_id: str, at: datetime
) -> Person:
    """Give ``by`` the code of the person applied for and record what they declare, both or neither.

    The same ``form_id`` twice is one application. Raises ``Refused`` as ``apply_for_code`` and ``declare``.
    """
    person = apply_for_code(by=by, application=application, at=at)
    declare(by=by, person=person, said=said, form_id=form_id, at=at)
    return person
