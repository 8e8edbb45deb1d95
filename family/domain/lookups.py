"""Looking a person up for somebody (代查, N3.5, N3.6): what must be stated, and what is unusual. No Django."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from healthcode.domain.instants import to_china


class Purpose(StrEnum):
    """What for; from this list and nothing else."""

    ENTRY = "entry"
    TRANSPORT = "transport"
    MEDICAL = "medical"
    SERVICE = "service"


class Basis(StrEnum):
    """On what ground: the person stands there with the document, or has agreed."""

    PRESENCE = "presence"
    CONSENT = "consent"


class Outcome(StrEnum):
    """What a look-up found. ``not_shown``: no person of this document and name has a code; never which of the two."""

    SHOWN = "shown"
    NOT_SHOWN = "not_shown"


class Unusual(StrEnum):
    """What is wrong with an account's look-ups."""

    MANY = "many"
    GUESSING = "guessing"
    AT_NIGHT = "at_night"


class Done(NamedTuple):
    """One look-up of an account: when, and what it found."""

    at: datetime
    outcome: Outcome


class Limits(NamedTuple):
    """From how many look-ups of an hour on an alarm is raised."""

    many: int = 30
    guessing: int = 5
    at_night: int = 3


LIMITS = Limits()
HOUR = timedelta(hours=1)
_NIGHT = range(5)


def find_unusual(done: Sequence[Done], at: datetime, limits: Limits = LIMITS) -> list[Unusual]:
    """Return what is unusual about the look-ups of the hour before ``at``: too many, mostly finding nobody, at night.

    Each is found at the very look-up that reaches its limit, so that one run of them raises one alarm.
    """
    hour = [one for one in done if at - HOUR < one.at <= at]
    misses = sum(one.outcome is Outcome.NOT_SHOWN for one in hour)
    found = []
    if len(hour) == limits.many:
        found.append(Unusual.MANY)
    if misses == limits.guessing and hour and hour[-1].outcome is Outcome.NOT_SHOWN:
        found.append(Unusual.GUESSING)
    if len(hour) == limits.at_night and to_china(at).hour in _NIGHT:
        found.append(Unusual.AT_NIGHT)
    return found
