"""The policy of places as gates fetch it: signed, so that they can decide without the server (N1.5)."""

import hashlib
import json
from datetime import datetime, timedelta

from healthcode.services.decisions import ruleset_in_force
from healthcode.services.keys import ISSUER
from healthcode.services.publishing import Published, as_of, sign_published
from venues.domain.policy import policy_table

POLICY_TYPE = "hc-policy+jwt"
_STEP = timedelta(minutes=10)
_LIFE = timedelta(hours=48)


def policy_document(at: datetime) -> Published:
    """Return the signed policy as of ``at``; ``version`` changes exactly when the table does.

    Raises ``NoPublisher``, ``NoRoot``, ``CustodyDown``, ``NoRuleSet``.
    """
    table = policy_table()
    iat = int(as_of(at, _STEP).timestamp())
    text = json.dumps(table, sort_keys=True, separators=(",", ":"))
    payload = {
        "iss": ISSUER,
        "iat": iat,
        "exp": iat + int(_LIFE.total_seconds()),
        "version": hashlib.sha256(text.encode("ascii")).hexdigest()[:12],
        "ruleset": ruleset_in_force(at).code,
        "policies": table,
    }
    return sign_published(typ=POLICY_TYPE, payload=payload, at=at)
