"""From a place's published name to its code, or to nothing: never to a guess.

Lists print places in many ways: a municipality twice, a district in the city's column and a street in the county's,
counties under a heading that is no city, places that exist no more, and functional zones that are no division.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from healthcode.domain.divisions import prefix_of

_COUNTY = 6
# Names of levels that exist on paper only. As the last part of a path they add nothing to a city without counties.
_NO_NAMES = frozenset({"市辖区", "县"})


class Named(NamedTuple):
    """A division under one of its names, in use (``current``) or not."""

    code: str
    name: str
    current: bool


class Found(NamedTuple):
    """Where a path leads: codes (several for a city that is listed as a whole), and what lies deeper than they.

    ``part`` is the rest of the path that has no code of its own: a street of a county whose streets nobody loaded.
    """

    codes: tuple[str, ...]
    part: str


class Gazetteer:
    """Divisions by name. What exists now comes first; what is history counts where it can be only one place."""

    def __init__(self, divisions: Iterable[Named]) -> None:
        """Take every known division, under each name it has."""
        self._by_name: dict[str, list[Named]] = defaultdict(list)
        self._counties: dict[str, list[str]] = defaultdict(list)
        self._current: set[str] = set()
        for division in divisions:
            if division.name not in _NO_NAMES:
                self._by_name[division.name].append(division)
            if division.current:
                self._current.add(division.code)
                if len(prefix_of(division.code)) == _COUNTY:
                    self._counties[division.code[:4]].append(division.code)

    def find(self, path: Sequence[str]) -> Found | None:
        """Return where ``path`` (from the province down) leads, or None when that is not certain."""
        province = self._only(path[0], "")
        if province is None or len(prefix_of(province)) != len("33"):
            return None
        prefix = prefix_of(province)
        for index, name in enumerate(path[1:], start=1):
            # What stands in the city's place may be no city (省直辖县级行政单位, 雄安新区): then the county alone
            # tells, if the province has one place of that name.
            below = self._only(name, prefix)
            if below is not None:
                prefix = self._scope(below)
            elif len(prefix) >= _COUNTY:
                return Found((prefix,), " ".join(part for part in path[index:] if part not in _NO_NAMES))
            elif index > 1 or len(path) == index + 1:
                return None
        return self._all_of(prefix)

    def _only(self, name: str, prefix: str) -> str | None:
        """Return the one division of this name strictly within ``prefix``, or None."""
        within = [
            division
            for division in self._by_name.get(name, ())
            if division.code.startswith(prefix) and len(prefix_of(division.code)) > len(prefix)
        ]
        codes = {division.code for division in within if division.current} or {division.code for division in within}
        return codes.pop() if len(codes) == 1 else None

    def _scope(self, code: str) -> str:
        """Return what codes within the division begin with; a city without counties is one itself (东莞 441900)."""
        prefix = prefix_of(code)
        without_counties = len(prefix) == len("4419") and code in self._current and prefix not in self._counties
        return code[:_COUNTY] if without_counties else prefix

    def _all_of(self, prefix: str) -> Found | None:
        if len(prefix) >= _COUNTY:
            return Found((prefix,), "")
        codes = [code for start, counties in self._counties.items() if start.startswith(prefix) for code in counties]
        return Found(tuple(sorted(codes)), "") if codes else None
