"""Instants: always with a zone, China time where none is given, and dates that stand for a whole day.

``rules.md``: a date without a time means 00:00 where something begins with it, and 24:00 (the next midnight)
where a period is ended by it or counted from it. ``Moment`` keeps both readings.
"""

import re
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

CHINA = timezone(timedelta(hours=8))
DAY = timedelta(days=1)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# datetime.fromisoformat also takes week dates and bare digits; a feed that sends those is misread, not helped.
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?")
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


class InvalidInstant(ValueError):
    """The text is no instant; the message names the text."""

    code = "invalid_instant"


class Moment(NamedTuple):
    """One given time: ``begins`` and ``ends`` differ by 24 h when only a date was given."""

    begins: datetime
    ends: datetime


def to_china(instant: datetime) -> datetime:
    """Return ``instant`` in China time; a naive value is taken as China time already.

    All instants of the domain carry this one zone object, which makes comparing them cheap.
    """
    if instant.tzinfo is None:
        return instant.replace(tzinfo=CHINA)
    return instant.astimezone(CHINA)


def parse_moment(text: object) -> Moment:
    """Read ISO 8601 text (a date, or a date and time with or without zone); raise ``InvalidInstant``."""
    if not isinstance(text, str):
        raise InvalidInstant(f"expected a date or date-time as text, got {text!r}")
    try:
        moment = _read(text)
    except (ValueError, OverflowError) as error:
        raise InvalidInstant(f"{text!r} is no date or time: {error}") from error
    if moment is None:
        raise InvalidInstant(f"{text!r} is no date or time; write 2020-07-01 or 2020-07-01T10:00+08:00")
    return _in_range(moment, text)


def _read(text: str) -> Moment | None:
    if _DATE.fullmatch(text):
        day = date.fromisoformat(text)
        midnight = datetime(day.year, day.month, day.day, tzinfo=CHINA)
        return Moment(midnight, midnight + DAY)
    if _INSTANT.fullmatch(text):
        instant = to_china(datetime.fromisoformat(text))
        return Moment(instant, instant)
    return None


def _in_range(moment: Moment, text: str) -> Moment:
    if not _FIRST_YEAR <= moment.begins.year <= _LAST_YEAR:
        raise InvalidInstant(f"{text!r} is outside the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return moment


def print_instant(instant: datetime | None) -> str | None:
    """Return ISO 8601 in ``+08:00``; ``None`` stays ``None``."""
    return None if instant is None else to_china(instant).isoformat()
