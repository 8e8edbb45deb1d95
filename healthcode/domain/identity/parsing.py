"""From what somebody typed to a Document, or to the precise reason why not.

Checks run from the coarse to the fine (length, characters, division, date, checksum), so that the reason
given is the one a person can act on: "no such date" helps more than "wrong checksum".
"""

import re
import unicodedata
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import date

from healthcode.domain.identity import resident
from healthcode.domain.identity.documents import Document, DocumentError, DocumentType, InvalidDocument

# Zero-width characters come along when a number is pasted from a chat; hyphens and spaces group its digits.
_SEPARATORS = re.compile("[\\s\u200b-\u200d\u2060\ufeff\\-‐‑–—]+")

# The codes that stand first in the numbers of residence permits for people of Hong Kong, Macao and Taiwan.
# 830000 is not in GB/T 2260, where Taiwan is 710000; so these are accepted whatever `divisions` holds.
RESIDENCE_PERMIT_DIVISIONS = frozenset({"810000", "820000", "830000"})


@dataclass(frozen=True, slots=True)
class _Known:
    """What a number is checked against: the day, and the division codes that ever were."""

    on: date
    divisions: Container[str]

    def check_division(self, code: str) -> None:
        if code not in self.divisions and code not in RESIDENCE_PERMIT_DIVISIONS:
            raise InvalidDocument(DocumentError.UNKNOWN_DIVISION, "division")


def parse_document(type: DocumentType, text: str, *, on: date, divisions: Container[str]) -> Document:
    """Check a document number and return it in normal form with what it tells.

    `text` is taken as typed: full-width characters, lower case, spaces and hyphens are normalised. `on` is
    today's date where the person is; `divisions` the six-digit codes in use now or ever (a resident number
    keeps the code of an abolished county). Raises InvalidDocument with code and place of the first fault.
    N1.5, N3.1.
    """
    # Most numbers are typed as they are; the rest of the way would give these back unchanged.
    plain = text.isascii() and text.isalnum()
    number = text if plain else _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    if not number.isascii():
        raise InvalidDocument(DocumentError.BAD_CHARACTERS, "number")
    return _READERS[type](number.upper(), _Known(on, divisions))


def _check_form(number: str, lengths: Container[int], form: re.Pattern[str]) -> None:
    if len(number) not in lengths:
        raise InvalidDocument(DocumentError.WRONG_LENGTH, "number")
    if not form.fullmatch(number):
        raise InvalidDocument(DocumentError.BAD_CHARACTERS, "number")


def _resident_id(number: str, known: _Known) -> Document:
    if len(number) == 15:
        _check_form(number, {15}, resident.FIFTEEN)
        known.check_division(number[:6])
        number = resident.to_eighteen_digits(number)
    _check_form(number, {18}, resident.EIGHTEEN)
    known.check_division(number[:6])
    return _eighteen(DocumentType.RESIDENT_ID, number, number[:6], known)


def _eighteen(type: DocumentType, number: str, division: str, known: _Known) -> Document:
    birth_on = resident.read_birth_on(number[6:14], on=known.on)
    resident.check_checksum(number)
    return Document(type, number, birth_on, resident.read_sex(number), division)


_HK_MACAO = re.compile(r"[HM](?:[0-9]{8}|[0-9]{10})")


def _hk_macao_permit(number: str, known: _Known) -> Document:
    """H or M and eight digits are the holder's for life; two more digits count reissues and are dropped."""
    _check_form(number, {9, 11}, _HK_MACAO)
    return Document(DocumentType.HK_MACAO_PERMIT, number[:9])


_TAIWAN = re.compile(r"[0-9]{8}|[0-9]{10}[A-Z]?")


def _taiwan_permit(number: str, known: _Known) -> Document:
    """Eight digits are the holder's for life; the old booklet adds a two-digit reissue count and a letter.

    The number used before 2013 (a letter and seven digits) changed with each booklet; the last ran out
    in 2018 and it is refused.
    """
    number = number.replace("(", "").replace(")", "")
    _check_form(number, {8, 10, 11}, _TAIWAN)
    return Document(DocumentType.TAIWAN_PERMIT, number[:8])


# A digit is asked for because the commonest slip is a name in the number's place.
_PASSPORT = re.compile(r"(?=.*[0-9])[0-9A-Z]+")


def _passport(number: str, known: _Known) -> Document:
    """ICAO Doc 9303: at most nine letters and digits. No country stands in the number."""
    _check_form(number, range(5, 10), _PASSPORT)
    return Document(DocumentType.PASSPORT, number)


_OLD_CARD = re.compile(r"[A-Z]{3}[0-9]{12}")
_NEW_CARD = re.compile(r"9[0-9]{16}[0-9X]")


def _permanent_resident_card(number: str, known: _Known) -> Document:
    """The form of 2023 (18 characters: 9, province, nationality, birth, sequence, check) or the older one.

    The older form (nationality in letters and twelve digits) is checked for its shape only; its birth date
    has a two-digit year and its check digit no public rule, so nothing is read from it.
    """
    if len(number) == 15:
        _check_form(number, {15}, _OLD_CARD)
        return Document(DocumentType.PERMANENT_RESIDENT_CARD, number)
    _check_form(number, {18}, _NEW_CARD)
    division = f"{number[1:3]}0000"
    known.check_division(division)
    return _eighteen(DocumentType.PERMANENT_RESIDENT_CARD, number, division, known)


def _other(number: str, known: _Known) -> Document:
    """Any other paper: 4 to 20 letters and digits with a digit among them, looked at by a person later."""
    _check_form(number, range(4, 21), _PASSPORT)
    return Document(DocumentType.OTHER, number)


_READERS: dict[DocumentType, Callable[[str, _Known], Document]] = {
    DocumentType.RESIDENT_ID: _resident_id,
    DocumentType.HK_MACAO_PERMIT: _hk_macao_permit,
    DocumentType.TAIWAN_PERMIT: _taiwan_permit,
    DocumentType.PASSPORT: _passport,
    DocumentType.PERMANENT_RESIDENT_CARD: _permanent_resident_card,
    DocumentType.OTHER: _other,
}
