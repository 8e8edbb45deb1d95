"""Published risk-area snapshots: the National Health Commission's list as of one hour, read without guessing.

The form is that of the commission's own service: ``data.end_update_time`` ("2022-04-15 11时"), ``highlist`` and
``middlelist`` (a later ``lowlist`` designates nothing), each item a province, city, county and the communities
("communitys") named there. What code a place has is not asked here: see ``gazetteer``.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from healthcode.domain.cases import Malformed
from healthcode.domain.colours import Level
from healthcode.domain.instants import CHINA

_LISTS = {"highlist": Level.HIGH, "middlelist": Level.MEDIUM}
_COUNTS = {"hcount": "highlist", "mcount": "middlelist"}
_TIME = re.compile(r"(\d{4})[-年](\d{1,2})[-月](\d{1,2})日?\s*(\d{1,2})时(?:(\d{1,2})分)?")
_WHOLE = frozenset({"全域", "全境", "全县", "全区", "全市", "全旗", "全镇", "全乡", "全街道", "全部区域", "全辖区"})
_WHOLE_OF = re.compile(r"(?:全域|全境|全部区域)$")


class Listed(NamedTuple):
    """A place of the list at one level; no communities means the whole place.

    ``path`` is the place as published, from the province down, a name repeated on the next level left out.
    """

    level: Level
    path: tuple[str, ...]
    communities: frozenset[str]

    @property
    def name(self) -> str:
        """Return the path as one text: 北京市 朝阳区 酒仙桥街道."""
        return " ".join(self.path)


class Snapshot(NamedTuple):
    """One published list, in force from ``taken_at`` until the next one.

    ``fingerprint`` is of the content, whatever the spacing of the file. ``warnings`` say what was odd in it.
    """

    taken_at: datetime
    fingerprint: str
    listed: tuple[Listed, ...]
    warnings: tuple[str, ...]


def read_snapshot(data: object) -> Snapshot:
    """Read a snapshot from parsed JSON; raise ``Malformed`` naming the field.

    A list that is missing is an error and never an empty list: that would end every designation.
    """
    answer = _object(data, "snapshot")
    if answer.get("code", 0) != 0:
        raise Malformed("code", f"the service answered with an error: {answer.get('msg', answer['code'])}")
    fields = _object(answer.get("data"), "data")
    found: dict[tuple[tuple[str, ...], Level], frozenset[str]] = {}
    for name, level in _LISTS.items():
        for index, item in enumerate(_list(fields.get(name), f"data.{name}")):
            path, communities = _read_item(item, f"data.{name}[{index}]")
            before = found.get((path, level), communities)
            # Once the whole place is listed, naming parts of it adds nothing.
            found[path, level] = before | communities if before and communities else frozenset()
    _list(fields.get("lowlist", []), "data.lowlist")
    content = json.dumps(fields, ensure_ascii=False, sort_keys=True)
    return Snapshot(
        taken_at=_taken_at(fields.get("end_update_time")),
        fingerprint=hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest(),
        listed=tuple(_without_overlap(found)),
        warnings=tuple(_warnings(fields)),
    )


def _taken_at(text: object) -> datetime:
    where = "data.end_update_time"
    match = _TIME.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise Malformed(where, f"expected a time like 2022-04-15 11时, got {text!r}")
    year, month, day, hour, minute = (int(part or 0) for part in match.groups())
    if hour > 24 or minute > 59:
        raise Malformed(where, f"no such hour: {text!r}")
    try:
        # 24时 is the next midnight.
        return datetime(year, month, day, tzinfo=CHINA) + timedelta(hours=hour, minutes=minute)
    except (ValueError, OverflowError) as error:
        raise Malformed(where, f"no such day: {text!r}") from error


def _read_item(item: object, where: str) -> tuple[tuple[str, ...], frozenset[str]]:
    fields = _object(item, where)
    path: list[str] = []
    for name in ("province", "city", "county"):
        part = fields.get(name)
        if not isinstance(part, str) or (name == "province" and not part.strip()):
            raise Malformed(f"{where}.{name}", f"expected a name, got {part!r}")
        part = "".join(part.split())
        # 上海市 上海市 黄浦区, 平潭综合实验区 twice, a county given as 全市.
        if part and part not in _WHOLE and part not in path[-1:]:
            path.append(part)
    named = _list(fields.get("communitys"), f"{where}.communitys")
    communities: set[str] = set()
    whole = not named
    for index, text in enumerate(named):
        if not isinstance(text, str) or not text.strip():
            raise Malformed(f"{where}.communitys[{index}]", f"expected a name, got {text!r}")
        community = _community(text.strip(), path)
        whole = whole or not community
        communities.add(community)
    return tuple(path), frozenset() if whole else frozenset(communities)


def _community(text: str, path: list[str]) -> str:
    """Return the name a stay would bear, or nothing when the text means the whole place.

    谢桥镇全域 names the town 谢桥镇; 河南省开封市龙亭区全域 under that very district names all of it.
    """
    base = "" if text in _WHOLE else _WHOLE_OF.sub("", text)
    own_names = {"".join(path[start:]) for start in range(len(path))}
    return "" if base in own_names else base


def _without_overlap(found: Mapping[tuple[tuple[str, ...], Level], frozenset[str]]) -> Iterable[Listed]:
    """Yield the places; what is listed as high and as medium at once is high."""
    for (path, level), communities in found.items():
        higher = found.get((path, Level.HIGH)) if level is Level.MEDIUM else None
        if higher is None or (higher and not communities):
            yield Listed(level, path, communities)
        elif higher and communities - higher:
            yield Listed(level, path, communities - higher)


def _warnings(fields: Mapping[str, object]) -> Iterable[str]:
    for count, name in _COUNTS.items():
        items = _list(fields.get(name), f"data.{name}")
        there = sum(max(1, len(_list(_object(item, name).get("communitys"), name))) for item in items)
        if fields.get(count) not in (None, there):
            yield f"data.{count} says {fields[count]}, but data.{name} has {there} entries"


def _object(data: object, where: str) -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        raise Malformed(where, "missing" if data is None else f"expected an object, got {type(data).__name__}")
    return data


def _list(data: object, where: str) -> list[object]:
    if not isinstance(data, list):
        raise Malformed(where, "missing" if data is None else f"expected a list, got {type(data).__name__}")
    return data
