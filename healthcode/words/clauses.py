"""The clauses of the notice in our own plain words. The ids are ours (N1.1 is 通知一(一)).

The clauses about colours are worded by each version of the rules; only those about the service stand here.
"""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_lazy as _

from healthcode.domain.rulesets import texts_in

_TEXTS = {
    "N3.1": _("One code for the whole province: nobody may ask for another code or make you apply twice."),
    "N3.7": _(
        "Who hides the truth to get past a check is entered in the credit record, and answers to the law if others"
        " come to serious harm."
    ),
    "N3.8": _("If something is wrong, call 12345: it is dealt with where you are, and you get an answer."),
}


def clause_label(clause: str) -> str:
    """Return how a clause is cited: “N1.1” is 通知一(一). Raises ``ValueError`` for another form."""
    chapter, item = clause.removeprefix("N").split(".")
    numbers = {"chapter": _numeral(chapter), "item": _numeral(item)}
    return gettext("Notice %(chapter)s(%(item)s)") % numbers


def clause_text(clause: str, texts: Mapping[str, Mapping[str, str]] = MappingProxyType({})) -> str:
    """Return the clause in plain words: as the version's ``texts`` say it, else as the shipped version does.

    Raises ``KeyError`` for a clause that has no wording.
    """
    if clause in _TEXTS:
        return str(_TEXTS[clause])
    words = texts.get(clause) or texts_in({})[clause]
    return words["en" if get_language() == "en" else "zh"]


def _numeral(digit: str) -> str:
    names = {
        "1": pgettext("numeral of a clause", "1"),
        "2": pgettext("numeral of a clause", "2"),
        "3": pgettext("numeral of a clause", "3"),
        "4": pgettext("numeral of a clause", "4"),
        "5": pgettext("numeral of a clause", "5"),
        "6": pgettext("numeral of a clause", "6"),
        "7": pgettext("numeral of a clause", "7"),
        "8": pgettext("numeral of a clause", "8"),
    }
    if digit not in names:
        raise ValueError(f"no clause has the number {digit}")
    return names[digit]
