"""Evidence: one immutable record of a fact about one person, as ``rules.md`` defines it (N3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum

from healthcode.domain.colours import Level
from healthcode.domain.instants import DAY, to_china


class Kind(StrEnum):
    """What a record states."""

    DIAGNOSIS = "diagnosis"
    DISCHARGE = "discharge"
    CLOSE_CONTACT = "close_contact"
    OVERSEAS_ENTRY = "overseas_entry"
    AREA_STAY = "area_stay"
    ARRIVAL = "arrival"
    ISOLATION_ORDER = "isolation_order"
    RELEASE = "release"
    NAT_RESULT = "nat_result"
    SYMPTOM = "symptom"
    SYMPTOM_CLEARED = "symptom_cleared"
    RETRACTION = "retraction"
    CONTROL_ORDER = "control_order"


# Only an order may begin after it is recorded; a fact can not be recorded before it happens.
ORDERS = frozenset({Kind.ISOLATION_ORDER, Kind.CONTROL_ORDER})
# What these happen at is the end of something, so a bare date means the end of that day; "excluded" likewise.
AT_DAY_END = frozenset({Kind.DISCHARGE, Kind.RELEASE, Kind.SYMPTOM_CLEARED, Kind.DIAGNOSIS})
# What these say of a place is a phone's position; alone it may open a question, never a ground.
LOCATION_ONLY_SOURCES = frozenset({"telecom", "device"})


def _is_midnight(instant: datetime) -> bool:
    return to_china(instant).time() == time.min


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record. Instants are in China time.

    ``at`` is when the fact began or happened; ``ended_at`` is the same instant, or 24:00 of the day when only a
    date is known, and is what periods end with or are counted from. ``until`` is exclusive.
    ``reported_at`` is when a test result takes effect.
    """

    id: str
    kind: Kind
    at: datetime
    ended_at: datetime
    recorded_at: datetime
    until: datetime | None = None
    source: str = ""
    place: str = ""
    community: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)
    reported_at: datetime | None = None
    retracts: str = ""
    reason: str = ""

    @property
    def effective_at(self) -> datetime:
        """Return when a test result takes effect: its report, else the end of the sampling."""
        return self.reported_at or self.ended_at

    @property
    def begins_after_recorded(self) -> bool:
        """Tell whether this is a fact recorded before it happened, which no record may be.

        Where a bare date stands for the end of its day (``AT_DAY_END``), the day itself must have begun.
        """
        begins = self.at - DAY if self.kind in AT_DAY_END and _is_midnight(self.at) else self.at
        return self.kind not in ORDERS and begins > self.recorded_at

    @property
    def is_location_only(self) -> bool:
        """Tell whether a phone's position is all that stands behind the record."""
        return self.source in LOCATION_ONLY_SOURCES


@dataclass(frozen=True, slots=True)
class Designation:
    """An area designation (N1.2, N1.4) in force in ``[valid_from, valid_until)``; no communities means all."""

    id: str
    level: Level
    code: str
    valid_from: datetime
    valid_until: datetime | None = None
    communities: frozenset[str] = frozenset()

    def matches(self, stay: Evidence) -> bool:
        """Tell whether the stay's place lies in the designation.

        Where communities are listed, the stay must name one of them, in the same county: community names repeat
        across the country, and a feed's township code is less sure than the name.
        """
        if not self.communities:
            return stay.place.startswith(self.code)
        return stay.community in self.communities and stay.place[:6] == self.code[:6]

    def may_match(self, stay: Evidence) -> bool:
        """Tell whether only the missing community keeps the stay from matching: the person is asked."""
        return bool(self.communities) and not stay.community and stay.place[:6] == self.code[:6]
