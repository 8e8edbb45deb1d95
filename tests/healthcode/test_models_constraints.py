"""Every constraint of the database, violated once, each by a row that is otherwise good."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import CheckConstraint, Model, UniqueConstraint

from healthcode.models import (
    Account,
    Alarm,
    AreaChange,
    AreaDesignation,
    AuditEntry,
    BatchWithdrawal,
    CodeKey,
    ControlOrderRequest,
    DecisionRecord,
    Delivery,
    Division,
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
    RuleSetVersion,
    Source,
    StatusBit,
    StatusList,
    SystemKey,
    WithdrawalStep,
    Zone,
)
from tests.healthcode.foreign_rows import BROKEN as BROKEN_FOREIGN
from tests.healthcode.isolation_rows import BROKEN as BROKEN_ISOLATION
from tests.healthcode.row_kit import HOUR, NOON, ROWS, make
from venues.models import Device, Guard, Scan, Venue

pytestmark = pytest.mark.django_db
Changes = dict[str, Any]


def approved_by_one() -> Changes:
    officer = make(Account)
    approvals = {"assessed_by": officer, "assessed_at": NOON, "consented_by": officer, "consented_at": NOON}
    return {"level": "outbreak", "document": "文 1 号", **approvals}


def retraction(**fields: Any) -> Changes:
    return {"kind": "retraction", "retracts": make(EvidenceRecord), "reason": "误报", **fields}


def approvals(first: str = "first", second: str = "second") -> dict[str, Any]:
    """Return who wrote a version and who approved it; a word said twice is the same person."""
    people = {word: make(Account) for word in {"author", first, second}}
    times = {"first_approval_at": NOON, "second_approval_at": NOON}
    who = {"author": people["author"], "first_approval_by": people[first], "second_approval_by": people[second]}
    return {**who, **times}


def same_approval() -> dict[str, Any]:
    """Return a second approval of a version by the same person."""
    there = make(RuleSetEvent, act="approve", actor=make(Account))
    return {"version": there.version, "actor": there.actor, "act": "approve"}


def same_scan() -> Changes:
    known = make(Scan)
    return {"guard": known.guard, "venue": known.venue, "nonce": known.nonce}


_BY_DEVICE: Changes = {"guard": None}


def scanned_by_device() -> Scan:
    scan: Scan = make(Scan, **_BY_DEVICE, device=make(Device))
    return scan


WORDS: list[tuple[type[Model], Changes, str]] = [
    (model, {field: "某"}, f"{model._meta.app_label}_{model.__name__.lower()}_{field}_word")
    for model, fields in {
        AreaChange: ("change",),
        AreaDesignation: ("level",),
        CodeKey: ("state",),
        PaperCode: ("colour",),
        DecisionRecord: ("colour", "cause"),
        EvidenceRecord: ("kind",),
        Person: ("document_type",),
        Recolouring: ("cause",),
        RuleSetEvent: ("act", "state"),
        RuleSetVersion: ("state",),
        Source: ("category",),
        Venue: ("category",),
        Scan: ("reason",),
    }.items()
    for field in fields
]


def _same(row: Any, *names: str) -> Changes:
    return {name: getattr(row, name) for name in names}


def judged() -> Changes:
    return {"proposed_by": make(Account), "proposed_at": NOON, "outcome": "reject", "reason": "某"}


def consented() -> Changes:
    """Return what an outbreak proposal needs before it may name its designation."""
    assessed = {"assessment": "评 1 号", "assessed_at": NOON, "assessed_by": make(Account)}
    agreed = {"consent": "复 1 号", "consented_at": NOON, "consented_by": make(Account)}
    files = {"assessment_file": make(OutbreakDocument), "consent_file": make(OutbreakDocument)}
    return {**assessed, **agreed, **files, "designation": make(AreaDesignation)}


def ordered_twice() -> Changes:
    first = make(EvidenceRecord, kind="control_order", until=NOON, order=make(ControlOrderRequest))
    return {"kind": "control_order", "until": NOON, "order": first.order, "person": first.person}


BROKEN: list[tuple[type[Model], Changes | Callable[[], Changes], str]] = [
    *WORDS,
    (Recolouring, lambda: {"stopped_at": NOON, "stopped_by": make(Account)}, "recolouring_stop_is_whole"),
    (Recolouring, {"stop_reason": "某"}, "recolouring_stop_is_whole"),
    (RecolouringBatch, {"done_at": NOON}, "recolouring_batch_emptied_when_done"),
    (RecolouringBatch, {"members": b""}, "recolouring_batch_emptied_when_done"),
    (RecolouringBatch, {"changed": 2}, "recolouring_batch_changed_of_size"),
    (RecolouringBatch, lambda: _same(make(RecolouringBatch), "recolouring", "number"), "recolouring_batch_number"),
    (DecisionRecord, {"becomes": "某", "changes_at": NOON + HOUR}, "healthcode_decisionrecord_becomes_word"),
    (Scan, lambda: {"reason": "ok", "verdict": "某", "person": make(Person)}, "venues_scan_verdict_word"),
    (
        Scan,
        lambda: {"reason": "ok", "verdict": "pass", "colour": "某", "person": make(Person)},
        "venues_scan_colour_word",
    ),
    (Account, {"phone_sealed": b"x"}, "account_phone_and_index"),
    (Account, {"phone_index": b"x"}, "account_phone_and_index"),
    (AreaDesignation, {"code": "1101", "county": "1101"}, "area_code_form"),
    (AreaDesignation, {"county": "330106"}, "area_county_of_code"),
    (AreaDesignation, {"valid_until": NOON - HOUR, "end_recorded_at": NOON}, "area_from_until"),
    (AreaDesignation, {"valid_until": NOON + HOUR}, "area_end_is_recorded"),
    (AreaDesignation, {"end_recorded_at": NOON + HOUR}, "area_end_is_recorded"),
    (AreaDesignation, {"level": "outbreak"}, "area_outbreak_needs_two_approvals"),
    (AreaDesignation, approved_by_one, "area_outbreak_needs_two_approvals"),
    (
        AreaDesignation,
        lambda: {**approved_by_one(), "consented_by": make(Account), "document": ""},
        "area_outbreak_needs_two_approvals",
    ),
    (AuditEntry, {"actor_label": ""}, "audit_actor_named"),
    (AuditEntry, {"action": ""}, "audit_action_named"),
    (DecisionRecord, {"changes_at": NOON + HOUR}, "decision_change_is_whole"),
    (DecisionRecord, {"becomes": "red"}, "decision_change_is_whole"),
    (DecisionRecord, {"changes_at": NOON, "becomes": "red"}, "decision_change_is_whole"),
    (DecisionRecord, {"changes_at": NOON + HOUR, "becomes": "green"}, "decision_change_is_whole"),
    (DecisionRecord, lambda: {"person": make(DecisionRecord).person}, "decision_one_current"),
    (Division, {"code": "33010"}, "division_code_form"),
    (Division, lambda: {"code": make(Division).code, "name": "另一县"}, "division_one_current"),
    (
        Division,
        lambda: {"code": make(Division, last_seen="2020-01").code, "name": "某县", "last_seen": "2021-01"},
        "division_code_name_from",
    ),
    (Zone, {"code": "330106"}, "zone_mapped_when_coded"),
    (Zone, {"mapped_at": NOON}, "zone_mapped_when_coded"),
    (EvidenceRecord, lambda: {"source": make(EvidenceRecord).source}, "evidence_one_per_source_ref"),
    (EvidenceRecord, {"source_ref": ""}, "evidence_source_ref_given"),
    (EvidenceRecord, {"until": NOON - HOUR}, "evidence_until_not_before_at"),
    (EvidenceRecord, {"ended_at": NOON - HOUR}, "evidence_ended_not_before_at"),
    (EvidenceRecord, {"kind": "isolation_order"}, "evidence_order_has_end"),
    (EvidenceRecord, lambda: {"kind": "control_order", "order": make(ControlOrderRequest)}, "evidence_order_has_end"),
    (EvidenceRecord, lambda: retraction(reason=""), "evidence_retraction_names_record_and_reason"),
    (EvidenceRecord, lambda: retraction(retracts=None), "evidence_retraction_names_record_and_reason"),
    (EvidenceRecord, lambda: retraction(kind="arrival"), "evidence_retraction_names_record_and_reason"),
    (EvidenceRecord, {"kind": "control_order", "until": NOON}, "evidence_control_order_was_approved"),
    (EvidenceRecord, lambda: {"order": make(ControlOrderRequest)}, "evidence_control_order_was_approved"),
    (EvidenceRecord, ordered_twice, "evidence_order_carried_out_once"),
    (ControlOrderRequest, {"document": ""}, "order_document_given"),
    (ControlOrderRequest, {"valid_until": NOON}, "order_from_until"),
    (ControlOrderRequest, {"origin": "screening"}, "order_list_is_named"),
    (ControlOrderRequest, {"approved_at": NOON}, "order_approval_starts_delay"),
    (
        ControlOrderRequest,
        {"approved_at": NOON, "carry_out_after": NOON + HOUR, "carried_out_at": NOON},
        "order_waits_before_it_is_carried_out",
    ),
    (ControlOrderRequest, {"measure": "green"}, "healthcode_controlorderrequest_measure_word"),
    (ControlOrderRequest, {"reason": "x"}, "healthcode_controlorderrequest_reason_word"),
    (ControlOrderRequest, {"origin": "x", "list_name": "某"}, "healthcode_controlorderrequest_origin_word"),
    (OrderApproval, {"body": "x"}, "healthcode_orderapproval_body_word"),
    (HeldBatch, lambda: {**judged(), "outcome": "x"}, "healthcode_heldbatch_outcome_word"),
    (Alarm, {"anomaly": "x"}, "healthcode_alarm_anomaly_word"),
    (ControlOrderRequest, {"carried_out_at": NOON}, "order_waits_before_it_is_carried_out"),
    (OrderedPerson, lambda: _same(make(OrderedPerson), "order", "person"), "order_names_once"),
    (
        OrderApproval,
        lambda: _same(make(OrderApproval), "order", "body", "requested_by"),
        "order_approval_one_a_body",
    ),
    (
        OrderApproval,
        lambda: {**_same(make(OrderApproval), "order", "by", "requested_by"), "body": "leading_group"},
        "order_approval_one_a_person",
    ),
    (OrderApproval, lambda: dict.fromkeys(("by", "requested_by"), make(Account)), "order_approval_not_own"),
    (HeldBatch, {"source": None}, "held_is_records_or_order"),
    (HeldBatch, {"outcome": "release"}, "held_proposal_is_whole"),
    (HeldBatch, {"confirmed_at": NOON}, "held_needs_two_supervisors"),
    (
        HeldBatch,
        lambda: {
            **dict.fromkeys(("received_by", "proposed_by"), make(Account)),
            **{"proposed_at": NOON, "outcome": "reject", "reason": "某"},
        },
        "held_not_judged_by_its_author",
    ),
    (HeldRecord, lambda: _same(make(HeldRecord), "held"), "held_one_per_source_ref"),
    (OutbreakDocument, {"form": "text/html"}, "outbreakdocument_form"),
    (OutbreakDocument, {"size": 0}, "outbreakdocument_is_a_file"),
    (OutbreakDocument, {"name": ""}, "outbreakdocument_is_a_file"),
    (OutbreakProposal, {"document_file": None}, "outbreak_files_are_attached"),
    (OutbreakProposal, lambda: consented() | {"assessment_file": None}, "outbreak_files_are_attached"),
    (OutbreakProposal, lambda: consented() | {"consent_file": None}, "outbreak_files_are_attached"),
    (OutbreakProposal, {"code": "33"}, "outbreak_code_form"),
    (OutbreakProposal, {"document": ""}, "outbreak_has_document_and_reason"),
    (OutbreakProposal, {"assessed_at": NOON}, "outbreak_assessment_is_whole"),
    (OutbreakProposal, {"consented_at": NOON}, "outbreak_consent_follows_assessment"),
    (Feed, {"expected_every": 0 * HOUR}, "feed_expected_every_positive"),
    (Feed, {"late_after": 0 * HOUR}, "feed_late_after_positive"),
    (SystemKey, {"revoked_at": NOON}, "systemkey_revoked_when_and_by_whom"),
    (SystemKey, lambda: {"revoked_by": make(Account)}, "systemkey_revoked_when_and_by_whom"),
    (SystemKey, {"valid_from": NOON, "valid_until": NOON}, "systemkey_from_until"),
    (Delivery, lambda: _same(make(Delivery), "key", "nonce"), "delivery_nonce_once"),
    (Delivery, {"nonce": ""}, "delivery_nonce_given"),
    (Delivery, {"recorded": 1}, "delivery_counts_are_whole"),
    (LateRecord, {"delay": HOUR}, "laterecord_delay_over_allowed"),
    (EvidenceUpload, {"expires_at": NOON}, "upload_expires_later"),
    (EvidenceUpload, {"content_sealed": None}, "upload_content_until_confirmed"),
    (EvidenceUpload, {"confirmed_at": NOON}, "upload_content_until_confirmed"),
    (BatchWithdrawal, {"reason": ""}, "batch_withdrawal_reason_given"),
    (BatchWithdrawal, {"finished_at": NOON - HOUR}, "batch_withdrawal_ends_after_it_began"),
    (WithdrawalStep, lambda: _same(make(WithdrawalStep), "withdrawal", "cursor"), "withdrawal_step_once"),
    (EvidenceRecord, {"kind": "area_stay"}, "evidence_stay_has_place"),
    (EvidenceRecord, {"kind": "nat_result"}, "evidence_test_has_report"),
    (CodeKey, lambda: {"scope": make(CodeKey).scope}, "codekey_one_signing_per_scope"),
    (CodeKey, {"valid_until": NOON}, "codekey_from_until"),
    (CodeKey, {"state": "withdrawn"}, "codekey_withdrawn_with_reason"),
    (CodeKey, {"withdrawn_at": NOON}, "codekey_withdrawn_with_reason"),
    (CodeKey, lambda: _same(make(CodeKey, state="staged"), "state", "scope"), "codekey_one_staged_per_scope"),
    (PublisherKey, {"certificate": "c"}, "publisherkey_certified"),
    (PublisherKey, {"certificate": "c", "certified_at": NOON}, "publisherkey_certified"),
    (StatusList, {"next_index": -1}, "statuslist_counts"),
    (StatusList, {"changed_at": NOON - HOUR}, "statuslist_changed_later"),
    (StatusBit, {"number": 0}, "statusbit_counts"),
    (StatusBit, lambda: {**_same(make(StatusBit), "status_list", "index"), "number": 2}, "statusbit_once"),
    (StatusBit, lambda: {**_same(make(StatusBit), "status_list", "number"), "index": 1}, "statusbit_number"),
    (PaperCode, {"valid_until": NOON}, "papercode_from_until"),
    (PaperCode, {"revoked_at": NOON}, "papercode_end_with_reason"),
    (PaperCode, {"end": "lost"}, "papercode_end_with_reason"),
    (PaperCode, {"end": "lost", "revoked_at": NOON - HOUR}, "papercode_end_with_reason"),
    (PaperCode, {"end": "某", "revoked_at": NOON}, "healthcode_papercode_end_word"),
    (PaperCode, lambda: _same(make(PaperCode), "person"), "papercode_one_a_person"),
    (PaperCode, lambda: _same(make(PaperCode), "status_list", "index"), "papercode_index_once"),
    (RuleSetVersion, lambda: {"valid_from": make(RuleSetVersion).valid_from}, "ruleset_one_from"),
    (RuleSetVersion, {"valid_from": NOON, "valid_until": NOON}, "ruleset_from_until"),
    (RuleSetVersion, {"state": "draft"}, "ruleset_from_when_binding"),
    (RuleSetVersion, {"valid_from": None}, "ruleset_from_when_binding"),
    (RuleSetVersion, lambda: {"state": make(RuleSetVersion, state="scheduled").state}, "ruleset_one_scheduled"),
    (RuleSetVersion, lambda: {"first_approval_by": make(Account)}, "ruleset_first_approval"),
    (RuleSetVersion, lambda: approvals(first="author"), "ruleset_first_approval"),
    (RuleSetVersion, lambda: approvals(second="author"), "ruleset_second_approval"),
    (RuleSetVersion, lambda: approvals(second="first"), "ruleset_second_approval"),
    (RuleSetVersion, lambda: {"author": make(Account)}, "ruleset_needs_two_approvals"),
    (RuleSetEvent, same_approval, "ruleset_one_approval_each"),
    (RuleSetEvent, {"act": "propose"}, "ruleset_reason_given"),
    (RuleSetEvent, {"act": "withdraw"}, "ruleset_reason_given"),
    (Venue, lambda: {"name": make(Venue).name}, "venue_name_in_division"),
    (Venue, {"closed_at": NOON}, "venue_open_closed"),
    (Guard, {"valid_until": NOON}, "guard_from_until"),
    (Scan, same_scan, "scan_once_per_nonce"),
    (
        Scan,
        lambda: {**_same(scanned_by_device(), "device", "venue", "nonce"), **_BY_DEVICE},
        "scan_once_per_device_nonce",
    ),
    (Scan, {"guard": None}, "scan_by_guard_or_device"),
    (Scan, lambda: {"device": make(Device)}, "scan_by_guard_or_device"),
    (Scan, {"kind": "某"}, "scan_kind_word"),
    (Scan, {"shown": "某"}, "scan_shown_word"),
    (Device, lambda: _same(make(Device), "venue", "name"), "device_name_in_venue"),
    (Device, {"suspended_at": NOON - HOUR}, "device_made_suspended"),
    (Scan, {"verdict": "pass"}, "scan_verdict_only_when_ok"),
    (Scan, {"reason": "ok"}, "scan_verdict_only_when_ok"),
]
# What a field says by ``unique=True``.
TAKEN: list[tuple[type[Model], str]] = [
    (model, field.name)
    for model in ROWS
    for field in model._meta.fields
    if field.unique and not field.primary_key and field.name not in ("phone_index", "account")
]
# What a row needs before such a field holds anything.
SET: dict[tuple[type[Model], str], Callable[[], Changes]] = {
    (HeldBatch, "order"): lambda: {"source": None, "order": make(ControlOrderRequest)},
    (OutbreakProposal, "designation"): consented,
    (PaperCode, "replaced_by"): lambda: {"revoked_at": NOON, "end": "replaced", "replaced_by": make(PaperCode)},
}


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_the_row_that_the_others_are_made_of_is_good(model: type[Model]) -> None:
    assert make(model).pk


@pytest.mark.parametrize(("model", "changes", "constraint"), BROKEN)
def test_a_broken_row_is_refused(model: type[Model], changes: Changes | Callable[[], Changes], constraint: str) -> None:
    broken = changes() if callable(changes) else changes
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make(model, **broken)


@pytest.mark.parametrize(("model", "field"), TAKEN, ids=lambda value: getattr(value, "__name__", value))
def test_what_is_one_of_its_kind_is_not_made_twice(model: type[Model], field: str) -> None:
    first = SET[model, field]() if (model, field) in SET else {}
    value = getattr(make(model, **first), field)
    again = SET[model, field]() if (model, field) in SET else {}
    with pytest.raises(IntegrityError, match=field), transaction.atomic():
        make(model, **again | {field: value})


def test_a_phone_opens_one_account_and_an_account_one_code() -> None:
    make(Account, phone_sealed=b"a", phone_index=b"same")
    with pytest.raises(IntegrityError, match="phone_index"), transaction.atomic():
        make(Account, phone_sealed=b"b", phone_index=b"same")
    account = make(Account)
    make(Person, account=account)
    with pytest.raises(IntegrityError, match="account_id"), transaction.atomic():
        make(Person, account=account)


def test_every_constraint_stands_in_the_table() -> None:
    tried = {constraint for _model, _changes, constraint in BROKEN}
    tried |= {constraint for _model, _changes, constraint in [*BROKEN_ISOLATION, *BROKEN_FOREIGN]}
    models = [model for app in ("healthcode", "venues") for model in apps.get_app_config(app).get_models()]
    known = {c.name for m in models for c in m._meta.constraints if isinstance(c, CheckConstraint | UniqueConstraint)}
    assert known - tried == set()


def test_what_looks_broken_and_is_not() -> None:
    make(EvidenceRecord, **retraction())
    make(EvidenceRecord, kind="isolation_order", until=NOON)
    make(AreaDesignation, **{**approved_by_one(), "consented_by": make(Account)})
    make(AreaDesignation, valid_until=NOON, end_recorded_at=NOON)
    person = make(DecisionRecord, superseded_at=NOON).person
    make(DecisionRecord, person=person, changes_at=NOON + HOUR, becomes="red")
    make(Scan, reason="ok", verdict="pass", colour="green", person=person)
