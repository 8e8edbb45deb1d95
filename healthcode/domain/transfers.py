"""Point-to-point transfers (转运, N2.2): legs of a closed chain, what is refused and what raises an alarm. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class Leg(NamedTuple):
    """One ride: sealed, departed, and received at its end. ``arrived_at`` None: nobody has received the person yet."""

    place_from: str
    place_to: str
    sealed_at: datetime
    departed_at: datetime
    arrived_at: datetime | None = None


class LegFault(StrEnum):
    """Why a leg or an arrival is refused."""

    SAME_PLACE = "same_place"
    NOT_SEALED = "not_sealed"
    IN_FUTURE = "in_future"
    GAP = "gap"
    OVERLAP = "overlap"
    NOT_RECEIVED = "not_received"
    FINISHED = "finished"
    ARRIVED_BEFORE = "arrived_before"
    ARRIVED_TWICE = "arrived_twice"
    NO_LEG = "no_leg"


class Alarm(StrEnum):
    """What somebody has to look at: the chain is whole so far, and stands still."""

    NOT_RECEIVED = "not_received"
    WAITING = "waiting"


# A ride inside the province; whoever is not received by then is looked for.
LONGEST_RIDE = timedelta(hours=6)
# Between two rides the person waits apart from others; longer is a gap in the chain.
LONGEST_WAIT = timedelta(hours=2)


def fault_of_leg(legs: Sequence[Leg], new: Leg, *, origin: str, destination: str, at: datetime) -> LegFault | None:
    """Return why ``new`` cannot follow ``legs`` on the way from ``origin`` to ``destination``, or None.

    The chain has no gap (each leg begins where the last one ended), no overlap (nobody departs before they have
    arrived), and nobody goes on who was not received.
    """
    last = legs[-1] if legs else None
    if last is not None and (fault := _fault_after(last, new, destination)):
        return fault
    if last is None and new.place_from != origin:
        return LegFault.GAP
    return _fault_of_itself(new, at)


def _fault_after(last: Leg, new: Leg, destination: str) -> LegFault | None:
    if last.arrived_at is None:
        return LegFault.NOT_RECEIVED
    if last.place_to == destination:
        return LegFault.FINISHED
    if new.place_from != last.place_to:
        return LegFault.GAP
    return LegFault.OVERLAP if new.departed_at < last.arrived_at else None


def _fault_of_itself(new: Leg, at: datetime) -> LegFault | None:
    if new.place_from == new.place_to:
        return LegFault.SAME_PLACE
    if new.sealed_at > new.departed_at:
        return LegFault.NOT_SEALED
    return LegFault.IN_FUTURE if new.departed_at > at else None


def fault_of_arrival(legs: Sequence[Leg], arrived_at: datetime, at: datetime) -> LegFault | None:
    """Return why the last leg cannot have ended at ``arrived_at``, or None."""
    if not legs:
        return LegFault.NO_LEG
    if legs[-1].arrived_at is not None:
        return LegFault.ARRIVED_TWICE
    if arrived_at < legs[-1].departed_at:
        return LegFault.ARRIVED_BEFORE
    return LegFault.IN_FUTURE if arrived_at > at else None


def is_finished(legs: Sequence[Leg], destination: str) -> bool:
    """Tell whether the person was received at the destination."""
    return bool(legs) and legs[-1].place_to == destination and legs[-1].arrived_at is not None


def is_under_way(legs: Sequence[Leg], destination: str, at: datetime) -> bool:
    """Tell whether the person is in transit at ``at``: from the first departure until received at the destination.

    A wait between two legs is transit too: the chain is closed (N2.2).
    """
    if not legs or at < legs[0].departed_at:
        return False
    arrived_at = legs[-1].arrived_at
    return not is_finished(legs, destination) or (arrived_at is not None and at < arrived_at)


def alarm_of(legs: Sequence[Leg], destination: str, at: datetime) -> Alarm | None:
    """Return what is wrong with a chain that stands still, or None."""
    if not legs or is_finished(legs, destination):
        return None
    last = legs[-1]
    if last.arrived_at is None:
        return Alarm.NOT_RECEIVED if at - last.departed_at > LONGEST_RIDE else None
    return Alarm.WAITING if at - last.arrived_at > LONGEST_WAIT else None
