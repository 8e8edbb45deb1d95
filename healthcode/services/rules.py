"""Rule sets: installing the shipped baseline (N3.1)."""

from datetime import datetime

from django.db import transaction

from healthcode.domain.instants import parse_moment
from healthcode.domain.rulesets import BASELINE, fingerprint, shipped_data
from healthcode.models import Account, RuleSetVersion
from healthcode.services.audit import record_act


@transaction.atomic
def install_baseline(*, by: Account | None, at: datetime) -> RuleSetVersion:
    """Put the shipped rule set into the database unless it is there, and return it."""
    data = shipped_data(BASELINE)
    version, made = RuleSetVersion.objects.get_or_create(
        code=BASELINE,
        defaults={
            "data": data,
            "fingerprint": fingerprint(data),
            "valid_from": parse_moment(data["valid_from"]).begins,
            "recorded_at": at,
        },
    )
    if made:
        record_act(by=by, at=at, action="install_ruleset", ruleset=version.code, fingerprint=version.fingerprint)
    return version
