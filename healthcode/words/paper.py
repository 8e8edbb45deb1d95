"""The words on a printed code, in Chinese and English on one sheet: it is carried to people of both."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from healthcode.domain.instants import to_china
from healthcode.domain.masking import mask_name
from healthcode.domain.paper_sheet import Sheet, SheetSize, draw_sheet
from healthcode.models import PaperCode, PaperEnd

FONT = "vendor/noto-sans-sc-2.004/NotoSansSC-Regular.subset.ttf"
SIZES: dict[str, Promise] = {SheetSize.A4: _("A page (A4)"), SheetSize.CARD: _("A card (8.6 × 5.4 cm)")}
ENDS: dict[str, Promise] = {
    PaperEnd.REPLACED: _("a newer one was printed"),
    PaperEnd.COLOUR_CHANGED: _("your code has turned"),
    PaperEnd.LOST: _("reported lost"),
    PaperEnd.KEY_WITHDRAWN: _("the province changed its keys"),
}
_LANGUAGES = ("zh-hans", "en")


def _both(separator: str, text: Promise) -> str:
    said = []
    for language in _LANGUAGES:
        with override(language):
            said.append(str(text))
    return separator.join(said)


_TITLE = _("Zhejiang Health Code on paper")
_UNTIL = _("Good until")
_NUMBER = _("Number of this paper")
_SHORT = _("Show your document with it")
_MISSING = _("〓 stands for a character that could not be printed.")
_ADVICE = (
    _("This paper shows no colour. Whoever scans it sees the colour of today, and compares you with your document."),
    _("It counts for 14 days, and ends when your code turns. Then print a new one."),
    _("If it is lost, have it taken back at once: on your page, at a service desk, or by calling 12345."),
)


def sheet_of(code: PaperCode) -> Sheet:
    """Return what is printed of a paper code: the masked name, the end, and never a document's number."""
    return Sheet(
        token=code.token,
        title=_both("\n", _TITLE),
        holder=mask_name(code.person.name),
        facts=(
            (_both(" ", _UNTIL), _moment(code.valid_until)),
            (_both(" ", _NUMBER), number_of(code)),
        ),
        short=_both(" ", _SHORT),
        advice=tuple(_both("\n", text) for text in _ADVICE),
        missing_note=_both(" ", _MISSING),
    )


def number_of(code: PaperCode) -> str:
    """Return the number by which a printed code is named at a desk; it opens nothing."""
    return code.public_id.hex[:8].upper()


def _moment(until: datetime) -> str:
    # The year always, and in figures: paper is found again years later, and read by people of both languages.
    return f"{to_china(until):%Y-%m-%d %H:%M}"


def file_name(code: PaperCode, size: SheetSize) -> str:
    """Return what the PDF is called when it is kept; it tells nothing about the person."""
    return f"health-code-{number_of(code)}-{size}.pdf"


def paper_pdf(code: PaperCode, size: SheetSize) -> bytes:
    """Return the PDF of a paper code."""
    return draw_sheet(sheet_of(code), size, Path(settings.BASE_DIR) / "static" / FONT)
