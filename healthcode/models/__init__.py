"""The records: thin, with their constraints in the database. Split by subject."""

from healthcode.models.accounts import Account
from healthcode.models.alarms import Alarm, HeldBatch, HeldRecord, Outcome
from healthcode.models.areas import AreaChange, AreaChangeKind, AreaDesignation, AreaSnapshot
from healthcode.models.audit import AuditEntry, InboxMessage, Outbox, Topic
from healthcode.models.decisions import Cause, DecisionRecord, Recolouring
from healthcode.models.divisions import Division, Zone
from healthcode.models.evidence import EvidenceBatch, EvidenceRecord, Source, SourceCategory
from healthcode.models.feeds import Delivery, Feed, LateRecord, SystemKey
from healthcode.models.isolation import (
    CheckIn,
    EndChange,
    IsolationCase,
    IsolationChange,
    IsolationLook,
    IsolationOrder,
    IsolationVisit,
    VisitWay,
)
from healthcode.models.keys import CodeKey
from healthcode.models.orders import ControlOrderRequest, OrderApproval, OrderedPerson
from healthcode.models.outbreaks import OutbreakProposal
from healthcode.models.persons import Person
from healthcode.models.rules import RuleSetEvent, RuleSetKey, RuleSetVersion, Simulation
from healthcode.models.transfers import Transfer, TransferArrival, TransferLeg
from healthcode.models.vault import vault
from healthcode.models.withdrawals import BatchWithdrawal, WithdrawalStep

__all__ = [
    "Account",
    "Alarm",
    "AreaChange",
    "AreaChangeKind",
    "AreaDesignation",
    "AreaSnapshot",
    "AuditEntry",
    "BatchWithdrawal",
    "Cause",
    "CheckIn",
    "CodeKey",
    "ControlOrderRequest",
    "DecisionRecord",
    "Delivery",
    "Division",
    "EndChange",
    "EvidenceBatch",
    "EvidenceRecord",
    "Feed",
    "HeldBatch",
    "HeldRecord",
    "InboxMessage",
    "IsolationCase",
    "IsolationChange",
    "IsolationLook",
    "IsolationOrder",
    "IsolationVisit",
    "LateRecord",
    "OrderApproval",
    "OrderedPerson",
    "Outbox",
    "OutbreakProposal",
    "Outcome",
    "Person",
    "Recolouring",
    "RuleSetEvent",
    "RuleSetKey",
    "RuleSetVersion",
    "Simulation",
    "Source",
    "SourceCategory",
    "SystemKey",
    "Topic",
    "Transfer",
    "TransferArrival",
    "TransferLeg",
    "VisitWay",
    "WithdrawalStep",
    "Zone",
    "vault",
]
