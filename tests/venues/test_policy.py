"""What a colour may do where: every category, every colour (N2.1, N2.4, N2.7)."""

import pytest

from healthcode.domain.colours import Colour
from healthcode.domain.tokens import Verdict
from venues.domain.policy import Category, rule_passage

GREEN, YELLOW, RED = Colour.GREEN, Colour.YELLOW, Colour.RED
FREE = (Verdict.PASS, "free", "N2.7")
MASK = (Verdict.RESTRICTED, "mask", "N2.4")
CLOSED = (Verdict.REFUSE, "closed_to_yellow", "N2.4")
APART = (Verdict.REFUSE, "stay_apart", "N2.1")

# Written out row by row, so that a change of the policy has to be made twice.
TABLE = [
    (Category.SCHOOL, FREE, CLOSED, APART),
    (Category.CARE_HOME, FREE, CLOSED, APART),
    (Category.MARKET, FREE, CLOSED, APART),
    (Category.INDOOR_CULTURE, FREE, CLOSED, APART),
    (Category.ENTERTAINMENT, FREE, CLOSED, APART),
    (Category.TAXI, FREE, MASK, APART),
    (Category.PUBLIC_TRANSPORT, FREE, MASK, APART),
    (
        Category.HOSPITAL,
        FREE,
        (Verdict.RESTRICTED, "fever_clinic", "N2.4"),
        (Verdict.RESTRICTED, "fever_clinic", "N2.1"),
    ),
    (Category.OTHER, FREE, MASK, APART),
]
CASES = [
    (category, colour, ruling)
    for category, *row in TABLE
    for colour, ruling in zip((GREEN, YELLOW, RED), row, strict=True)
]


@pytest.mark.parametrize(("category", "colour", "ruling"), CASES)
def test_every_category_and_colour_has_its_ruling(
    category: Category, colour: Colour, ruling: tuple[Verdict, str, str]
) -> None:
    assert rule_passage(category, colour) == ruling


def test_the_table_is_whole() -> None:
    assert [row[0] for row in TABLE] == list(Category)
