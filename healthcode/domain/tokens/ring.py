"""The key ring of one scope: which step is due when. Times only; making and storing keys is a service's.

staged (published at least 7 days ahead) → signing (one) → verifying (until its last code has died) → gone;
withdrawn from anywhere, at once. The next key is staged as soon as one begins to sign, so that an emergency finds
a key that the gates know.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from healthcode.domain.tokens.claims import LIVES, Kind

PUBLISHED_AHEAD = timedelta(days=7)
SIGNS_FOR = timedelta(days=90)
# Beat may be down for so long before a key can't sign any more.
SLACK = timedelta(days=30)
# After the last code has died the key is known for another day, so that who shows it is told "expired".
TAIL = timedelta(days=1)


class Step(StrEnum):
    """What the ring needs: a first key, the next key published, the staged key signing."""

    OPEN = "open"
    STAGE = "stage"
    TURN = "turn"


class Times(NamedTuple):
    """When a key was made (and so published), since when it signs, and when its validity ends."""

    made_at: datetime
    signs_from: datetime | None
    valid_until: datetime


def longest_life(scope: Iterable[Kind]) -> timedelta:
    """Give the longest life of a code that a key of this scope signs."""
    kinds = set(scope)
    return timedelta(seconds=max(life.life for (kind, _indexed), life in LIVES.items() if kind in kinds))


def has_status_list(scope: Iterable[Kind]) -> bool:
    """Tell whether codes of this scope have a bit in a status list."""
    kinds = set(scope)
    return any(indexed for kind, indexed in LIVES if kind in kinds)


def valid_until(scope: Iterable[Kind], made_at: datetime) -> datetime:
    """Give the end of a new key's validity: staged, signing, and then until its last code has died."""
    return made_at + 2 * SIGNS_FOR + SLACK + longest_life(scope) + TAIL


def verifies_until(scope: Iterable[Kind], signed_until: datetime) -> datetime:
    """Give the instant from which nobody needs a key any more that signed until `signed_until`."""
    return signed_until + longest_life(scope) + TAIL


def steps_due(scope: Iterable[Kind], signing: Times | None, staged: Times | None, at: datetime) -> tuple[Step, ...]:
    """Give what is due at `at`, in order. None: there is no such key."""
    kinds = frozenset(scope)
    if signing is None:
        # The first of all, or the one that signed was withdrawn: nothing may wait for seven days then.
        return (Step.OPEN, Step.STAGE) if staged is None else (Step.TURN, Step.STAGE)
    if staged is None:
        return (Step.STAGE,)
    ending = signing.valid_until - longest_life(kinds) <= at
    grown = signing.signs_from is None or at >= signing.signs_from + SIGNS_FOR
    if ending or (grown and at >= staged.made_at + PUBLISHED_AHEAD):
        return (Step.TURN, Step.STAGE)
    return ()
