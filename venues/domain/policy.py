"""The province's passage policy: venue category × colour → verdict, with its clause (N2.4, N2.7).

Green passes everywhere and nothing can be configured to ask more of it (N3.1). Red is refused everywhere but
where care is given. A code without a colour (paper, fallback) is checked against the person's document.
"""

from enum import StrEnum
from typing import NamedTuple

from healthcode.domain.colours import Colour
from healthcode.domain.tokens import Verdict


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
