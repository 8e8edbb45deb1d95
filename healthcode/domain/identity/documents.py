"""The kinds of document, what is read from one, and the reasons for refusing one."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Sex(StrEnum):
    """Sex as the 17th digit of a resident number says it: odd is male, even female."""

    MALE = "male"
    FEMALE = "female"


class DocumentType(StrEnum):
    """The documents a person may apply with; `code` is the two-digit type code used between authorities.

    The codes are those the project asks for: 10, 14, 15, 20, 34 and 99. Which document each of them means
    could not be confirmed from a published table (GB/T 38962 and GB/T 38963 were looked for). They are taken
    in the order in which the requirement names the documents, which is also the most plausible reading.
    The mapping stands in one place, `_TYPE_CODES`; the words are what is stored, so correcting it moves no
    data.

    A residence permit for people of Hong Kong, Macao or Taiwan carries a resident number (81, 82, 83 …) and
    is entered as RESIDENT_ID.
    """

    RESIDENT_ID = "resident_id"
    HK_MACAO_PERMIT = "hk_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    PASSPORT = "passport"
    PERMANENT_RESIDENT_CARD = "permanent_resident_card"
    OTHER = "other"

    @property
    def code(self) -> str:
        """The two-digit type code."""
        return _TYPE_CODES[self]

    @classmethod
    def of_code(cls, code: str) -> "DocumentType":
        """The type that has this two-digit code; KeyError when none has."""
        return _TYPES_BY_CODE[code]


_TYPE_CODES = {
    DocumentType.RESIDENT_ID: "10",
    DocumentType.HK_MACAO_PERMIT: "14",
    DocumentType.TAIWAN_PERMIT: "15",
    DocumentType.PASSPORT: "20",
    DocumentType.PERMANENT_RESIDENT_CARD: "34",
    DocumentType.OTHER: "99",
}
_TYPES_BY_CODE = {code: kind for kind, code in _TYPE_CODES.items()}


class DocumentError(StrEnum):
    """Why a document number was refused."""

    WRONG_LENGTH = "wrong_length"
    BAD_CHARACTERS = "bad_characters"
    UNKNOWN_DIVISION = "unknown_division"
    NO_SUCH_DATE = "no_such_date"
    BORN_IN_FUTURE = "born_in_future"
    WRONG_CHECKSUM = "wrong_checksum"


class InvalidDocument(ValueError):
    """A refused number. `code` says why, `where` which part: number, division, birth_on or check_digit."""

    def __init__(self, code: DocumentError, where: str) -> None:
        super().__init__(f"{where}: {code}")
        self.code = code
        self.where = where


@dataclass(frozen=True, slots=True)
class Document:
    """A number that has the right form, and what the number itself tells.

    `number` is the normal form and is kept out of the repr, which ends in logs. `birth_on`, `sex` and
    `division` (GB/T 2260, of the first registration, possibly abolished) are None where the number is silent.
    """

    type: DocumentType
    number: str = field(repr=False)
    birth_on: date | None = None
    sex: Sex | None = None
    division: str | None = None
