"""The words for what a check found, and the errors of this package."""

from enum import StrEnum
from typing import ClassVar


class Reason(StrEnum):
    """What the check of one code found, in the order in which the checks run.

    `replayed` needs the stored scans, so only the online service gives it; everything else comes
    from `verify_token`. The eleven results a gate shows are the three verdicts and the eight
    reasons other than `ok` and `replayed` (a replay is shown as `refuse`).
    """

    OK = "ok"
    UNREADABLE = "unreadable"
    WRONG_KIND = "wrong_kind"
    CANNOT_CHECK = "cannot_check"
    UNKNOWN_KEY = "unknown_key"
    NOT_GENUINE = "not_genuine"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLAYED = "replayed"


class Verdict(StrEnum):
    """What the policy of a place makes of a code that is `ok`."""

    PASS = "pass"  # noqa: S105
    RESTRICTED = "restricted"
    REFUSE = "refuse"


class TokenError(ValueError):
    """Base of every error raised here; `code` is for machines, the text for people."""

    code: ClassVar[str] = "token_error"


class Unreadable(TokenError):
    """Not base45, not deterministic CBOR, or not of the expected shape."""

    code = Reason.UNREADABLE


class WrongKind(TokenError):
    """Readable, but another sort of code."""

    code = Reason.WRONG_KIND


class MalformedKey(TokenError):
    """A key, or its record, that must not enter a key set."""

    code = "malformed_key"


class BadDocument(TokenError):
    """A published document or certificate that must not be believed."""

    code = "bad_document"


class CannotIssue(TokenError):
    """The key may not sign this statement for this time."""

    code = "cannot_issue"


class ForeignReference(TokenError):
    """A 16-byte block that this server's key did not seal."""

    code = "foreign_reference"
