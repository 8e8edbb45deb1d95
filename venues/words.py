"""The words of the gate: what each result asks of the guard, and the names of kinds of places.

A good code's sentence says what may be done and never why the code has its colour (N4.3).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from healthcode.domain.colours import Colour
from healthcode.domain.masking import mask_name, tail
from healthcode.domain.tokens import Kind, Reason, Verdict
from venues.access import can_see_holder
from venues.domain.policy import DOCUMENT_KINDS, Category
from venues.models import Scan
from venues.services.scans import USED_HERE


class Words(NamedTuple):
    """The word across the panel and the sentence below it."""

    word: Promise
    line: Promise


# By condition and colour, as ``rule_passage`` rules.
RULINGS: Mapping[tuple[str, Colour], Words] = {
    ("free", Colour.GREEN): Words(_("May pass"), _("Green code, and the signature is good.")),
    ("mask", Colour.YELLOW): Words(
        _("Only with a mask"), _("Yellow code: let them in only with a mask, worn properly the whole time.")
    ),
    ("closed_to_yellow", Colour.YELLOW): Words(
        _("Not into this place"), _("Yellow code: this kind of place is closed to them until the code turns green.")
    ),
    ("fever_clinic", Colour.YELLOW): Words(
        _("To the fever clinic"), _("Yellow code: show the way to the fever clinic. Nobody is turned away from care.")
    ),
    ("fever_clinic", Colour.RED): Words(
        _("To the fever clinic"),
        _("Red code: keep others at a distance and have them brought to the fever clinic. Do not turn them away."),
    ),
    ("stay_apart", Colour.RED): Words(
        _("Do not let in"), _("Red code: ask them to wait here and call the control line at once.")
    ),
}

# Good codes that a gate without a network lets nobody pass by: paper, and the reserve of a phone that has no network.
DOCUMENT = Words(
    _("Check the document"),
    _("The code is genuine and names no colour of today: compare the name with the ID, see that they wear a mask."),
)
FALLBACK = Words(
    _("Fallback: check the document"),
    _("The reserve code of a phone without a network, minutes old: compare the person with their ID."),
)

# Grey: no answer, never a "no".
REASONS: Mapping[Reason, Words] = {
    Reason.EXPIRED: Words(
        _("Code too old"), _("A screenshot, or an old code: ask them to load their page again, then scan once more.")
    ),
    Reason.NOT_YET_VALID: Words(
        _("Check the clock"),
        _("The code comes from the future: one of the phones has a wrong clock. Set the time, then scan again."),
    ),
    Reason.REVOKED: Words(
        _("Code withdrawn"), _("This code was taken back. Ask for the new one, or check the person by hand.")
    ),
    Reason.NOT_GENUINE: Words(
        _("Not genuine"), _("The signature does not fit, so nothing in this code counts. Check the person by hand.")
    ),
    Reason.UNKNOWN_KEY: Words(
        _("Unknown issuer"), _("Nobody we know has signed this code. Ask for the health code, or check by hand.")
    ),
    Reason.UNREADABLE: Words(
        _("Cannot be read"), _("Clean the screen, make it brighter and scan again, or type the code in.")
    ),
    Reason.CANNOT_CHECK: Words(
        _("Cannot check now"), _("There is no way to check at this moment. Check the person's ID by hand.")
    ),
    Reason.WRONG_KIND: Words(
        _("Not a personal code"), _("This is another kind of code. Ask for the person's health code.")
    ),
    Reason.REPLAYED: Words(
        _("Used elsewhere"),
        _("The same code was scanned at another place just now. Ask for a new one and compare the ID."),
    ),
}

# At a place that takes each code once.
USED = Words(_("Used already"), _("This very code was taken here a moment ago. Ask for a new one and compare the ID."))

# For the counts of the day, where one verdict has no single sentence.
VERDICTS: Mapping[Verdict, Promise] = {
    Verdict.PASS: _("Let in"),
    Verdict.RESTRICTED: _("Let in with a condition"),
    Verdict.REFUSE: _("Not let in"),
}

CATEGORIES: Mapping[Category, Promise] = {
    Category.SCHOOL: _("School"),
    Category.CARE_HOME: _("Care home or closed institution"),
    Category.MARKET: _("Market or supermarket"),
    Category.INDOOR_CULTURE: _("Library, museum or exhibition hall"),
    Category.ENTERTAINMENT: _("Cinema, theatre or arcade"),
    Category.TAXI: _("Taxi or ride-hailing"),
    Category.PUBLIC_TRANSPORT: _("Public transport"),
    Category.HOSPITAL: _("Hospital or clinic"),
    Category.OTHER: _("Other public place"),
}

# What ``venues.services`` refuses, by code.
REFUSALS: Mapping[str, Promise] = {
    "scanned_in_future": _("The scan lies in the future: set the clock of this device."),
    "not_a_division_code": _("This is not the code of a division."),
    "name_required": _("Give the venue a name."),
    "venue_name_taken": _("There is a venue of this name in the division already."),
    "venue_closed": _("This venue is closed."),
    "guards_elsewhere": _("This account is on duty at another venue. Dismiss it there first."),
    "device_name_required": _("Give the device a name."),
    "device_name_taken": _("There is a device of this name at the venue already."),
}

# What the gates' interface refuses as a whole, by code.
REQUESTS: Mapping[str, Promise] = {
    "bad_key": _("No device in use has this key. Ask the office that answers for the venue."),
    "malformed": _("A field is missing or of another form:"),
}


class Holder(NamedTuple):
    """What of a holder may be shown: to compare with a document."""

    name: str
    tail: str


def holder_of(scan: Scan, at: datetime) -> Holder | None:
    """Return the holder of a good code, masked, while they may be shown."""
    if scan.person is None or not can_see_holder(scan, at):
        return None
    return Holder(mask_name(scan.person.name), tail(scan.person.number))


def asks_document(scan: Scan) -> bool:
    """Tell whether a good code is one that stands for a person loosely, so that their document is to be seen."""
    return scan.reason == Reason.OK and scan.kind in {kind.name.lower() for kind in DOCUMENT_KINDS}


def request_sentence(code: str) -> str:
    """Return why a request of the gates' interface was refused."""
    return str(REQUESTS[code])


def words_of(scan: Scan) -> Words:
    """Return what the panel says about a scan."""
    if scan.reason == Reason.OK:
        return RULINGS[scan.condition, Colour(scan.colour)] if scan.condition != "document" else _document(scan)
    if scan.reason == Reason.REPLAYED and scan.condition == USED_HERE:
        return USED
    return REASONS[Reason(scan.reason)]


def _document(scan: Scan) -> Words:
    return FALLBACK if scan.kind == Kind.RESERVE.name.lower() else DOCUMENT


def result_word(result: Verdict | Reason) -> Promise:
    """Return the short name of a result in the counts of the day."""
    return VERDICTS[result] if isinstance(result, Verdict) else REASONS[result].word
