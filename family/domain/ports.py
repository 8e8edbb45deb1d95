"""Protocols of the outside world that ``family`` asks."""

from datetime import date
from typing import NamedTuple, Protocol

from healthcode.domain.identity import Document


class OnPaper(NamedTuple):
    """Somebody as their document says: number, country of a passport (ISO 3166 alpha-3), name."""

    document: Document
    nationality: str
    name: str


class GuardianRegister(Protocol):
    """The register of households and guardians."""

    def guards(self, *, guardian: OnPaper, child: OnPaper, birth_on: date) -> bool:
        """Tell whether ``guardian`` is a guardian of ``child``, born on ``birth_on``. Raises ``GatewayDown``."""
        ...
