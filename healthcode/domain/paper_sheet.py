"""The printed sheet of a paper code: one page of A4, or one card to carry with the document (85.6 × 54 mm).

Draws what it is given; words, names and dates come from the caller. The QR is level H, for paper is folded and wet.
"""

import io
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from healthcode.domain.qr import qr_png

# Stands for a character that the font does not have: the sign Chinese printers put in for a missing type.
MISSING = "〓"
# Modules of the QR are so many pixels wide in the picture: whole ones, so that no renderer smears them.
_PIXELS = 8
_FONT = "paper"


class SheetSize(StrEnum):
    """What is printed: a page, or a card."""

    A4 = "a4"
    CARD = "card"


class Sheet(NamedTuple):
    """What stands on the sheet. ``token`` becomes the QR; ``facts`` are labels and values; ``advice`` follows."""

    token: str
    title: str
    holder: str
    facts: tuple[tuple[str, str], ...]
    short: str
    advice: tuple[str, ...]
    missing_note: str


@lru_cache(maxsize=2)
def _characters(font: Path) -> frozenset[int]:
    """Register the font and return the characters it has."""
    face = TTFont(_FONT, str(font))
    pdfmetrics.registerFont(face)
    return frozenset(face.face.charToGlyph)


def printable(text: str, font: Path) -> str:
    """Return the text with ``MISSING`` for each character that the font lacks: seen, and never left out."""
    known = _characters(font)
    return "".join(sign if sign == "\n" or ord(sign) in known else MISSING for sign in text)


def draw_sheet(sheet: Sheet, size: SheetSize, font: Path) -> bytes:
    """Give the PDF of one sheet; ``font`` is a TrueType file, embedded with the characters that are used.

    Raises ``ValueError`` for a token no QR can hold, ``OSError`` when the font is not there.
    """
    shown = Sheet(
        sheet.token,
        printable(sheet.title, font),
        printable(sheet.holder, font),
        tuple((printable(label, font), printable(value, font)) for label, value in sheet.facts),
        printable(sheet.short, font),
        tuple(printable(line, font) for line in sheet.advice),
        printable(sheet.missing_note, font) if MISSING in printable(sheet.holder, font) else "",
    )
    out = io.BytesIO()
    # Nothing of the moment or the machine in the file: the same sheet is the same bytes.
    canvas = Canvas(out, pagesize=_PAGES[size], invariant=1, pageCompression=1)
    canvas.setTitle(sheet.title)
    _DRAWERS[size](canvas, shown)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw_page(canvas: Any, sheet: Sheet) -> None:
    width, height = _PAGES[SheetSize.A4]
    left, top = 25 * mm, height - 30 * mm
    for place, line in enumerate(sheet.title.splitlines()):
        canvas.setFont(_FONT, 14 if place else 24)
        canvas.drawCentredString(width / 2, top - place * 7 * mm, line)
    canvas.setFont(_FONT, 26)
    canvas.drawCentredString(width / 2, top - 20 * mm, sheet.holder)
    side = 100 * mm
    _draw_qr(canvas, sheet.token, (width - side) / 2, top - 24 * mm - side, side)
    y = top - 34 * mm - side
    for label, value in sheet.facts:
        y = _draw_lines(canvas, f"{label}  {value}", 14, (left, y, width - 2 * left)) - 2 * mm
    y -= 4 * mm
    canvas.line(left, y + 2 * mm, width - left, y + 2 * mm)
    for line in filter(None, (*sheet.advice, sheet.missing_note)):
        y = _draw_lines(canvas, line, 12, (left, y - 6 * mm, width - 2 * left))


def _draw_card(canvas: Any, sheet: Sheet) -> None:
    width, height = _PAGES[SheetSize.CARD]
    side = 50 * mm
    _draw_qr(canvas, sheet.token, 1.5 * mm, (height - side) / 2, side)
    left = side + 3 * mm
    room = width - left - 2 * mm
    y = _draw_lines(canvas, sheet.title, 9, (left, height - 7 * mm, room))
    y = _draw_lines(canvas, sheet.holder, 13, (left, y - 2 * mm, room))
    for label, value in sheet.facts[:1]:
        y = _draw_lines(canvas, label, 6.5, (left, y - 1 * mm, room))
        y = _draw_lines(canvas, value, 7.5, (left, y, room))
    y = _draw_lines(canvas, sheet.short, 6.5, (left, y - 1 * mm, room))
    if sheet.missing_note:
        _draw_lines(canvas, sheet.missing_note, 5, (left, y - 1 * mm, room))


_PAGES = {SheetSize.A4: (210 * mm, 297 * mm), SheetSize.CARD: (85.6 * mm, 54 * mm)}
_DRAWERS = {SheetSize.A4: _draw_page, SheetSize.CARD: _draw_card}


def _draw_qr(canvas: Any, token: str, x: float, y: float, side: float) -> None:
    picture = ImageReader(io.BytesIO(qr_png(token, error="H", scale=_PIXELS)))
    canvas.drawImage(picture, x, y, side, side)


def _draw_lines(canvas: Any, text: str, size: float, place: tuple[float, float, float]) -> float:
    """Draw a text below ``place`` (left, baseline, width) in as many lines as it takes; return the next baseline."""
    left, y, room = place
    canvas.setFont(_FONT, size)
    for line in _lines(text, size, room):
        canvas.drawString(left, y, line)
        y -= size * 1.35
    return y


def _lines(text: str, size: float, room: float) -> list[str]:
    """Break at spaces, and inside a run too wide for the line, as Chinese has no spaces, at any character."""
    found: list[str] = []
    for line in simpleSplit(text, _FONT, size, room):
        while pdfmetrics.stringWidth(line, _FONT, size) > room and len(line) > 1:
            fits = next(n for n in range(len(line), 0, -1) if n == 1 or _fits(line[:n], size, room))
            # A stop or a comma does not begin a line.
            fits += line[fits : fits + 1] in _HANGING
            found.append(line[:fits])
            line = line[fits:]
        found.append(line)
    return [line for line in found if line]


_HANGING = tuple("，。；：！？、）")


def _fits(text: str, size: float, room: float) -> bool:
    return bool(pdfmetrics.stringWidth(text, _FONT, size) <= room)
