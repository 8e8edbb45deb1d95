"""The records: thin, with their constraints in the database. Split by subject."""

from healthcode.models.accounts import Account
from healthcode.models.alarms import Alarm, HeldBatch, HeldRecord, Outcome
from healthcode.models.areas import AreaChange, AreaChangeKind, AreaDesignation, AreaSnapshot
from healthcode.models.audit import AuditEntry, InboxMessage, Outbox, Topic
from healthcode.models.decisions import Cause, DecisionRecord, Recolouring, RecolouringBatch
from healthcode.models.divisions import Division, Zone
from healthcode.models.evidence import EvidenceBatch, EvidenceRecord, Source, SourceCategory
from healthcode.models.feeds import Delivery, Feed, LateRecord, SystemKey
from healthcode.models.foreign import ForeignReport, TrustedIssuer
from healthcode.models.grants import SystemGrant, SystemScope
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
from healthcode.models.keys import CodeKey, PublisherKey, StatusBit, StatusList
from healthcode.models.orders import ControlOrderRequest, OrderApproval, OrderedPerson
from healthcode.models.outbreaks import OutbreakDocument, OutbreakProposal
from healthcode.models.paper import PaperCode, PaperEnd
from healthcode.models.persons import Person
from healthcode.models.rules import RuleSetEvent, RuleSetKey, RuleSetVersion, Simulation
from healthcode.models.transfers import Transfer, TransferArrival, TransferLeg
from healthcode.models.uploads import EvidenceUpload
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
    "EvidenceUpload",
    "Feed",
    "ForeignReport",
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
    "OutbreakDocument",
    "OutbreakProposal",
    "Outcome",
    "PaperCode",
    "PaperEnd",
    "Person",
    "PublisherKey",
    "Recolouring",
    "RecolouringBatch",
    "RuleSetEvent",
    "RuleSetKey",
    "RuleSetVersion",
    "Simulation",
    "Source",
    "SourceCategory",
    "StatusBit",
    "StatusList",
    "SystemGrant",
    "SystemKey",
    "SystemScope",
    "Topic",
    "Transfer",
    "TransferArrival",
    "TransferLeg",
    "TrustedIssuer",
    "VisitWay",
    "WithdrawalStep",
    "Zone",
    "vault",
]
