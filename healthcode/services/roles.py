"""Roles of staff: groups with exactly the permissions their work needs (N4.1 least privilege)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

from healthcode.models import Account
from healthcode.services.audit import record_act


class Role(StrEnum):
    """What a member of staff does. The word is the name of the group."""

    PROVINCE_OFFICER = "province_officer"
    COUNTY_OFFICER = "county_officer"
    AREA_OFFICER = "area_officer"
    VENUE_MANAGER = "venue_manager"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    HEALTH_COMMISSION = "health_commission"
    LEADING_GROUP = "leading_group"
    SUPERVISOR = "supervisor"
    VENDOR = "vendor"
    SERVICE_POINT = "service_point"
    GATE_GUARD = "gate_guard"


_CASE_WORK = frozenset(
    {
        "healthcode.view_person",
        "healthcode.view_evidencerecord",
        "healthcode.add_evidencerecord",
        "healthcode.view_decisionrecord",
        "healthcode.view_areadesignation",
        "healthcode.view_source",
        "healthcode.view_rulesetversion",
    }
)
_AREAS = frozenset(
    {
        "healthcode.view_areadesignation",
        "healthcode.view_areasnapshot",
        "healthcode.view_areachange",
        "healthcode.view_zone",
        "healthcode.view_recolouring",
    }
)
_ORDERS = frozenset({"healthcode.view_controlorderrequest", "healthcode.add_controlorderrequest"})
_APPROVES = frozenset({"healthcode.view_controlorderrequest", "healthcode.approve_controlorderrequest"})

# Whoever may propose rules may also see what their proposal would do.
_RULES = frozenset({"healthcode.propose_rulesetversion", "healthcode.view_simulation"})

# The trust list of other provinces: one proposes, another body approves. Reports that name nobody are looked at by
# whoever may record evidence in the division.
_ISSUERS = frozenset({"healthcode.view_trustedissuer"})
_REPORTS = frozenset({"healthcode.view_foreignreport"})

_QUARANTINE = frozenset(
    {
        "healthcode.view_isolationcase",
        "healthcode.add_isolationorder",
        "healthcode.add_isolationvisit",
        "healthcode.view_transfer",
        "healthcode.add_transfer",
    }
)

# Documents are seen at a service point; disputes are for officers.
_DESK = frozenset({"family.view_bond", "family.add_bond", "family.add_lookup"})
_FAMILY = _DESK | {"family.settle_bond"}

# At the service desk: printing the code of somebody without a phone.
_PAPER = frozenset({"healthcode.add_papercode"})

# A contractor who runs the machines sees whether periodic tasks run: no row of anybody's, no rule, no key, no message.
_MACHINES = frozenset({"django_celery_beat.view_periodictask"})

# An operator keeps the machines running and sees no person; an auditor sees everything masked and writes nothing.
PERMISSIONS: Mapping[Role, frozenset[str]] = {
    Role.COUNTY_OFFICER: _REPORTS | _PAPER | _RULES | _ORDERS | _CASE_WORK | _QUARANTINE | _FAMILY,
    Role.PROVINCE_OFFICER: _RULES
    | _PAPER
    | {"healthcode.view_codekey", "healthcode.withdraw_codekey"}
    | {"healthcode.approve_rulesetversion"}
    | {"healthcode.view_outbreakproposal", "healthcode.add_outbreakproposal"}
    | {"healthcode.change_recolouring"}
    | _ISSUERS
    | {"healthcode.add_trustedissuer", "healthcode.view_systemgrant"}
    | _REPORTS
    | _ORDERS
    | _APPROVES
    | _CASE_WORK
    | _QUARANTINE
    | _AREAS
    | {"healthcode.view_evidencebatch", "healthcode.add_evidencebatch", "healthcode.add_batchwithdrawal"}
    | {"healthcode.add_source", "healthcode.change_source"}
    | {"healthcode.view_feed", "healthcode.view_laterecord", "healthcode.view_systemkey", "healthcode.add_systemkey"},
    Role.HEALTH_COMMISSION: _APPROVES
    | _AREAS
    | {"healthcode.view_outbreakproposal", "healthcode.assess_outbreakproposal"},
    Role.LEADING_GROUP: _APPROVES
    | _AREAS
    | _ISSUERS
    | {"healthcode.approve_trustedissuer"}
    | {"healthcode.view_outbreakproposal", "healthcode.consent_outbreakproposal"},
    Role.SUPERVISOR: frozenset(
        {
            "healthcode.view_alarm",
            "healthcode.view_heldbatch",
            "healthcode.judge_heldbatch",
            "family.view_lookupcomplaint",
            "family.answer_lookupcomplaint",
            "healthcode.view_controlorderrequest",
        }
    ),
    Role.SERVICE_POINT: _DESK | _PAPER,
    Role.GATE_GUARD: frozenset({"family.add_lookup"}),
    Role.AREA_OFFICER: _AREAS | {"healthcode.change_zone"},
    Role.VENUE_MANAGER: frozenset(
        {"venues.view_venue", "venues.add_venue", "venues.view_guard", "venues.add_guard", "venues.view_scan"}
        | {"venues.view_device", "venues.add_device"}
    ),
    Role.AUDITOR: _AREAS
    | _ISSUERS
    | _REPORTS
    | {"healthcode.view_systemgrant"}
    | {"healthcode.view_simulation"}
    | (_CASE_WORK - {"healthcode.add_evidencerecord"})
    | {"healthcode.view_feed", "healthcode.view_laterecord", "healthcode.view_systemkey"}
    | {"healthcode.view_alarm", "healthcode.view_heldbatch", "healthcode.view_controlorderrequest"}
    | {"healthcode.view_isolationcase", "healthcode.view_transfer"}
    | {"healthcode.view_auditentry", "venues.view_venue", "venues.view_guard", "venues.view_scan"}
    | {"venues.view_device"},
    Role.VENDOR: _MACHINES,
    Role.OPERATOR: frozenset(
        {
            "healthcode.view_codekey",
            "healthcode.view_feed",
            "healthcode.view_outbox",
            "healthcode.view_recolouring",
            "healthcode.view_rulesetversion",
            "django_celery_beat.view_periodictask",
            "django_celery_beat.change_periodictask",
        }
    ),
}


@transaction.atomic
def install_roles(*, by: Account | None, at: datetime) -> list[str]:
    """Make every role's group with exactly its permissions; return the names of those that were changed.

    Idempotent. Raises ``LookupError`` when a permission does not exist yet (``migrate`` makes them).
    """
    changed = []
    for role, wanted in PERMISSIONS.items():
        group, _made = Group.objects.get_or_create(name=role.value)
        permissions = _permissions(wanted)
        if set(group.permissions.values_list("pk", flat=True)) != {permission.pk for permission in permissions}:
            group.permissions.set(permissions)
            record_act(by=by, at=at, action="install_role", role=role.value, permissions=sorted(wanted))
            changed.append(role.value)
    return changed


def _permissions(names: frozenset[str]) -> list[Permission]:
    wanted = Q()
    for name in names:
        app, codename = name.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    found = list(Permission.objects.filter(wanted).order_by("pk"))
    if len(found) != len(names):
        raise LookupError(f"permissions are missing among {sorted(names)}: run migrate first")
    return found
