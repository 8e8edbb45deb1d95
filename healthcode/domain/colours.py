"""The three colours of a code and their order (N1.1, N1.2, N1.3)."""

from enum import StrEnum


class Colour(StrEnum):
    """A code's colour. ``severity`` orders them: green 0, yellow 1, red 2."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"

    @property
    def severity(self) -> int:
        """Return 0 for green, 1 for yellow, 2 for red."""
        return _SEVERITY[self]


_SEVERITY = {Colour.GREEN: 0, Colour.YELLOW: 1, Colour.RED: 2}


class Level(StrEnum):
    """Level of an area designation (N1.2, N1.4). ``outbreak`` needs both approvals of N1.4 on record."""

    MEDIUM = "medium"
    HIGH = "high"
    OUTBREAK = "outbreak"


class Stage(StrEnum):
    """What a red ground asks of the person for now (N2.1)."""

    HOSPITAL = "hospital"
    CENTRAL = "central"
    HOME = "home"
    CONVALESCENCE = "convalescence"


class Lift(StrEnum):
    """What ends a ground; shown to the person as the exit."""

    TIME = "time"
    NEGATIVE_TEST = "negative_test"
    SYMPTOM_CLEARED = "symptom_cleared"
    DISCHARGE = "discharge"
    EXCLUDED = "excluded"
    DIAGNOSIS = "diagnosis"
    LEAVE_AREA = "leave_area"
    AREA_LOWERED = "area_lowered"
    RELEASE = "release"


class Rule(StrEnum):
    """The rules of the notice that give a ground."""

    CONFIRMED = "confirmed"
    ASYMPTOMATIC = "asymptomatic"
    SUSPECTED = "suspected"
    POSITIVE_PENDING = "positive_pending"
    CLOSE_CONTACT = "close_contact"
    OVERSEAS_ENTRY = "overseas_entry"
    ISOLATION_ORDER = "isolation_order"
    OUTBREAK_AREA = "outbreak_area"
    CONTROL_ORDER = "control_order"
    FEVER = "fever"
    RISK_AREA = "risk_area"

    def clauses(self, colour: Colour) -> tuple[str, ...]:
        """Return the clauses of the notice this rule rests on, for a ground of ``colour``."""
        if self is Rule.CONTROL_ORDER:
            return ("N1.1",) if colour is Colour.RED else ("N1.2",)
        return _CLAUSES[self]


_CLAUSES: dict[Rule, tuple[str, ...]] = {
    Rule.CONFIRMED: ("N1.1", "N2.1"),
    Rule.ASYMPTOMATIC: ("N1.1", "N2.1"),
    Rule.SUSPECTED: ("N1.1", "N2.1"),
    Rule.POSITIVE_PENDING: ("N1.1",),
    Rule.CLOSE_CONTACT: ("N1.1", "N2.1"),
    Rule.OVERSEAS_ENTRY: ("N1.1", "N2.1", "N2.3"),
    Rule.ISOLATION_ORDER: ("N1.1", "N2.3"),
    Rule.OUTBREAK_AREA: ("N1.4",),
    Rule.FEVER: ("N1.2", "N2.5"),
    Rule.RISK_AREA: ("N1.2", "N2.6"),
}
