"""What the gate's tests share besides the cast: people of a colour, and scans."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from healthcode.domain.colours import Colour
from healthcode.domain.orders import Measure
from healthcode.models import Account, Person
from tests.people import order, person_of
from venues.models import Guard, Scan
from venues.services.scans import record_scan


def give_colour(account: Account, colour: Colour, at: datetime) -> Person:
    """Order the person's colour for a week (其他须纳入); green needs no order."""
    person = person_of(account)
    if colour is Colour.GREEN:
        return person
    order(person, at=at - timedelta(hours=1), until=at + timedelta(days=7), measure=Measure(colour.value))
    return person


def scan(guard: Guard, text: str, at: datetime, nonce: UUID | None = None) -> Scan:
    """Record what the guard scans at ``at``."""
    return record_scan(by=guard.account, guard=guard, text=text, nonce=nonce or uuid4(), scanned_at=at, at=at)
