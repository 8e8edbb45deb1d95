"""Protocols of the outside world. A gateway that is down raises ``GatewayDown``; it never invents a value."""

from datetime import datetime
from typing import Protocol

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
