"""Companions (同行家人, N3.5): a day's group of up to eight, shown by one phone and verified in one scan."""

from datetime import datetime, time, timedelta
from enum import StrEnum

from healthcode.domain.instants import CHINA, to_china

MOST = 8


class JoinedBy(StrEnum):
    """How a member came into the group: as its leader, as a dependant the leader may show, or with a phone of
    their own."""

    LEADER = "leader"
    BOND = "bond"
    OWN_PHONE = "own_phone"


def ends_at(at: datetime) -> datetime:
    """Return the next midnight in China, at which every group made on that day is over."""
    return datetime.combine(to_china(at).date() + timedelta(days=1), time.min, CHINA)
