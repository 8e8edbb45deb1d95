"""Acting for another person (代办, N3.5): rights, states, and who may end a bond.

A bond is directed: the carer acts for the dependant, never the other way round. Its end by time is a fact of the
clock; whoever reads asks ``state_at`` and does not wait for a sweep.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from healthcode.domain.instants import CHINA

OF_AGE = 18
# An adult's consent is asked for anew after a year.
CONSENT_LIFE = timedelta(days=365)


class Right(StrEnum):
    """What a carer may do for the dependant; each is given by itself."""

    SHOW = "show"
    DECLARE = "declare"
    APPEAL = "appeal"
    PRINT = "print"


class Relation(StrEnum):
    """Why one may act for the other: as a minor's guardian, or because an adult agreed."""

    GUARDIAN = "guardian"
    CONSENT = "consent"


class Proof(StrEnum):
    """What stands behind a bond: the register of guardians, a code read to the carer or an answer in the
    dependant's own portal, both documents seen at a service point, or an officer's reason."""

    REGISTER = "register"
    PHONE = "phone"
    PORTAL = "portal"
    SERVICE_POINT = "service_point"
    OFFICER = "officer"


class BondState(StrEnum):
    """Where a bond stands. Nobody acts on a frozen one."""

    ACTIVE = "active"
    FROZEN = "frozen"
    ENDED = "ended"


class BondAct(StrEnum):
    """What is done to a bond."""

    BIND = "bind"
    NARROW = "narrow"
    OBJECT = "object"
    UPHOLD = "uphold"
    DISSOLVE = "dissolve"
    REVOKE = "revoke"
    LAPSE = "lapse"


class Party(StrEnum):
    """Who acts: the carer, the dependant where of age, one who may object (the dependant of whatever age, or
    another guardian), an officer of the division, or the clock."""

    CARER = "carer"
    DEPENDANT = "dependant"
    OBJECTOR = "objector"
    OFFICER = "officer"
    SYSTEM = "system"


class BondEnd(StrEnum):
    """Why a bond is over."""

    CAME_OF_AGE = "came_of_age"
    EXPIRED = "expired"
    BY_CARER = "by_carer"
    BY_DEPENDANT = "by_dependant"
    BY_OFFICER = "by_officer"


class Step(NamedTuple):
    """Where an act leads, and to whom it is open."""

    to: BondState
    parties: frozenset[Party]


_SIDES = frozenset({Party.CARER, Party.DEPENDANT})
_OFFICER = frozenset({Party.OFFICER})

TRANSITIONS: Mapping[tuple[BondState, BondAct], Step] = MappingProxyType(
    {
        (BondState.ACTIVE, BondAct.NARROW): Step(BondState.ACTIVE, _SIDES),
        (BondState.ACTIVE, BondAct.OBJECT): Step(BondState.FROZEN, frozenset({Party.OBJECTOR})),
        (BondState.ACTIVE, BondAct.REVOKE): Step(BondState.ENDED, _SIDES),
        (BondState.ACTIVE, BondAct.DISSOLVE): Step(BondState.ENDED, _OFFICER),
        (BondState.ACTIVE, BondAct.LAPSE): Step(BondState.ENDED, frozenset({Party.SYSTEM})),
        (BondState.FROZEN, BondAct.UPHOLD): Step(BondState.ACTIVE, _OFFICER),
        (BondState.FROZEN, BondAct.DISSOLVE): Step(BondState.ENDED, _OFFICER),
        (BondState.FROZEN, BondAct.REVOKE): Step(BondState.ENDED, _SIDES),
        (BondState.FROZEN, BondAct.LAPSE): Step(BondState.ENDED, frozenset({Party.SYSTEM})),
    }
)


class WrongTransition(ValueError):
    """The bond's state does not allow the act, whoever asks."""

    code = "wrong_transition"


def step(state: BondState, act: BondAct) -> Step:
    """Return what the act does in this state; raise ``WrongTransition``."""
    found = TRANSITIONS.get((state, act))
    if found is None:
        raise WrongTransition(f"{act} is no act on a bond that is {state}")
    return found


def is_open_to(state: BondState, act: BondAct, parties: frozenset[Party]) -> bool:
    """Tell whether one who is all of ``parties`` may do the act in this state."""
    found = TRANSITIONS.get((state, act))
    return found is not None and bool(found.parties & parties)


def state_at(
    *, frozen_at: datetime | None, ended_at: datetime | None, valid_until: datetime, at: datetime
) -> BondState:
    """Return where a bond stands at ``at``: at exactly ``valid_until`` it is over, whether or not that is written."""
    if ended_at is not None or valid_until <= at:
        return BondState.ENDED
    return BondState.FROZEN if frozen_at is not None else BondState.ACTIVE


def may(state: BondState, rights: frozenset[Right], right: Right) -> bool:
    """Tell whether a carer may use a right of a bond in this state."""
    return state is BondState.ACTIVE and right in rights


def comes_of_age_at(birth_on: date) -> datetime:
    """Return the instant (China time) at which a person turns 18: the beginning of the birthday.

    Who was born on 29 February comes of age on 1 March.
    """
    try:
        day = birth_on.replace(year=birth_on.year + OF_AGE)
    except ValueError:
        day = date(birth_on.year + OF_AGE, 3, 1)
    return datetime.combine(day, time.min, CHINA)


def is_minor(birth_on: date, at: datetime) -> bool:
    """Tell whether a person is under 18 at ``at``."""
    return at < comes_of_age_at(birth_on)
