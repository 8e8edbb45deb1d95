"""Charts as inline SVG, drawn on the server: no script, readable in the dark, the figures in a table beside it."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from django import template
from django.utils.formats import date_format

from healthcode.domain.colours import Colour
from healthcode.services.figures import DayCount, PlaceCount
from healthcode.words import colour_word

register = template.Library()

# Units of the drawing; the sheet stretches it to its column.
_WIDTH, _ROW, _BAR_SPACE = 560, 84, 40
_BASE, _TOP = 64, 22
_PLACE_ROW, _PLACE_NAME, _PLACE_BAR = 34, 150, 340


class Bar(NamedTuple):
    """One bar: where it stands, how large it is, what it says."""

    x: float
    y: float
    width: float
    height: float
    words: str
    number: int


class Strip(NamedTuple):
    """The days of one colour, on a scale of its own: green would flatten red."""

    colour: str
    words: str
    top: int
    highest: int
    bars: list[Bar]


@register.inclusion_tag("admin/_chart_days.html")
def chart_of_days(days: Sequence[DayCount]) -> dict[str, Any]:
    """Return the drawing of decisions per day, one strip a colour."""
    strips = [_strip(colour, place, days) for place, colour in enumerate(reversed(Colour))]
    labels = [(index * _BAR_SPACE + _BAR_SPACE / 2, _day(day.day)) for index, day in enumerate(days) if index % 3 == 0]
    rows = [(_day(day.day), [day.by_colour[colour] for colour in reversed(Colour)]) for day in days]
    return {
        "strips": strips,
        "labels": labels,
        "rows": rows,
        "columns": [colour_word(colour) for colour in reversed(Colour)],
        "width": _WIDTH,
        "height": _ROW * len(strips) + 24,
        "labels_at": _ROW * len(strips) + 14,
    }


def _strip(colour: Colour, place: int, days: Sequence[DayCount]) -> Strip:
    counts = [day.by_colour[colour] for day in days]
    highest, top = max(counts, default=0), place * _ROW
    bars = []
    for index, count in enumerate(counts):
        height = round((_BASE - _TOP) * count / highest, 1) if highest else 0
        bars.append(Bar(index * _BAR_SPACE + 6, top + _BASE - height, _BAR_SPACE - 12, height, "", count))
    return Strip(colour.value, colour_word(colour), top, highest, bars)


def _day(day: date) -> str:
    return date_format(day, "m-d")


@register.inclusion_tag("admin/_chart_places.html")
def chart_of_places(counties: Sequence[PlaceCount]) -> dict[str, Any]:
    """Return the drawing of counties by red and yellow codes, the most first."""
    highest = max((county.number for county in counties), default=0)
    bars = [
        Bar(
            _PLACE_NAME, index * _PLACE_ROW, round(_PLACE_BAR * place.number / highest, 1), 24, place.name, place.number
        )
        for index, place in enumerate(counties)
    ]
    return {"bars": bars, "width": _WIDTH, "height": max(1, len(bars)) * _PLACE_ROW}
