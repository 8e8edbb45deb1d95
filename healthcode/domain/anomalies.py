"""Alarms: lists that look like an abuse of the code and not like an epidemic (the pattern of Henan, 2022).

Pure detectors over small values. A finding freezes a batch; it colours and uncolours nobody. In Henan 1,317 depositors
were made red by hand, 446 of them after they scanned a venue code in the province and 871 after they scanned a
forwarded picture of one from far away; nobody there was ill, and their travel and their tests were clean.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median


class Anomaly(StrEnum):
    """What is wrong with a list."""

    VENUE_WITHOUT_POSITIVE = "venue_without_positive"
    NO_EPIDEMIOLOGY = "no_epidemiology"
    UNUSUAL_SIZE = "unusual_size"
    CONTRADICTED = "contradicted"
    REMOTE_SCANS = "remote_scans"
    LIST_OVER_CAP = "list_over_cap"
    UNUSUAL_LOOKUPS = "unusual_lookups"


@dataclass(frozen=True, slots=True)
class Limits:
    """From how many people on a list is looked at; below them, chance explains anything."""

    venue: int = 20
    undocumented: int = 30
    contradicted: int = 10
    size_floor: int = 400
    size_times: int = 10
    remote: int = 50
    share: float = 0.5


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Red:
    """A person whom a list would make red.

    ``venues`` are the places the records name. ``is_ill``: an infection was found, by test or diagnosis.
    ``has_epidemiology``: something on record other than the list explains the colour. ``is_contradicted``: travel
    touches no designated area and the newest test is negative.
    """

    person: int
    venues: frozenset[str] = frozenset()
    is_ill: bool = False
    has_epidemiology: bool = False
    is_contradicted: bool = False


@dataclass(frozen=True, slots=True)
class RedList:
    """What one unit would make red: with this list, and with what it recorded on its word in the day before.

    ``usual`` are the numbers of reds the unit recorded on days before, ``day`` how many it would have made in the last
    day with this list, whatever they rest on. ``ill_at`` are venues where a positive was.
    """

    reds: tuple[Red, ...]
    usual: tuple[int, ...] = ()
    ill_at: frozenset[str] = frozenset()
    day: int = 0


@dataclass(frozen=True, slots=True)
class VenueUse:
    """One use of a venue's code: the division of the venue, and that of where the phone was."""

    venue_division: str
    used_in: str

    @property
    def is_remote(self) -> bool:
        """Tell whether the phone was in another prefecture. An unknown place is not far away."""
        return bool(self.used_in) and self.used_in[:4] != self.venue_division[:4]


@dataclass(frozen=True, slots=True)
class Finding:
    """One alarm: what, how many people or uses it is about, and of how many."""

    anomaly: Anomaly
    number: int
    of: int
    about: str = ""


def find_anomalies(listed: RedList, limits: Limits = LIMITS) -> list[Finding]:
    """Return what is wrong with a list of reds; nothing for a list like any other."""
    found = [
        *find_venues_without_positive(listed, limits),
        *find_undocumented(listed, limits),
        *find_unusual_size(listed, limits),
        *find_contradicted(listed, limits),
    ]
    return found


def find_venues_without_positive(listed: RedList, limits: Limits = LIMITS) -> list[Finding]:
    """Find venues that many reds share and where no infected person was."""
    at_venue = Counter(venue for red in listed.reds if not red.is_ill for venue in red.venues)
    ill_at = listed.ill_at | {venue for red in listed.reds if red.is_ill for venue in red.venues}
    return [
        Finding(Anomaly.VENUE_WITHOUT_POSITIVE, number, len(listed.reds), venue)
        for venue, number in sorted(at_venue.items())
        if number >= limits.venue and venue not in ill_at
    ]


def find_undocumented(listed: RedList, limits: Limits = LIMITS) -> list[Finding]:
    """Find a list of which many, and a good part, have nothing else on record that explains a red code."""
    number = sum(not red.has_epidemiology for red in listed.reds)
    return _part(Anomaly.NO_EPIDEMIOLOGY, number, len(listed.reds), limits.undocumented, limits)


def find_contradicted(listed: RedList, limits: Limits = LIMITS) -> list[Finding]:
    """Find a list of which many, and a good part, were nowhere at risk and have a negative test."""
    number = sum(red.is_contradicted for red in listed.reds)
    return _part(Anomaly.CONTRADICTED, number, len(listed.reds), limits.contradicted, limits)


def find_unusual_size(listed: RedList, limits: Limits = LIMITS) -> list[Finding]:
    """Find a day far larger than the unit's usual one; a small one is never far larger."""
    usual = median(listed.usual) if listed.usual else 0
    number = max(len(listed.reds), listed.day)
    if number > max(limits.size_floor, limits.size_times * usual):
        return [Finding(Anomaly.UNUSUAL_SIZE, number, int(usual))]
    return []


def find_remote_uses(uses: Sequence[VenueUse], limits: Limits = LIMITS) -> list[Finding]:
    """Find a venue's code that is used from far away: a picture of it is being passed on."""
    return _part(Anomaly.REMOTE_SCANS, sum(use.is_remote for use in uses), len(uses), limits.remote, limits)


def _part(anomaly: Anomaly, number: int, of: int, least: int, limits: Limits) -> list[Finding]:
    return [Finding(anomaly, number, of)] if number >= least and number >= limits.share * of else []
