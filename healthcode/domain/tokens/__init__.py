"""Signed codes: what is in a QR, how it is signed, and the exact reason when one is refused.

Owns the envelope (base45, deterministic CBOR, COSE_Sign1), the claims with their lives, the sealed
reference to a person, key records, issuing and verifying. Pure: no Django, no clock, no storage.
May import the standard library, `cbor2`, `cryptography` and nothing of this project.
The door is this module: `encode_token`, `verify_token`, `KeySet`, `seal_reference`, `LIVES`.
"""

from healthcode.domain.tokens.claims import LIVES, Claims, Kind, Life, Statement, TokenColour
from healthcode.domain.tokens.cose import Signer
from healthcode.domain.tokens.custody import CustodyDown, Kept, KeyCustody
from healthcode.domain.tokens.errors import (
    BadDocument,
    CannotIssue,
    ForeignReference,
    MalformedKey,
    Reason,
    TokenError,
    Unreadable,
    Verdict,
)
from healthcode.domain.tokens.issue import encode_token
from healthcode.domain.tokens.keys import Algorithm, KeySet, KeyState, SigningKey, VerifyingKey
from healthcode.domain.tokens.publish import cose_key, jwk, key_from_jwk
from healthcode.domain.tokens.reference import Reference, ReferenceKey, open_reference, seal_reference
from healthcode.domain.tokens.verify import DATA_LIFE, Verified, verify_token

__all__ = [
    "DATA_LIFE",
    "LIVES",
    "Algorithm",
    "BadDocument",
    "CannotIssue",
    "Claims",
    "CustodyDown",
    "ForeignReference",
    "Kept",
    "KeyCustody",
    "KeySet",
    "KeyState",
    "Kind",
    "Life",
    "MalformedKey",
    "Reason",
    "Reference",
    "ReferenceKey",
    "Signer",
    "SigningKey",
    "Statement",
    "TokenColour",
    "TokenError",
    "Unreadable",
    "Verdict",
    "Verified",
    "VerifyingKey",
    "cose_key",
    "encode_token",
    "jwk",
    "key_from_jwk",
    "open_reference",
    "seal_reference",
    "verify_token",
]
