"""Is the holder of a certificate the person who shows it? Names as passports spell them, and the birth date (N3.4)."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from healthcode.domain.identity import InvalidName, normalise_name

_PARTS = re.compile(r"[A-Z]+")


class Match(StrEnum):
    """What a comparison found. ``unsure`` is for a pair of human eyes: the document beside the certificate."""

    SAME = "same"
    UNSURE = "unsure"
    OTHER = "other"


def compare_holder(names: Mapping[str, str], birth: str, *, name: str, birth_on: date | None) -> Match:
    """Compare a certificate's holder with a person.

    ``names`` are ``fn gn fnt gnt`` of the certificate, ``birth`` its birth date, which may be known in part or not at
    all; ``name`` is the person's as stored, ``birth_on`` theirs where their document tells it. Another birth date is
    another person. The same parts of the name in the order of either spelling are the same name: a passport may write
    Ö as O or as OE. Names without one common part are another person's; everything between is unsure, and so is a name
    in Chinese, which no spelling rule leads to.
    """
    if birth_on is not None and birth and not birth_on.isoformat().startswith(birth):
        return Match.OTHER
    own = _parts(name)
    if not own:
        return Match.UNSURE
    spellings = [_joined(names, "gnt", "fnt"), _joined(names, "gn", "fn")]
    spellings += [_joined(names, "fnt", "gnt"), _joined(names, "fn", "gn")]
    if own in [parts for parts in spellings if parts]:
        return Match.SAME
    common = set(own) & {part for parts in spellings for part in parts}
    return Match.UNSURE if common else Match.OTHER


def _joined(names: Mapping[str, str], *fields: str) -> tuple[str, ...]:
    return tuple(part for field in fields for part in _parts(names.get(field, "")))


def _parts(text: str) -> tuple[str, ...]:
    try:
        return tuple(_PARTS.findall(normalise_name(text.replace("<", " ")).replace("'", "")))
    except InvalidName:
        return ()
