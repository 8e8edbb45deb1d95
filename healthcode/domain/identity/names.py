"""One spelling for a person's name, however it was typed."""

import re
import unicodedata
from enum import StrEnum

MAX_NAME_LENGTH = 64

# The dot between the parts of a Uyghur or Tibetan name has one place in the standard and many on keyboards.
_DOTS = re.compile("[·•‧∙⋅・･᛫.。]")
# Replaced before NFKC, which takes a spacing accent apart into a space and a mark.
_APOSTROPHES = re.compile("[’‘ʼʻ`´′＇｀]")
_HYPHENS = re.compile("[‐‑‒–—−]")
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")

# 〇 is a letter in names; the ranges are the ideographs with their extensions A to H.
_HAN = "〇㐀-䶿一-鿿\uf900-\ufaff\U00020000-\U000323af"
_HAS_HAN = re.compile(f"[{_HAN}]")
_HAN_NAME = re.compile(f"[{_HAN}]+(?:·[{_HAN}]+)*")
_LATIN_NAME = re.compile(r"[A-Z]+(?:['-][A-Z]+)*(?: [A-Z]+(?:['-][A-Z]+)*)*")
_HAS_LATIN = re.compile(r"[A-Z]")

# Letters that do not fall apart into a base letter and a mark, as ICAO Doc 9303 writes them.
_ICAO = str.maketrans({"Æ": "AE", "Œ": "OE", "Ø": "OE", "Þ": "TH", "Ð": "D", "Đ": "D", "Ł": "L", "Ħ": "H"})


class NameProblem(StrEnum):
    """Why a name was refused."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    CONTROL_CHARACTERS = "control_characters"
    DIGITS = "digits"
    MIXED_SCRIPTS = "mixed_scripts"
    BAD_CHARACTERS = "bad_characters"


class InvalidName(ValueError):
    """A refused name; `code` says why."""

    def __init__(self, code: NameProblem) -> None:
        super().__init__(code)
        self.code = code


def normalise_name(text: str) -> str:
    """Return a name in the form in which names are stored and compared.

    Chinese: no spaces, middle dot U+00B7, compatibility forms unified, rare characters kept.
    Latin: as in the machine-readable zone, upper case, marks and full stops dropped, single spaces, ' and -
    kept, "SURNAME, GIVEN" turned into "GIVEN SURNAME". Other scripts are refused: the passport has the
    Latin form. Raises InvalidName. At most MAX_NAME_LENGTH characters.
    """
    name = unicodedata.normalize("NFKC", _APOSTROPHES.sub("'", text))
    name = _VARIATION_SELECTORS.sub("", name).strip()
    _refuse(name)
    name = _han_name(name) if _HAS_HAN.search(name) else _latin_name(name)
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidName(NameProblem.TOO_LONG)
    return name


def _refuse(name: str) -> None:
    if not name:
        raise InvalidName(NameProblem.EMPTY)
    categories = {unicodedata.category(character) for character in name}
    if categories & {"Cc", "Cf", "Zl", "Zp"}:
        raise InvalidName(NameProblem.CONTROL_CHARACTERS)
    # 〇 is a number (Nl) to Unicode; only what people count with is refused.
    if "Nd" in categories:
        raise InvalidName(NameProblem.DIGITS)


def _han_name(name: str) -> str:
    name = _DOTS.sub("·", "".join(name.split()))
    if _HAS_LATIN.search(name.upper()):
        raise InvalidName(NameProblem.MIXED_SCRIPTS)
    if not _HAN_NAME.fullmatch(name):
        raise InvalidName(NameProblem.BAD_CHARACTERS)
    return name


def _latin_name(name: str) -> str:
    name = _HYPHENS.sub("-", name).upper().translate(_ICAO)
    name = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    surname, comma, given = name.partition(",")
    if comma:
        name = f"{given} {surname}"
    name = " ".join(name.replace(".", " ").split())
    if not _LATIN_NAME.fullmatch(name):
        raise InvalidName(NameProblem.BAD_CHARACTERS)
    return name
