"""Bonds and consent, companions, look-ups. Split by subject."""

from family.models.bonds import Bond, BondEvent, BondQuerySet
from family.models.companions import Companion, CompanionGroup
from family.models.consents import Answer, ConsentRequest
from family.models.lookups import LookUp, LookUpComplaint

__all__ = [
    "Answer",
    "Bond",
    "BondEvent",
    "BondQuerySet",
    "Companion",
    "CompanionGroup",
    "ConsentRequest",
    "LookUp",
    "LookUpComplaint",
]
