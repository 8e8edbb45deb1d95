"""Roles: groups with exactly what their work needs."""

from datetime import datetime

import pytest
from django.contrib.auth.models import Group, Permission

from healthcode.models import Account, AuditEntry
from healthcode.services.roles import PERMISSIONS, Role, install_roles

# What an operator may see: nothing in it is about a person.
IMPERSONAL = {"codekey", "feed", "outbox", "recolouring", "rulesetversion", "periodictask"}


@pytest.mark.parametrize("role", Role)
def test_a_role_has_exactly_its_permissions(role: Role, db: None, at: datetime) -> None:
    install_roles(by=None, at=at)
    found = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
    assert {f"{app}.{codename}" for app, codename in found} == PERMISSIONS[role]


def test_installing_twice_changes_nothing(db: None, at: datetime) -> None:
    assert set(install_roles(by=None, at=at)) == set(Role)
    entries = AuditEntry.objects.count()
    assert install_roles(by=None, at=at) == []
    assert AuditEntry.objects.count() == entries


def test_a_permission_given_by_hand_is_taken_back(db: None, at: datetime) -> None:
    install_roles(by=None, at=at)
    Group.objects.get(name=Role.OPERATOR).permissions.add(Permission.objects.get(codename="view_person"))
    assert install_roles(by=None, at=at) == [Role.OPERATOR]


def test_missing_permissions_are_an_error(db: None, at: datetime) -> None:
    Permission.objects.filter(codename="view_person").delete()
    with pytest.raises(LookupError):
        install_roles(by=None, at=at)


def test_nobody_may_change_or_delete_what_is_on_record() -> None:
    given = set().union(*PERMISSIONS.values())
    assert {name for name in given if ".delete_" in name} == set()
    changed = {name.split(".change_")[1] for name in given if ".change_" in name}
    assert changed == {"zone", "source", "periodictask", "recolouring"}


def test_an_operator_sees_no_person(operator: Account) -> None:
    assert {name.rsplit("_", 1)[1] for name in operator.get_all_permissions()} == IMPERSONAL


def test_an_auditor_writes_nothing(auditor: Account) -> None:
    assert {name.split(".")[1].split("_")[0] for name in auditor.get_all_permissions()} == {"view"}
