"""Accounts of staff: opened, changed and closed by the installation's administrator alone (N4.1)."""

from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import Group
from django.db import transaction

from healthcode.access import NotPermitted
from healthcode.models import Account
from healthcode.services.audit import record_act
from healthcode.services.errors import Refused


class StaffFields(NamedTuple):
    """What is said of a member of staff. ``password`` empty: the password stays as it is."""

    username: str
    display_name: str
    division: str
    is_staff: bool
    is_active: bool
    roles: tuple[str, ...]
    password: str


@transaction.atomic
def save_staff(*, by: Account | None, account_id: int | None, fields: StaffFields, at: datetime) -> Account:
    """Open or change an account that signs in by name and password.

    Never makes or changes a superuser's rights, and never touches a citizen's account. Raises ``NotPermitted``;
    ``Refused``: ``name_taken``, ``password_required``, ``own_account`` (nobody locks themself out).
    """
    if by is not None and not by.is_superuser:
        raise NotPermitted(f"{by} may not change accounts of staff")
    account = _account(account_id, fields, at)
    if by is not None and account.pk == by.pk and not (fields.is_active and fields.is_staff):
        raise Refused("own_account")
    account.username, account.display_name = fields.username, fields.display_name
    account.division, account.is_staff, account.is_active = fields.division, fields.is_staff, fields.is_active
    if fields.password:
        account.set_password(fields.password)
    account.save()
    account.groups.set(Group.objects.filter(name__in=fields.roles))
    told = fields._replace(password="changed" if fields.password else "")._asdict()
    record_act(by=by, at=at, action="save_staff", **{**told, "roles": list(fields.roles)})
    return account


def _account(account_id: int | None, fields: StaffFields, at: datetime) -> Account:
    if Account.objects.filter(username=fields.username).exclude(pk=account_id or 0).exists():
        raise Refused("name_taken", fields.username)
    if account_id is not None:
        return Account.objects.select_for_update(of=("self",)).get(pk=account_id, phone_index__isnull=True)
    if not fields.password:
        raise Refused("password_required")
    return Account(opened_at=at)
