"""Protocols of the outside world. A gateway that is down raises ``GatewayDown``; it never invents a value."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from healthcode.domain.identity import Document


class GatewayDown(Exception):
    """The outside system could not be asked; nothing is known. ``str()`` names the system."""

    code = "gateway_down"


class SmsGateway(Protocol):
    """Sends text messages."""

    def send(self, *, phone: str, text: str, reference: str, at: datetime) -> None:
        """Send ``text`` to ``phone`` (E.164). The same ``reference`` twice is one message. Raises ``GatewayDown``."""
        ...


class IdentityAuthority(Protocol):
    """The register of identity documents."""

    def matches(self, *, document: Document, nationality: str, name: str) -> bool:
        """Tell whether the document was issued to a person of this name. Raises ``GatewayDown``."""
        ...


class Represented(NamedTuple):
    """Somebody whom an account may act for: the person's id and, in words, what they are to each other."""

    person_id: int
    label: str


class Representation(Protocol):
    """Knows who may act for whom (代办, N3.5)."""

    def people(self, *, account_id: int, right: str, at: datetime) -> Sequence[Represented]:
        """Return whom the account may use ``right`` for at ``at``, always in the same order."""
        ...

    def may(self, *, account_id: int, person_ids: Collection[int], right: str, at: datetime) -> bool:
        """Tell whether the account may use ``right`` (``show``, ``declare`` …) for all of these people at ``at``."""
        ...
