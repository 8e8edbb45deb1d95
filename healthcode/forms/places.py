"""Choices of places: one query a function, however many there are."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext

from healthcode.models import Division
from healthcode.words.places import short_place_name

Choice = tuple[str, str]
Choices = list[Choice | tuple[str, list[Choice]]]

HOME_PROVINCE = "330000"
ABROAD = "abroad"


def home_choices() -> Choices:
    """Return where people live or stay: Zhejiang's counties by prefecture, the other provinces, abroad."""
    rows = _current(rf"^{HOME_PROVINCE[:2]}\d{{4}}$|^\d{{2}}0000$")
    provinces = [(code, short_place_name(code, name)) for code, name in rows if code.endswith("0000")]
    counties = [(code, name) for code, name in rows if code.startswith(HOME_PROVINCE[:2])]
    elsewhere = [choice for choice in provinces if choice[0] != HOME_PROVINCE]
    empty: Choices = [("", gettext("Choose a place"))]
    other: Choices = [(gettext("Outside Zhejiang"), [*elsewhere, (ABROAD, gettext("Abroad"))])]
    return empty + _grouped(counties) + other


def province_choices() -> Choices:
    """Return all provinces."""
    rows = _current(r"^\d{2}0000$")
    return [("", gettext("Choose a province")), *((code, short_place_name(code, name)) for code, name in rows)]


def county_choices(provinces: Iterable[str]) -> dict[str, Choices]:
    """Return for each province its counties by prefecture; a city without counties stands for itself."""
    wanted = sorted({code[:2] for code in provinces if re.fullmatch(r"\d{2}0000", code)})
    if not wanted:
        return {}
    rows = _current(rf"^({'|'.join(wanted)})\d{{4}}$")
    return {f"{prefix}0000": _grouped([row for row in rows if row[0].startswith(prefix)]) for prefix in wanted}


def _current(pattern: str) -> list[Choice]:
    found = Division.objects.current().filter(code__regex=pattern).order_by("code")
    return list(found.values_list("code", "name"))


def _grouped(rows: list[Choice]) -> Choices:
    """Return the counties of one province under the names of their prefectures."""
    names = dict(rows)
    province = next((name for code, name in rows if code.endswith("0000")), "")
    groups: dict[str, list[Choice]] = {}
    for code, name in rows:
        prefecture = f"{code[:4]}00"
        has_counties = any(other.startswith(code[:4]) and other != code for other in names)
        if code.endswith("0000") or (code == prefecture and has_counties):
            continue
        above = names.get(prefecture, province)
        label = short_place_name(prefecture, above) if prefecture in names else province
        groups.setdefault(label, []).append((code, short_place_name(code, name)))
    return list(groups.items())
