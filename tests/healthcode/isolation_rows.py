"""One valid row of each model of isolation and transfers, and each of their constraints with what breaks it."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model

from healthcode.models import (
    Account,
    CheckIn,
    EvidenceRecord,
    IsolationCase,
    IsolationChange,
    IsolationOrder,
    IsolationVisit,
    Person,
    Transfer,
    TransferArrival,
    TransferLeg,
)
from tests.healthcode.row_kit import HOUR, NOON, Row
from tests.healthcode.row_kit import make as make_other


def _case() -> Row:
    ground = make_other(EvidenceRecord)
    what = {"rule": "close_contact", "stage": "central", "state": "proposed"}
    return {"person": ground.person, "ground": ground, **what, "valid_from": NOON, "proposed_at": NOON}


def _order() -> Row:
    what = {"mode": "central", "ordered_by": "某", "document": "文", "paper_document_at": NOON, "place": "某处"}
    who = {"recorded_at": NOON, "recorded_by": make_other(Account)}
    return {"case": make(IsolationCase), "valid_from": NOON, "supply_arranged": True, **what, **who}


def _change() -> Row:
    ends = {"change": "extended", "previous_until": NOON, "valid_until": NOON + HOUR}
    return {"order": make(IsolationOrder), **ends, "reason": "因", "document": "文", "at": NOON, "by": _by()}


def _by() -> Account:
    account: Account = make_other(Account)
    return account


def _check_in() -> Row:
    return {"person": make_other(Person), "form_id": "f" * 16, "at": NOON, "by": _by(), "temperature": "36.6"}


def _visit() -> Row:
    when = {"visited_at": NOON, "recorded_at": NOON}
    return {"case": make(IsolationCase), "way": "phone", "met": True, **when, "by": _by()}


def _transfer() -> Row:
    way = {"origin": "甲", "destination": "乙", "destination_division": "330106"}
    return {"person": make_other(Person), **way, "started_at": NOON, "started_by": _by()}


def _leg() -> Row:
    way = {"transfer": make(Transfer), "number": 1, "place_from": "甲", "place_to": "乙"}
    times = {"sealed_at": NOON, "departed_at": NOON, "recorded_at": NOON}
    return {**way, "vehicle": "浙A1", "handed_over_by": "何", **times, "by": _by()}


def _arrival() -> Row:
    times = {"arrived_at": NOON, "recorded_at": NOON}
    return {"leg": make(TransferLeg), "received_by": "周", **times, "by": _by()}


ROWS: Mapping[type[Model], Callable[[], Row]] = {
    CheckIn: _check_in,
    IsolationCase: _case,
    IsolationChange: _change,
    IsolationOrder: _order,
    IsolationVisit: _visit,
    Transfer: _transfer,
    TransferArrival: _arrival,
    TransferLeg: _leg,
}


def make(model: type[Model], **changes: Any) -> Any:
    """Insert a valid row of ``model`` with these changes and return it."""
    return model._default_manager.create(**ROWS[model]() | changes)


def _same_ground() -> Row:
    case = make(IsolationCase)
    return {"person": case.person, "ground": case.ground}


BROKEN: list[tuple[type[Model], Row | Callable[[], Row], str]] = [
    (IsolationCase, {"rule": "某"}, "healthcode_isolationcase_rule_word"),
    (IsolationCase, {"stage": "某"}, "healthcode_isolationcase_stage_word"),
    (IsolationCase, {"state": "某"}, "healthcode_isolationcase_state_word"),
    (IsolationCase, {"state": "ended", "closed_at": NOON, "end": "某"}, "healthcode_isolationcase_end_word"),
    (IsolationCase, _same_ground, "isolation_one_open_per_ground"),
    (IsolationCase, {"valid_until": NOON - HOUR}, "isolation_from_until"),
    (IsolationCase, {"confirmed_at": NOON}, "isolation_confirmed_by_and_at"),
    (IsolationCase, {"state": "confirmed"}, "isolation_confirmed_has_officer"),
    (IsolationCase, {"state": "ended"}, "isolation_closed_is_whole"),
    (IsolationCase, {"state": "cancelled", "closed_at": NOON}, "isolation_closed_is_whole"),
    (IsolationCase, {"closed_at": NOON}, "isolation_closed_is_whole"),
    (IsolationCase, {"state": "ended", "closed_at": NOON, "end": "released"}, "isolation_release_has_document"),
    (IsolationOrder, {"mode": "某"}, "healthcode_isolationorder_mode_word"),
    (IsolationOrder, {"document": "", "paper_document_at": None}, "isolation_order_has_basis"),
    (IsolationOrder, {"paper_document_at": None}, "isolation_order_paper_is_dated"),
    (IsolationOrder, {"place": ""}, "isolation_order_by_whom_and_where"),
    (IsolationOrder, {"supply_arranged": False, "supply": "饭"}, "isolation_order_supply_arranged"),
    (IsolationOrder, {"valid_until": NOON - HOUR}, "isolation_order_from_until"),
    (IsolationChange, {"change": "某"}, "healthcode_isolationchange_change_word"),
    (IsolationChange, {"reason": ""}, "isolation_change_has_reason_and_document"),
    (IsolationChange, {"change": "shortened"}, "isolation_change_says_which_way"),
    (CheckIn, {"temperature": "20.0"}, "check_in_temperature_of_a_body"),
    (IsolationVisit, {"way": "某"}, "healthcode_isolationvisit_way_word"),
    (IsolationVisit, {"visited_at": NOON + HOUR}, "visit_not_in_future"),
    (IsolationVisit, {"temperature": "20.0"}, "visit_temperature_of_a_body"),
    (Transfer, lambda: {"person": make(Transfer).person}, "transfer_one_open"),
    (Transfer, {"destination": "甲"}, "transfer_leads_somewhere"),
    (Transfer, {"called_off_at": NOON}, "transfer_called_off_with_reason"),
    (TransferLeg, lambda: {"transfer": make(TransferLeg).transfer}, "transfer_leg_number"),
    (TransferLeg, {"sealed_at": NOON + HOUR}, "transfer_leg_sealed_first"),
    (TransferLeg, {"place_to": "甲"}, "transfer_leg_leads_somewhere"),
    (TransferLeg, {"vehicle": ""}, "transfer_leg_vehicle_and_who"),
    (TransferArrival, {"received_by": ""}, "transfer_arrival_received_by_somebody"),
]
