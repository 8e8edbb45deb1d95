"""Short ways to bring rules on their way, for the tests of governance."""

from datetime import datetime, timedelta
from typing import Any

import pgtrigger

from healthcode.domain.rulesets import fingerprint, shipped_data
from healthcode.models import Account, RuleSetVersion
from healthcode.services.governance import (
    DraftFields,
    approve_ruleset,
    draft_ruleset,
    propose_ruleset,
    schedule_ruleset,
)
from healthcode.services.roles import Role
from healthcode.services.rules import ensure_rule_key, sign
from healthcode.services.simulations import simulate
from tests.people import ZHEJIANG, employ

CODE = "zj-2020-110"
HOUR = timedelta(hours=1)


def fields_of(*, texts: Any = None, **days: int) -> DraftFields:
    """Return a draft that differs from the shipped rules in these numbers of days."""
    shipped: Any = shipped_data("zj-2020-109")
    said = {**shipped["texts"], **(texts or {})}
    return DraftFields(CODE, {"zh": "新规则", "en": "New rules"}, {**shipped["days"], **days}, said)


def signed(version: RuleSetVersion, **changes: Any) -> RuleSetVersion:
    """Let the province sign a version anew with these changes, past every act: it says so from then on."""
    for name, value in changes.items():
        setattr(version, name, value)
    version.fingerprint = fingerprint(version.data)
    sign(version=version, key=ensure_rule_key(by=None, at=version.recorded_at))
    with pgtrigger.ignore("healthcode.RuleSetVersion:ruleset_text_stays"):
        version.save()
    return version


def office(number: int) -> Account:
    """Return one of the people of the provincial office."""
    name = f"office-{number}"
    return Account.objects.filter(username=name).first() or employ(name, Role.PROVINCE_OFFICER, ZHEJIANG)


def drafted(by: Account, at: datetime, **days: int) -> RuleSetVersion:
    """Return a draft; contact 21 days unless told otherwise."""
    return draft_ruleset(by=by, fields=fields_of(texts=None, **(days or {"contact": 21})), at=at)


def proposed(by: Account, at: datetime, **days: int) -> RuleSetVersion:
    """Return a proposal that has been simulated."""
    version = propose_ruleset(by=by, code=drafted(by, at, **days).code, reason="病例的潜伏期更长", at=at)
    simulate(by=None, version=version, at=at)
    return version


def approved(by: Account, at: datetime, **days: int) -> RuleSetVersion:
    """Return a version that two people of the office have approved."""
    version = proposed(by, at, **days)
    for number in (1, 2):
        approve_ruleset(by=office(number), code=version.code, seen=version.fingerprint, at=at)
    return RuleSetVersion.objects.get(pk=version.pk)


def scheduled(by: Account, at: datetime, valid_from: datetime, **days: int) -> RuleSetVersion:
    """Return a version that waits for its instant."""
    version = approved(by, at, **days)
    return schedule_ruleset(by=office(1), code=version.code, valid_from=valid_from, at=at)
