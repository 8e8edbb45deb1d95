"""Rows of test results read the short way: millions of them come a week, and most say the same few words.

The short way answers only where it is sure; everything else, and every fault, is left to ``cases.read_evidence``. A
test holds the two against each other.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from healthcode.domain.cases import RESULTS
from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.evidence_table import Header, is_plain_test, iso_text, plain_text, result_word
from healthcode.domain.instants import InvalidInstant, Moment, parse_moment, to_china

_FIELDS = frozenset({"id", "name", "document_type", "number", "kind", "at", "result", "reported_at"})
_NEEDED = frozenset({"id", "kind", "at", "result"})
_WORDS, _MOMENTS = 256, 32_768
_LONGEST_ID = 64
# One for all of them: nobody writes into the detail of a record.
_DETAILS = {result: MappingProxyType({"result": result}) for result in RESULTS}


@lru_cache(_WORDS)
def _is_test(cell: str) -> bool:
    return is_plain_test(plain_text(cell))


@lru_cache(_WORDS)
def _result(cell: str) -> str:
    return result_word(plain_text(cell))


@lru_cache(_MOMENTS)
def _moment(cell: str) -> Moment | None:
    try:
        return parse_moment(iso_text(plain_text(cell)))
    except InvalidInstant:
        return None


class ResultReader:
    """Reads the test results of one table; ``read`` answers None for what has to go the long way."""

    def __init__(self, header: Header, source: str, recorded_at: datetime) -> None:
        """Take the table's columns, the source's category and the instant from which its records count."""
        places = header.places
        self._usable = places.keys() <= _FIELDS and places.keys() >= _NEEDED
        self._width = len(header.names)
        self._source, self._recorded_at = source, to_china(recorded_at)
        self._id, self._kind, self._at, self._result = (places.get(name, 0) for name in ("id", "kind", "at", "result"))
        self._reported = places.get("reported_at")

    def read(self, cells: Sequence[str]) -> Evidence | None:
        """Return the record of a row that is whole and says nothing unusual."""
        if not self._usable or len(cells) != self._width or not _is_test(cells[self._kind]):
            return None
        number, given, result = cells[self._id].strip(), _moment(cells[self._at]), _result(cells[self._result])
        if given is None or not result or not _is_number(number) or given.begins > self._recorded_at:
            return None
        reported = self._effective(cells, given, result)
        if reported is None:
            return None
        return Evidence(
            id=number,
            kind=Kind.NAT_RESULT,
            at=given.begins,
            ended_at=given.ends,
            recorded_at=self._recorded_at,
            source=self._source,
            detail=_DETAILS[result],
            reported_at=reported,
        )

    def _effective(self, cells: Sequence[str], given: Moment, result: str) -> datetime | None:
        said = cells[self._reported] if self._reported is not None else ""
        moment = _moment(said) if said and not said.isspace() else given
        if moment is None or moment.ends < given.begins:
            return None
        # A positive report begins a ground, a negative one ends it: that decides what a bare date means.
        return moment.begins if result == "positive" else moment.ends


def _is_number(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ID and text.isascii() and text.isprintable()


def is_bare_test(said: Evidence) -> bool:
    """Tell whether a record is a test result with nothing beside it: no place, no reason, no end."""
    beside = said.place or said.community or said.reason or said.retracts or said.until
    return said.kind is Kind.NAT_RESULT and not beside


def is_idle(said: Evidence) -> bool:
    """Tell whether a record is a negative test: it lifts fevers and stays at risk and does nothing else (N2.5, N2.6).

    For a person with neither on record ``decide`` gives the same with it and without it, at every instant.
    """
    return said.kind is Kind.NAT_RESULT and said.detail.get("result") == "negative"


def is_plain_negative(said: Evidence) -> bool:
    """Tell whether a record is a negative test and says nothing beside it."""
    is_short = said.detail is _DETAILS["negative"]
    return is_short or (is_idle(said) and is_bare_test(said) and len(said.detail) == 1)


# The kinds whose grounds a negative test may end.
LIFTED_BY_TESTS = frozenset({Kind.SYMPTOM, Kind.AREA_STAY})
