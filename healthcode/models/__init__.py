"""The records: thin, with their constraints in the database. Split by subject."""

from healthcode.models.accounts import Account
from healthcode.models.areas import AreaChange, AreaChangeKind, AreaDesignation, AreaSnapshot
from healthcode.models.audit import AuditEntry, InboxMessage, Outbox, Topic
from healthcode.models.decisions import Cause, DecisionRecord, Recolouring
from healthcode.models.divisions import Division, Zone
from healthcode.models.evidence import EvidenceBatch, EvidenceRecord, Source, SourceCategory
from healthcode.models.keys import CodeKey
from healthcode.models.persons import Person
from healthcode.models.rules import RuleSetVersion
from healthcode.models.vault import vault

__all__ = [
    "Account",
    "AreaChange",
    "AreaChangeKind",
    "AreaDesignation",
    "AreaSnapshot",
    "AuditEntry",
    "Cause",
    "CodeKey",
    "DecisionRecord",
    "Division",
    "EvidenceBatch",
    "EvidenceRecord",
    "InboxMessage",
    "Outbox",
    "Person",
    "Recolouring",
    "RuleSetVersion",
    "Source",
    "SourceCategory",
    "Topic",
    "Zone",
    "vault",
]
