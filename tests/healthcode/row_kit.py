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
    Alarm,
    AreaChange,
    AreaDesignation,
    AreaSnapshot,
    AuditEntry,
    BatchWithdrawal,
    CodeKey,
    ControlOrderRequest,
    DecisionRecord,
    Delivery,
    Division,
    EvidenceBatch,
    EvidenceRecord,
    EvidenceUpload,
    Feed,
    HeldBatch,
    HeldRecord,
    LateRecord,
    OrderApproval,
    OrderedPerson,
    OutbreakDocument,
    OutbreakProposal,
    PaperCode,
    Person,
    PublisherKey,
    Recolouring,
    RecolouringBatch,
    RuleSetEvent,
    RuleSetKey,
    RuleSetVersion,
    Simulation,
    Source,
    StatusBit,
    StatusList,
    SystemKey,
    WithdrawalStep,
    Zone,
)
from venues.models import Device, Guard, Scan, Venue

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


def _withdrawal() -> Row:
    batch = EvidenceBatch.objects.create(source=make(Source), name="rows.csv", received_at=NOON)
    return {"batch": batch, "reason": "错", "withdrawn_at": NOON}


def _upload() -> Row:
    sealed = {"content_sealed": b"c", "preview_sealed": b"p", "digest": "0" * 64, "preview_digest": "1" * 64}
    who = {"source": make(Source), "uploaded_by": make(Account), "name": "rows.csv"}
    return {**who, "uploaded_at": NOON, "expires_at": NOON + HOUR, **sealed}


def _step() -> Row:
    counts = {"records": 1, "people": 1, "changed": 0, "told": 0}
    return {"withdrawal": make(BatchWithdrawal), "cursor": 1, "done_at": NOON, **counts}


def _system_key() -> Row:
    number = next(_numbers)
    said = {"key_id": f"key-{number}", "public_key": number.to_bytes(32, "big"), "label": "某系统"}
    return {"source": make(Source), "valid_from": NOON - HOUR, **said}


def _delivery() -> Row:
    key = make(SystemKey)
    return {"key": key, "source": key.source, "nonce": f"nonce-{next(_numbers)}", "received_at": timezone.now()}


def _late() -> Row:
    return {"evidence": make(EvidenceRecord), "delay": 2 * HOUR, "allowed": HOUR, "marked_at": NOON}


def _ruleset() -> Row:
    number = next(_numbers)
    times = {"valid_from": NOON + number * HOUR, "recorded_at": NOON}
    return {"code": f"rules-{number}", "data": {}, "state": "in_force", **times}


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


def _status_list() -> Row:
    return {"list_id": f"list-{next(_numbers)}", "opened_at": NOON, "changed_at": NOON, "next_index": 10}


def _publisher() -> Row:
    number = next(_numbers)
    return {"kid": f"kid-{number}", "public_der": number.to_bytes(8, "big"), "private_sealed": b"p", "made_at": NOON}


def _paper() -> Row:
    place = {"key": make(CodeKey), "status_list": make(StatusList), "index": 0}
    times = {"issued_at": NOON, "valid_until": NOON + HOUR}
    return {"person": make(Person), "colour": "green", "token_sealed": b"t", **place, **times}


def _venue() -> Row:
    return {"name": f"某处 {next(_numbers)}", "category": "market", "division": "330106", "opened_at": NOON}


def _guard() -> Row:
    return {"account": make(Account), "venue": make(Venue), "valid_from": NOON}


def _device() -> Row:
    number = next(_numbers)
    return {"venue": make(Venue), "name": f"闸机 {number}", "key_digest": number.to_bytes(32, "big"), "made_at": NOON}


def _scan() -> Row:
    guard = make(Guard)
    who = {"venue": guard.venue, "guard": guard, "nonce": uuid4()}
    return {**who, "scanned_at": NOON, "received_at": timezone.now(), "reason": "expired"}


def _order() -> Row:
    terms = {"document": "文", "reason": "cluster", "measure": "red", "origin": "named_one_by_one"}
    return {**terms, "valid_until": NOON + HOUR, "requested_at": NOON, "requested_by": make(Account)}


def _approval() -> Row:
    order = make(ControlOrderRequest)
    who = {"by": make(Account), "requested_by": order.requested_by}
    return {"order": order, "body": "control_office", **who, "at": NOON}


def _held_record() -> Row:
    return {"held": make(HeldBatch), "person": make(Person), "source_ref": "1", "said": {}}


def _outbreak() -> Row:
    place = {"code": "110106", "name": "某区", "document": "文", "reason": "某"}
    return {**place, "document_file": make(OutbreakDocument), "proposed_at": NOON, "proposed_by": make(Account)}


def _outbreak_document() -> Row:
    file = {"name": "批复.pdf", "form": "application/pdf", "content": b"%PDF-", "size": 5, "sha256": "0" * 64}
    return {**file, "added_at": NOON, "added_by": make(Account)}


ROWS: Mapping[type[Model], Callable[[], Row]] = MappingProxyType(
    {
        Account: _account,
        Alarm: lambda: {"anomaly": "contradicted", "unit": "某", "number": 1, "of": 1, "raised_at": NOON},
        ControlOrderRequest: _order,
        HeldBatch: lambda: {"source": make(Source), "received_at": NOON},
        HeldRecord: _held_record,
        OrderApproval: _approval,
        OrderedPerson: lambda: {"order": make(ControlOrderRequest), "person": make(Person)},
        OutbreakDocument: _outbreak_document,
        OutbreakProposal: _outbreak,
        AreaChange: _area_change,
        AreaDesignation: _designation,
        AreaSnapshot: _snapshot,
        AuditEntry: lambda: {"at": NOON, "actor_label": "system", "action": "look"},
        BatchWithdrawal: _withdrawal,
        CodeKey: _key,
        DecisionRecord: _decision,
        Division: lambda: {"code": f"{next(_numbers):06d}", "name": "某县"},
        Delivery: _delivery,
        Device: _device,
        EvidenceRecord: _evidence,
        EvidenceUpload: _upload,
        Feed: lambda: {"source": make(Source), "late_after": HOUR, "watched_from": NOON},
        Guard: _guard,
        LateRecord: _late,
        PaperCode: _paper,
        Person: _person,
        PublisherKey: _publisher,
        Recolouring: lambda: {"cause": "areas", "effective_at": NOON, "created_at": NOON},
        RecolouringBatch: lambda: {"recolouring": make(Recolouring), "number": 0, "size": 1, "members": bytes(8)},
        RuleSetEvent: lambda: {"version": make(RuleSetVersion), "act": "enact", "state": "in_force", "at": NOON},
        RuleSetKey: lambda: {"public_der": bytes([next(_numbers) % 256, 2]), "made_at": NOON},
        RuleSetVersion: _ruleset,
        Scan: _scan,
        Simulation: lambda: {"version": make(RuleSetVersion), "at": NOON, "requested_at": NOON},
        Source: _source,
        StatusBit: lambda: {"status_list": make(StatusList), "index": 0, "number": 1, "revoked_at": NOON},
        StatusList: _status_list,
        SystemKey: _system_key,
        Venue: _venue,
        WithdrawalStep: _step,
        Zone: lambda: {"path": f"某省|某市|开发区 {next(_numbers)}", "first_seen_at": NOON},
    }
)


def make(model: type[Model], **changes: Any) -> Any:
    """Insert a valid row of ``model`` with these changes and return it."""
    return model._default_manager.create(**ROWS[model]() | changes)
