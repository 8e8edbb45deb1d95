"""Countries and regions by ISO 3166 alpha-3 code; the names are Unicode's (CLDR, through babel)."""

from collections.abc import Mapping
from functools import cache

from babel import Locale
from babel.core import get_global
from django.utils.translation import get_language, gettext, override

# CLDR lists these three-letter codes as well; ISO 3166-1 has withdrawn them or never had them.
_NOT_ISO = frozenset(
    {"ASC", "BUR", "CPT", "DDR", "DGA", "FXX", "QUU", "TAA", "TMP", "XAA", "XBB", "XKK", "YMD", "ZAR", "ZZZ"}
)
# Parts of China beyond its border checks: no nationality, but a place one can come in from (境外).
_BEYOND_THE_BORDER = ("HKG", "MAC", "TWN")


@cache
def _two_letters() -> dict[str, str]:
    """Return alpha-2 by alpha-3."""
    aliases: Mapping[str, list[str]] = get_global("territory_aliases")
    found = {}
    for code, targets in aliases.items():
        if len(code) == 3 and code.isalpha() and len(targets) == 1 and code not in _NOT_ISO:
            found[code] = targets[0]
    return found


@cache
def _names(language: str) -> dict[str, str]:
    territories = Locale.parse("en" if language == "en" else "zh_Hans").territories
    return {code: territories[two] for code, two in _two_letters().items() if two in territories}


def country_name(code: str) -> str:
    """Return the name of a country or region; the code itself when it is none."""
    ours = {
        "CHN": gettext("China"),
        "HKG": gettext("Hong Kong, China"),
        "MAC": gettext("Macao, China"),
        "TWN": gettext("Taiwan, China"),
    }
    return ours.get(code) or _names(get_language() or "").get(code, code)


def nationality_choices() -> list[tuple[str, str]]:
    """Return nationalities as choices of a select, China first."""
    codes = [code for code in _names("") if code not in _BEYOND_THE_BORDER and code != "CHN"]
    return [("CHN", country_name("CHN")), *_sorted(codes)]


def country_choices() -> list[tuple[str, str]]:
    """Return the places one can enter from, those beyond the border checks first."""
    codes = [code for code in _names("") if code not in _BEYOND_THE_BORDER and code != "CHN"]
    return [*((code, country_name(code)) for code in _BEYOND_THE_BORDER), *_sorted(codes)]


def codes_by_name() -> dict[str, str]:
    """Return the codes of countries by their names in Chinese and English, and by the code itself."""
    found: dict[str, str] = {}
    for language in ("zh-hans", "en"):
        with override(language):
            for code, name in [*country_choices(), *nationality_choices()]:
                found |= {name: code, code: code}
    return found


def _sorted(codes: list[str]) -> list[tuple[str, str]]:
    named = [(code, country_name(code)) for code in codes]
    # Chinese names by their GBK bytes: the common characters stand there in the order of their sound.
    return sorted(named, key=lambda pair: pair[1].encode("gbk", errors="ignore"))
