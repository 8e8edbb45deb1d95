"""The table of 转码 (N3.4): what is shown, and what it becomes here. A colour of elsewhere is never a colour here.

What examines (a nucleic acid test) becomes evidence and the rules decide on it. What another province concluded (its
red or yellow) is a conclusion without its reason: the person is asked for the reason, and nothing is held against them
before it is known. Green there means nothing was found there, which is no evidence of anything.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from healthcode.domain.foreign.dcc import Dcc
from healthcode.domain.foreign.issuers import CertificateKind
from healthcode.domain.foreign.reports import RESULTS, HomeToken
from healthcode.domain.foreign.shape import sampled_at
from healthcode.domain.instants import to_china
from healthcode.domain.tokens import Kind as TokenKind
from healthcode.domain.tokens import TokenColour

NUCLEIC_ACID, RAPID = "LP6464-4", "LP217198-3"
NOT_DETECTED, DETECTED = "260415000", "260373001"


class Shown(StrEnum):
    """What was shown."""

    HOME_GREEN = "home_green"
    HOME_YELLOW = "home_yellow"
    HOME_RED = "home_red"
    HOME_COLOURLESS = "home_colourless"
    TEST_NEGATIVE = "test_negative"
    TEST_POSITIVE = "test_positive"
    TEST_UNCLEAR = "test_unclear"
    RAPID_NEGATIVE = "rapid_negative"
    RAPID_POSITIVE = "rapid_positive"
    VACCINATION = "vaccination"
    RECOVERY = "recovery"


class Became(StrEnum):
    """What it becomes: evidence, a question to the person, or nothing."""

    EVIDENCE = "evidence"
    QUESTION = "question"
    NOTHING = "nothing"


class Row(NamedTuple):
    """One line of the table; ``result`` is that of the ``nat_result``."""

    became: Became
    result: str = ""


TABLE: Mapping[Shown, Row] = MappingProxyType(
    {
        Shown.TEST_NEGATIVE: Row(Became.EVIDENCE, "negative"),
        Shown.TEST_POSITIVE: Row(Became.EVIDENCE, "positive"),
        Shown.HOME_RED: Row(Became.QUESTION),
        Shown.HOME_YELLOW: Row(Became.QUESTION),
        # The notice asks for a nucleic acid test; a rapid one neither lifts nor proves, but a positive one is asked of.
        Shown.RAPID_POSITIVE: Row(Became.QUESTION),
        Shown.RAPID_NEGATIVE: Row(Became.NOTHING),
        Shown.TEST_UNCLEAR: Row(Became.NOTHING),
        Shown.HOME_GREEN: Row(Became.NOTHING),
        Shown.HOME_COLOURLESS: Row(Became.NOTHING),
        Shown.VACCINATION: Row(Became.NOTHING),
        Shown.RECOVERY: Row(Became.NOTHING),
    }
)
_COLOURS = {
    TokenColour.GREEN: Shown.HOME_GREEN,
    TokenColour.YELLOW: Shown.HOME_YELLOW,
    TokenColour.RED: Shown.HOME_RED,
    TokenColour.NONE: Shown.HOME_COLOURLESS,
}
_TESTS = {
    (NUCLEIC_ACID, NOT_DETECTED): Shown.TEST_NEGATIVE,
    (NUCLEIC_ACID, DETECTED): Shown.TEST_POSITIVE,
    (RAPID, NOT_DETECTED): Shown.RAPID_NEGATIVE,
    (RAPID, DETECTED): Shown.RAPID_POSITIVE,
}


class Mapped(NamedTuple):
    """What was shown and what it becomes. ``number`` is the same for the same report, whoever shows it."""

    shown: Shown
    number: str
    sampled_at: datetime | None = None

    @property
    def row(self) -> Row:
        """Return the line of the table."""
        return TABLE[self.shown]


def map_dcc(found: Dcc, issuer: str) -> Mapped:
    """Return what a genuine EU certificate of ``issuer`` becomes: tests of nucleic acid alone count as test reports."""
    number = _number(issuer, str(found.entry["ci"]).encode())
    if found.kind is not CertificateKind.TEST:
        return Mapped(Shown.VACCINATION if found.kind is CertificateKind.VACCINATION else Shown.RECOVERY, number)
    shown = _TESTS.get((found.entry["tt"], found.entry["tr"]), Shown.TEST_UNCLEAR)
    return Mapped(shown, number, to_china(sampled_at(found.entry)))


def map_token(found: HomeToken) -> Mapped:
    """Return what a genuine code or report of another province becomes."""
    number = _number(found.issuer, found.cti)
    if found.kind is not TokenKind.TEST_REPORT:
        return Mapped(_COLOURS[found.colour], number)
    result = RESULTS.get(found.colour)
    shown = {"negative": Shown.TEST_NEGATIVE, "positive": Shown.TEST_POSITIVE}.get(result or "", Shown.TEST_UNCLEAR)
    return Mapped(shown, number, to_china(found.issued_at))


def _number(issuer: str, name: bytes) -> str:
    return hashlib.sha256(issuer.encode() + b"\x00" + name).hexdigest()[:48]
