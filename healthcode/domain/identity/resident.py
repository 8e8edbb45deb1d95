"""The resident number of GB 11643 (公民身份号码) and numbers built like it."""

import re
from datetime import date
from operator import mul

from healthcode.domain.identity.documents import DocumentError, InvalidDocument, Sex

EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
FIFTEEN = re.compile(r"[0-9]{15}")

# Numbering began in 1984: a birth before this day is a slip of the hand, not an old person.
EARLIEST_BIRTH_ON = date(1850, 1, 1)

# GB 11643 sets these sequences of the 15-digit form apart for people who were a hundred years old, and who
# were therefore born in the nineteenth century.
_CENTENARIAN_SEQUENCES = frozenset({"996", "997", "998", "999"})

_CHECK_CHARACTERS = "0123456789X"
# Powers of two, the last digit weighing 2; texts are of seventeen digits.
_WEIGHTS = tuple(2**place % 11 for place in range(32, 0, -1))
_ZERO = ord("0")


def checksum_mod_11_2(digits: str) -> str:
    """Return the ISO 7064 MOD 11-2 check character (0-9 or X) for a text of at most 32 ASCII digits."""
    signs = digits.encode("ascii")
    weights = _WEIGHTS[-len(signs) :]
    # A sign is its digit and ``_ZERO`` more.
    total = sum(map(mul, weights, signs)) - _ZERO * sum(weights)
    return _CHECK_CHARACTERS[(12 - total) % 11]


def make_resident_number(division: str, birth_on: date, sequence: int) -> str:
    """Build a valid 18-digit resident number.

    `division` is a six-digit GB/T 2260 code, `sequence` 1 to 999 (odd for men, even for women).
    Raises ValueError for anything else. Whether the division exists is not checked.
    """
    if not re.fullmatch(r"[0-9]{6}", division):
        raise ValueError("division must be six digits")
    if not 1 <= sequence <= 999:
        raise ValueError("sequence must be between 1 and 999")
    body = f"{division}{birth_on.isoformat().replace('-', '')}{sequence:03d}"
    return body + checksum_mod_11_2(body)


def to_eighteen_digits(number: str) -> str:
    """Return the 18-digit equivalent of a 15-digit number; the two are one person."""
    century = "18" if number[12:] in _CENTENARIAN_SEQUENCES else "19"
    body = number[:6] + century + number[6:]
    return body + checksum_mod_11_2(body)


def read_birth_on(digits: str, *, on: date) -> date:
    """Read YYYYMMDD. Raises InvalidDocument when there is no such day, or when it lies after `on`."""
    try:
        birth_on = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise InvalidDocument(DocumentError.NO_SUCH_DATE, "birth_on") from None
    if birth_on < EARLIEST_BIRTH_ON:
        raise InvalidDocument(DocumentError.NO_SUCH_DATE, "birth_on")
    if birth_on > on:
        raise InvalidDocument(DocumentError.BORN_IN_FUTURE, "birth_on")
    return birth_on


def read_sex(number: str) -> Sex:
    """Read the 17th digit of an 18-digit number."""
    return Sex.MALE if int(number[16]) % 2 else Sex.FEMALE


def check_checksum(number: str) -> None:
    """Raise InvalidDocument unless the last of 18 characters is the check character of the others."""
    if checksum_mod_11_2(number[:17]) != number[17]:
        raise InvalidDocument(DocumentError.WRONG_CHECKSUM, "check_digit")
