"""One valid row of each model that has constraints, so that a test can break one thing in it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from django.db.models import Model
from django.utils import timezone

from healthcode.domain.instants import CHINA
from healthcode.models import (
    Account,
    AreaChange,
    AreaDesignation,
    AreaSnapshot,
    AuditEntry,
    CodeKey,
    DecisionRecord,
    Division,
    EvidenceRecord,
    Person,
    Recolouring,
    RuleSetVersion,
    Source,
    Zone,
)
from venues.models import Guard, Scan, Venue

NOON = datetime(2020, 7, 8, 12, tzinfo=CHINA)
HOUR = timedelta(hours=1)
Row = dict[str, Any]
_numbers = count(1)


def _account() -> Row:
    return {"username": f"account-{next(_numbers)}"}


def _person() -> Row:
    index = next(_numbers).to_bytes(32, "big")
    sealed = {"number_sealed": b"n", "name_sealed": b"n"}
    return {"document_type": "passport", "number_index": index, "created_at": NOON, **sealed}


def _source() -> Row:
    return {"code": f"source-{next(_numbers)}", "category": "health", "name": "某", "name_en": "some"}


def _evidence() -> Row:
    who = {"person": make(Person), "source": make(Source), "source_ref": "1"}
    return {**who, "kind": "arrival", "at": NOON, "ended_at": NOON, "recorded_at": NOON}


def _ruleset() -> Row:
    number = next(_numbers)
    return {"code": f"rules-{number}", "data": {}, "valid_from": NOON + number * HOUR, "recorded_at": NOON}


def _decision() -> Row:
    said = {"colour": "green", "cause": "application", "at": NOON, "decided_at": NOON}
    return {"person": make(Person), "ruleset": make(RuleSetVersion), **said}


def _snapshot() -> Row:
    return {"taken_at": NOON + next(_numbers) * HOUR, "listed": 0, "unmapped": 0, "loaded_at": NOON}


def _designation() -> Row:
    place = {"code": "110106005", "county": "110106", "name": "某街道"}
    return {"level": "high", **place, "valid_from": NOON, "recorded_at": NOON}


def _area_change() -> Row:
    return {"snapshot": make(AreaSnapshot), "change": "started", "code": "110106", "name": "某区"}


def _key() -> Row:
    number = next(_numbers)
    times = {"valid_from": NOON, "valid_until": NOON + HOUR, "made_at": NOON}
    return {"kid": b"kid1", "scope": [number], "state": "signing", "public_der": bytes([number % 256, 1]), **times}


def _venue() -> Row:
    return {"name": f"某处 {next(_numbers)}", "category": "market", "division": "330106", "opened_at": NOON}


def _guard() -> Row:
    return {"account": make(Account), "venue": make(Venue), "valid_from": NOON}


def _scan() -> Row:
    guard = make(Guard)
    who = {"venue": guard.venue, "guard": guard, "nonce": uuid4()}
    return {**who, "scanned_at": NOON, "received_at": timezone.now(), "reason": "expired"}


ROWS: Mapping[type[Model], Callable[[], Row]] = MappingProxyType(
    {
        Account: _account,
        AreaChange: _area_change,
        AreaDesignation: _designation,
        AreaSnapshot: _snapshot,
        AuditEntry: lambda: {"at": NOON, "actor_label": "system", "action": "look"},
        CodeKey: _key,
        DecisionRecord: _decision,
        Division: lambda: {"code": f"{next(_numbers):06d}", "name": "某县"},
        EvidenceRecord: _evidence,
        Guard: _guard,
        Person: _person,
        Recolouring: lambda: {"cause": "areas", "effective_at": NOON, "created_at": NOON},
        RuleSetVersion: _ruleset,
        Scan: _scan,
        Source: _source,
        Venue: _venue,
        Zone: lambda: {"path": f"某省|某市|开发区 {next(_numbers)}", "first_seen_at": NOON},
    }
)


def make(model: type[Model], **changes: Any) -> Any:
    """Insert a valid row of ``model`` with these changes and return it."""
    return model._default_manager.create(**ROWS[model]() | changes)
