"""What of a name or number may be shown to somebody who holds the document and compares (N4.3).

Masks keep the length, take the normal form of `identity`, and are never a way back: of every document number
at least half is hidden, whatever its length.
"""

from healthcode.domain.identity import DocumentType

STAR = "*"
_MIDDLE_DOT = "·"


def mask_name(name: str) -> str:
    """张晓明 → 张*明, 张三 → 张*, John Smith → J*** SMITH: the surname comes last, as `normalise_name` has it."""
    if not name.isascii():
        return _mask_han(name)
    *given, surname = name.upper().split() or [""]
    if not given:
        return _mask_word(surname)
    return " ".join([*map(_mask_word, given), surname])


def mask_name_short(name: str) -> str:
    """As `mask_name`, with the Latin surname as an initial (J*** S.), for narrow places: the family switcher."""
    *given, surname = mask_name(name).split() or [""]
    return " ".join([*given, f"{surname[0]}."]) if given else surname


def mask_number(type: DocumentType, number: str) -> str:
    """330106199001011234 → 3301**********1234 (resident number), E1234567 → E****567 (all others)."""
    return _cover(number, 4, 4) if type is DocumentType.RESIDENT_ID else _cover(number, 1, 3)


def mask_phone(e164: str) -> str:
    """+8613812341234 → 138****1234; abroad the first two and the last three digits stay: +44*******456."""
    digits = e164.removeprefix("+")
    if digits.startswith("86") and len(digits) == 13:
        return f"{digits[2:5]}{STAR * 4}{digits[-4:]}"
    return f"+{_cover(digits, 2, 3)}"


def tail(number: str) -> str:
    """Return the last four characters, or half of a shorter number: enough to find, too little to know."""
    return number[len(number) - min(4, len(number) // 2) :]


def _cover(text: str, head: int, end: int) -> str:
    room = len(text) // 2
    head = min(head, room)
    end = min(end, room - head)
    return text[:head] + STAR * (len(text) - head - end) + text[len(text) - end :]


def _mask_han(name: str) -> str:
    """Show the first character, of three and more the last too, of one none; middle dots stay where they are."""
    places = [place for place, character in enumerate(name) if character != _MIDDLE_DOT]
    shown = {places[0], places[-1]} if len(places) > 2 else set(places[: len(places) - 1])
    return "".join(c if c == _MIDDLE_DOT or place in shown else STAR for place, c in enumerate(name))


def _mask_word(word: str) -> str:
    """Hide all but the initial; a word that is only an initial is hidden whole."""
    return STAR if len(word) == 1 else word[:1] + STAR * (len(word) - 1)
