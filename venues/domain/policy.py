"""The province's passage policy: venue category × colour → verdict, with its clause (N2.4, N2.7).

Green passes everywhere and nothing can be configured to ask more of it (N3.1). Red is refused everywhere but
where care is given. A code without a colour (paper, fallback) is checked against the person's document.

``policy_table`` is the same in plain words, for gates that decide without the server.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from healthcode.domain.colours import Colour
from healthcode.domain.tokens import Kind, TokenColour, Verdict


class Category(StrEnum):
    """What kind of place a venue is."""

    SCHOOL = "school"
    CARE_HOME = "care_home"
    MARKET = "market"
    INDOOR_CULTURE = "indoor_culture"
    ENTERTAINMENT = "entertainment"
    TAXI = "taxi"
    PUBLIC_TRANSPORT = "public_transport"
    HOSPITAL = "hospital"
    OTHER = "other"


class Ruling(NamedTuple):
    """A verdict, the condition in a word (for its sentence), and the clause it rests on."""

    verdict: Verdict
    condition: str
    clause: str


_NO_YELLOW = frozenset(
    {Category.SCHOOL, Category.CARE_HOME, Category.MARKET, Category.INDOOR_CULTURE, Category.ENTERTAINMENT}
)


def rule_passage(category: Category, colour: Colour) -> Ruling:
    """Return what the policy says for a person of ``colour`` at a venue of ``category``."""
    if colour is Colour.GREEN:
        return Ruling(Verdict.PASS, "free", "N2.7")
    if category is Category.HOSPITAL:
        # Nobody is turned away from care; the fever clinic is the way in.
        return Ruling(Verdict.RESTRICTED, "fever_clinic", "N2.1" if colour is Colour.RED else "N2.4")
    if colour is Colour.RED:
        return Ruling(Verdict.REFUSE, "stay_apart", "N2.1")
    if category in _NO_YELLOW:
        return Ruling(Verdict.REFUSE, "closed_to_yellow", "N2.4")
    return Ruling(Verdict.RESTRICTED, "mask", "N2.4")


# What a gate without a network can say of a code that names no colour, or one that may be minutes old: the person is
# let in when the document shows them to be who they say, as anybody without a phone is (N3.6).
DOCUMENT = Ruling(Verdict.RESTRICTED, "document", "N3.6")
# Codes that stand for a person more loosely than a screen of the last minute: the guard is asked to see the document.
DOCUMENT_KINDS = frozenset({Kind.PAPER, Kind.RESERVE})
NO_COLOUR = "none"
_COLOURS = {
    TokenColour.GREEN: Colour.GREEN,
    TokenColour.YELLOW: Colour.YELLOW,
    TokenColour.RED: Colour.RED,
}


def colour_in_code(colour: TokenColour) -> Colour | None:
    """Return the colour that a code names, or None for one that names none."""
    return _COLOURS.get(colour)


def rule_offline(category: Category, kind: Kind, colour: Colour | None) -> Ruling:
    """Return what a gate that cannot ask the server says of a good code of ``kind`` naming ``colour``.

    A reserve code passes nobody by itself: what would be a pass becomes a look at the document.
    """
    if colour is None:
        return DOCUMENT
    ruling = rule_passage(category, colour)
    return DOCUMENT if kind in DOCUMENT_KINDS and ruling.verdict is Verdict.PASS else ruling


def policy_table() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Return category → colour (or ``none``) → verdict, condition and clause, as it is published to gates."""
    return {
        category.value: {
            **{colour.value: _words(rule_passage(category, colour)) for colour in Colour},
            NO_COLOUR: _words(DOCUMENT),
        }
        for category in Category
    }


def _words(ruling: Ruling) -> Mapping[str, str]:
    return {"verdict": ruling.verdict.value, "condition": ruling.condition, "clause": ruling.clause}
