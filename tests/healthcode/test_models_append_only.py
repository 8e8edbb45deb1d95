"""What is on record stays: the database refuses to change or destroy it, whoever asks and however.

The family app's models are tried in tests/family/test_models.py.
"""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from healthcode.models import (
    Account,
    Alarm,
    AreaChange,
    AreaDesignation,
    AuditEntry,
    BatchWithdrawal,
    CheckIn,
    ControlOrderRequest,
    DecisionRecord,
    Delivery,
    EvidenceRecord,
    ForeignReport,
    HeldBatch,
    HeldRecord,
    IsolationChange,
    IsolationVisit,
    LateRecord,
    OrderApproval,
    OrderedPerson,
    OutbreakDocument,
    OutbreakProposal,
    RuleSetEvent,
    StatusBit,
    SystemGrant,
    SystemKey,
    TransferArrival,
    TransferLeg,
    TrustedIssuer,
    WithdrawalStep,
)
from tests.healthcode import foreign_rows, isolation_rows, row_kit
from tests.healthcode.row_kit import HOUR, NOON
from venues.models import Scan

pytestmark = pytest.mark.django_db

# A column of each that somebody might like to change.
KEPT: dict[type[Model], tuple[str, Any]] = {
    EvidenceRecord: ("reason", "改"),
    DecisionRecord: ("colour", "red"),
    AuditEntry: ("reason", "改"),
    AreaChange: ("name", "改"),
    AreaDesignation: ("level", "medium"),
    RuleSetEvent: ("reason", "改"),
    StatusBit: ("revoked_at", NOON + HOUR),
    BatchWithdrawal: ("reason", "改"),
    Delivery: ("nonce", "another"),
    LateRecord: ("delay", 3 * HOUR),
    WithdrawalStep: ("people", 2),
    ControlOrderRequest: ("document", "改"),
    OrderApproval: ("at", NOON + HOUR),
    OrderedPerson: ("person_id", 0),
    HeldRecord: ("source_ref", "改"),
    Alarm: ("about", "改"),
    OutbreakDocument: ("name", "改"),
    OutbreakProposal: ("reason", "改"),
    ForeignReport: ("number", "另"),
    SystemGrant: ("scope", "apply"),
    TrustedIssuer: ("name", "另"),
    CheckIn: ("temperature", "36.5"),
    IsolationChange: ("reason", "改"),
    IsolationVisit: ("note", "改"),
    TransferArrival: ("received_by", "改"),
    TransferLeg: ("vehicle", "改"),
    SystemKey: ("label", "改"),
    Scan: ("reason", "unreadable"),
}
# What may be set once, from nothing; designations say two things at their end.
ONCE: dict[type[Model], tuple[str, ...]] = {
    DecisionRecord: ("superseded_at",),
    BatchWithdrawal: ("finished_at",),
    AreaDesignation: ("valid_until", "end_recorded_at"),
    SystemKey: ("valid_until",),
    ControlOrderRequest: ("approved_at", "carry_out_after"),
}
# May be proposed about until it is confirmed (tests/healthcode/test_alarms.py), so its rows change once more.
JUDGED: tuple[type[Model], ...] = (HeldBatch,)
every = pytest.mark.parametrize("model", KEPT, ids=lambda model: model.__name__)
once = pytest.mark.parametrize("model", ONCE, ids=lambda model: model.__name__)
REFUSAL = "[Cc]annot (update|delete|truncate)"


def make(model: type[Model], **changes: Any) -> Any:
    """Insert a valid row of ``model``."""
    kits = (kit for kit in (isolation_rows, foreign_rows) if model in kit.ROWS)
    return next(kits, row_kit).make(model, **changes)


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@every
def test_a_queryset_does_not_change_it(model: type[Model]) -> None:
    make(model)
    column, value = KEPT[model]
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        model._default_manager.update(**{column: value})


@every
def test_saving_does_not_change_it(model: type[Model]) -> None:
    row = make(model)
    column, value = KEPT[model]
    setattr(row, column, value)
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        row.save(update_fields=[column])


@every
def test_a_queryset_does_not_delete_it(model: type[Model]) -> None:
    make(model)
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        model._default_manager.all().delete()
    assert model._default_manager.exists()


@every
@pytest.mark.parametrize("statement", ["UPDATE {table} SET {column} = %s", "DELETE FROM {table}"])
def test_sql_does_not_change_or_delete_it(model: type[Model], statement: str) -> None:
    make(model)
    column, value = KEPT[model]
    sql = statement.format(table=model._meta.db_table, column=column)
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        run(sql, *[value] * statement.count("%s"))


@every
def test_sql_does_not_empty_the_table(model: type[Model]) -> None:
    make(model)
    # The row just made waits for its foreign keys to be checked, and PostgreSQL truncates no such table.
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        run(f"TRUNCATE {model._meta.db_table} CASCADE")
    assert model._default_manager.exists()


@once
def test_an_end_is_set_once(model: type[Model]) -> None:
    row = make(model)
    rows = model._default_manager.filter(pk=row.pk)
    assert rows.update(**dict.fromkeys(ONCE[model], NOON)) == 1
    for later in (NOON + HOUR, None):
        with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
            rows.update(**dict.fromkeys(ONCE[model], later))


@once
def test_nothing_else_changes_along_with_the_end(model: type[Model]) -> None:
    row = make(model)
    column, value = KEPT[model]
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        model._default_manager.filter(pk=row.pk).update(**dict.fromkeys(ONCE[model], NOON), **{column: value})


def test_every_append_only_model_is_in_the_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%no_truncate%'")
        guarded = {str(table) for (table,) in cursor.fetchall() if not table.startswith("family_")}
    assert guarded == {model._meta.db_table for model in (*KEPT, *JUDGED)}


def judged(**changes: Any) -> HeldBatch:
    """Return a batch on whose outcome two supervisors agree."""
    said = {"outcome": "reject", "reason": "某", "proposed_at": NOON, "confirmed_at": NOON}
    by = {name: row_kit.make(Account) for name in ("proposed_by", "confirmed_by")}
    held: HeldBatch = make(HeldBatch, **said, **by, **changes)
    return held


def test_a_judged_batch_stays_judged() -> None:
    held = judged()
    for changes in ({"outcome": "release"}, {"confirmed_at": None, "confirmed_by": None}):
        with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
            HeldBatch.objects.filter(pk=held.pk).update(**changes)


@pytest.mark.parametrize("sql", ["DELETE FROM {table}", "TRUNCATE {table} CASCADE"])
def test_no_batch_is_taken_away(sql: str) -> None:
    make(HeldBatch)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        run(sql.format(table=HeldBatch._meta.db_table))
