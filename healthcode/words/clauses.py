"""The clauses of the notice in our own plain words. The ids are ours (N1.1 is 通知一(一))."""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_lazy as _

_TEXTS = {
    "N1.1": _(
        "Red: people who are ill or may be ill with COVID-19, carriers without symptoms, their close contacts, people"
        " who came from abroad lately, and everyone who has to be in isolation."
    ),
    "N1.2": _(
        "Yellow: people with a fever, people who were in a medium or high risk area and need a test, and others who"
        " are to be yellow by order."
    ),
    "N1.3": _("Green: everyone who is neither red nor yellow."),
    "N1.4": _(
        "Medium and high risk areas are those on the official list. Where an outbreak is grave, people who were there"
        " can be made red, but only after the health commission has judged it and the province's leaders have agreed."
    ),
    "N1.5": _("The international version is for people who came from abroad, above all those without a resident ID."),
    "N2.1": _(
        "Red: the ill are treated in a designated hospital. Others are in central isolation, as a rule for 14 days."
        " Whoever came from abroad is then watched at home for 7 days more."
    ),
    "N2.2": _("Red: journeys are from door to door and closed off, never by yourself."),
    "N2.3": _("Red turns green when the isolation or the observation at home has ended as the rules say."),
    "N2.4": _(
        "Yellow: no entry to schools, homes for the old, food markets and supermarkets, museums, cinemas and places of"
        " that kind. Taxis are allowed with a mask on."
    ),
    "N2.5": _(
        "Yellow for fever turns green when a test is negative or the fever has gone, if you were not near an infection."
    ),
    "N2.6": _("Yellow for a risk area turns green when a test is negative. A report brought along counts as well."),
    "N2.7": _("Green: you can go to public places freely."),
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
    """Return the clause in plain words: as the version's ``texts`` say it, else as shipped.

    Raises ``KeyError`` for a clause that is no ground of a colour.
    """
    said = texts.get(clause, {}).get("en" if get_language() == "en" else "zh")
    return said or str(_TEXTS[clause])


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
