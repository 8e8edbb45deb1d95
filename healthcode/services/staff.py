"""Staff: appointing accounts that work in the back office or at a gate."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from healthcode.access import NotPermitted
from healthcode.models import Account
from healthcode.services.audit import record_act


@transaction.atomic
def appoint_staff(
    *, by: Account | None, username: str, password: str, details: Mapping[str, Any], at: datetime
) -> Account:
    """Make a staff account and return it.

    ``details``: ``display_name``, ``division`` (GB/T 2260, the jurisdiction), ``roles`` (names of groups; without
    one the account is no member of the back office). Raises ``NotPermitted`` unless ``by`` may add accounts.
    """
    if by is not None and not by.has_perm("healthcode.add_account"):
        raise NotPermitted(f"{by} may not appoint staff")
    roles = list(details.get("roles", ()))
    account = Account(
        username=username,
        display_name=details.get("display_name", ""),
        division=details.get("division", ""),
        is_staff=bool(roles),
        opened_at=at,
    )
    account.set_password(password)
    account.save(force_insert=True)
    account.groups.set(Group.objects.filter(name__in=roles))
    record_act(by=by, at=at, action="appoint_staff", account=username, roles=roles, division=account.division)
    return account
