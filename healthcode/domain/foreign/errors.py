"""Why something from elsewhere is not taken."""

from enum import StrEnum


class Fault(StrEnum):
    """What is wrong, in the order in which it is found."""

    TOO_LONG = "too_long"
    WRONG_PREFIX = "wrong_prefix"
    NOT_BASE45 = "not_base45"
    NOT_COMPRESSED = "not_compressed"
    NOT_COSE = "not_cose"
    UNKNOWN_KEY = "unknown_key"
    NOT_GENUINE = "not_genuine"
    NOT_CWT = "not_cwt"
    NOT_A_CERTIFICATE = "not_a_certificate"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    WRONG_KEY_USE = "wrong_key_use"
    WRONG_KIND = "wrong_kind"
    REVOKED = "revoked"
    CANNOT_CHECK = "cannot_check"
    UNREADABLE = "unreadable"
    MALFORMED_KEY = "malformed_key"


class ForeignError(ValueError):
    """Refused; ``code`` is for machines, the text for logs and never holds what the certificate says."""

    def __init__(self, code: Fault, what: str = "") -> None:
        super().__init__(f"{code}: {what}" if what else str(code))
        self.code = code
