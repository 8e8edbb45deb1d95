"""Pages of acting for others: my family, binding, companions, who looked me up. Split by subject."""

from family.views.binding import add_adult, add_child, asked
from family.views.bonds import answer, bond, change_bond, family
from family.views.companions import companions, join, leave, make, take
from family.views.companions import token as companions_token
from family.views.lookups import complain_lookup, looked_up

__all__ = [
    "add_adult",
    "add_child",
    "answer",
    "asked",
    "bond",
    "change_bond",
    "companions",
    "companions_token",
    "complain_lookup",
    "family",
    "join",
    "leave",
    "looked_up",
    "make",
    "take",
]
