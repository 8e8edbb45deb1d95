"""The back office on the stock Django admin, split by subject.

Owns the pages of staff under ``/admin/``: read only, masked, within the officer's division; whatever changes
something is a form that calls one service. May import words, services, access, models and domain. Its door is
``healthcode.admin.site.BackOffice``; apps above build their own pages on ``healthcode.admin.base``.
"""

from healthcode.admin import (
    alarms,
    areas,
    audit,
    batches,
    decisions,
    evidence,
    feeds,
    foreign,
    grants,
    isolation,
    issuers,
    lateness,
    operation,
    orders,
    outbreaks,
    people,
    recolourings,
    rules,
    rulesets,
    simulations,
    staff,
    transfers,
)

__all__ = [
    "alarms",
    "areas",
    "audit",
    "batches",
    "decisions",
    "evidence",
    "feeds",
    "foreign",
    "grants",
    "isolation",
    "issuers",
    "lateness",
    "operation",
    "orders",
    "outbreaks",
    "people",
    "recolourings",
    "rules",
    "rulesets",
    "simulations",
    "staff",
    "transfers",
]
