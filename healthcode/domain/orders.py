"""Control orders (其他须纳入, N1.1, N1.2): who may say yes, why, on what list, and when one is carried out.

An order is a person's act and not a finding, so nobody can make one alone: it is asked for by one, approved by two of
different bodies, and waits before it takes effect.
"""

from datetime import datetime
from enum import StrEnum

from healthcode.domain.colours import Colour

APPROVALS = 2


class Body(StrEnum):
    """A body that answers for an approval. Two approvals never come from the same."""

    CONTROL_OFFICE = "control_office"
    HEALTH_COMMISSION = "health_commission"
    LEADING_GROUP = "leading_group"


class OrderReason(StrEnum):
    """Why people are named whom no other rule colours. There is no "other": each is about the epidemic."""

    CLUSTER = "cluster"
    INDIRECT_CONTACT = "indirect_contact"
    LEFT_ISOLATION = "left_isolation"
    CONTAMINATED_GOODS = "contaminated_goods"
    ANOTHER_PROVINCE = "another_province"


class Measure(StrEnum):
    """What the people named are put under."""

    RED = Colour.RED.value
    YELLOW = Colour.YELLOW.value


class ListOrigin(StrEnum):
    """Where a list of people comes from. Scans of a venue code are no evidence, so there is no word for them."""

    CASE_INVESTIGATION = "case_investigation"
    SCREENING = "screening"
    ISOLATION_SITE = "isolation_site"
    ANOTHER_PROVINCE = "another_province"
    NAMED_ONE_BY_ONE = "named_one_by_one"


class OrderState(StrEnum):
    """Where an order stands. It follows from its instants alone."""

    REQUESTED = "requested"
    WAITING = "waiting"
    CARRIED_OUT = "carried_out"
    STOPPED = "stopped"
    EXPIRED = "expired"


def state_of_order(
    *,
    approved_at: datetime | None,
    stopped_at: datetime | None,
    carried_out_at: datetime | None,
    valid_until: datetime,
    at: datetime,
) -> OrderState:
    """Return where an order stands at ``at``. What was stopped stays so; what ended before it began never begins."""
    if carried_out_at is not None:
        return OrderState.CARRIED_OUT
    if stopped_at is not None:
        return OrderState.STOPPED
    if valid_until <= at:
        return OrderState.EXPIRED
    return OrderState.REQUESTED if approved_at is None else OrderState.WAITING
