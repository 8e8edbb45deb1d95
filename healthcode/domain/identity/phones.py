"""One spelling for a telephone number: E.164."""

import re
import unicodedata
from enum import StrEnum

_SEPARATORS = re.compile("[\\s\u200b-\u200d\u2060\ufeff()./\\-‐‑–—]+")
_MAINLAND_MOBILE = re.compile(r"1[3-9][0-9]{9}")


class PhoneProblem(StrEnum):
    """Why a telephone number was refused."""

    EMPTY = "empty"
    BAD_CHARACTERS = "bad_characters"
    WRONG_LENGTH = "wrong_length"
    NO_COUNTRY_CODE = "no_country_code"
    NOT_MOBILE = "not_mobile"


class InvalidPhone(ValueError):
    """A refused telephone number; `code` says why."""

    def __init__(self, code: PhoneProblem) -> None:
        super().__init__(code)
        self.code = code


def normalise_phone(text: str) -> str:
    """Return a telephone number as E.164 ("+8613812341234").

    Eleven digits without a country code are a mainland mobile number, and of mainland numbers only mobile
    ones are taken, because the one-time code comes as a text message. Any other country: + or 00, country
    code and number, 6 to 15 digits together. Raises InvalidPhone.
    """
    digits = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    if not digits:
        raise InvalidPhone(PhoneProblem.EMPTY)
    international = digits.startswith(("+", "00"))
    digits = re.sub(r"^(?:\+|00)", "", digits)
    if not re.fullmatch(r"[0-9]+", digits):
        raise InvalidPhone(PhoneProblem.BAD_CHARACTERS)
    # 13 digits from 86 without the plus are how many forms print a mainland mobile number.
    if digits.startswith("86") and (international or len(digits) == 13):
        return f"+86{_mainland(digits[2:])}"
    return _foreign(digits) if international else f"+86{_mainland(digits)}"


def _mainland(digits: str) -> str:
    if _MAINLAND_MOBILE.fullmatch(digits):
        return digits
    raise InvalidPhone(PhoneProblem.NOT_MOBILE if len(digits) == 11 else PhoneProblem.WRONG_LENGTH)


def _foreign(digits: str) -> str:
    if digits.startswith("0"):
        raise InvalidPhone(PhoneProblem.NO_COUNTRY_CODE)
    if not 6 <= len(digits) <= 15:
        raise InvalidPhone(PhoneProblem.WRONG_LENGTH)
    return f"+{digits}"
