"""Departments' tables: Chinese or English columns and words, turned into the JSON form of evidence.

Nothing is decided about a record here; ``cases.read_evidence`` reads what comes out, as it reads every other feed.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from healthcode.domain.cases import RESULTS, Malformed
from healthcode.domain.colours import Colour, Stage
from healthcode.domain.evidence import Kind
from healthcode.domain.identity import DocumentType

# What each field may be called in the first line. Spaces, case and full-width letters make no difference.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("姓名", "name", "full_name"),
    "document_type": ("证件类型", "证件种类", "document_type", "id_type"),
    "number": (
        *("证件号码", "证件号", "身份证号", "身份证号码", "公民身份号码"),
        *("number", "document_number", "id_number"),
    ),
    "nationality": ("国籍", "nationality"),
    "kind": ("类型", "信息类型", "类别", "kind", "type"),
    "at": ("时间", "发生时间", "开始时间", "采样时间", "入境时间", "at", "time"),
    "until": ("结束时间", "截止时间", "离开时间", "until"),
    "reported_at": ("报告时间", "出具时间", "reported_at"),
    "result": ("结果", "检测结果", "result"),
    "place": ("地区代码", "行政区划代码", "区划代码", "place", "division"),
    "community": ("社区", "小区", "community"),
    "country": ("国家", "来源国", "国家(地区)", "country"),
    "document": ("文号", "文书号", "document"),
    "id": ("编号", "记录编号", "ref", "id"),
    "status": ("状态", "诊断", "诊断结果", "status"),
    "mode": ("方式", "隔离方式", "mode"),
    "stage": ("阶段", "解除阶段", "stage"),
    "of": ("解除", "解除编号", "所解除编号", "of"),
    "colour": ("颜色", "码色", "colour", "color"),
    "symptom": ("症状", "symptom"),
    "reason": ("原因", "理由", "reason"),
    "retracts": ("撤销", "撤销编号", "retracts"),
}
REQUIRED = ("number", "kind", "at")

_FIELD_OF = {name: field for field, names in COLUMNS.items() for name in names}
_PERSONAL = frozenset({"name", "document_type", "number", "nationality"})
_INSTANTS = ("at", "until", "reported_at")
# Kept letter by letter: a community is found under its exact name.
_VERBATIM = frozenset({"name", "community", "document", "reason", "id", "retracts"})

_KINDS: Mapping[str, tuple[Kind, Mapping[str, str]]] = {
    **{kind.value: (kind, {}) for kind in Kind},
    **dict.fromkeys(("核酸检测", "核酸检测结果", "核酸"), (Kind.NAT_RESULT, {})),
    **dict.fromkeys(("境外入境", "入境", "境外返回"), (Kind.OVERSEAS_ENTRY, {})),
    **dict.fromkeys(("密切接触", "密切接触者", "密接"), (Kind.CLOSE_CONTACT, {})),
    "诊断": (Kind.DIAGNOSIS, {}),
    **dict.fromkeys(("确诊", "确诊病例"), (Kind.DIAGNOSIS, {"status": "confirmed"})),
    **dict.fromkeys(("疑似", "疑似病例"), (Kind.DIAGNOSIS, {"status": "suspected"})),
    **dict.fromkeys(("无症状", "无症状感染者"), (Kind.DIAGNOSIS, {"status": "asymptomatic"})),
    **dict.fromkeys(("排除", "排除疑似"), (Kind.DIAGNOSIS, {"status": "excluded"})),
    "出院": (Kind.DISCHARGE, {}),
    **dict.fromkeys(("旅居史", "旅居", "地区停留", "风险地区旅居"), (Kind.AREA_STAY, {})),
    **dict.fromkeys(("抵浙", "来浙", "返浙", "抵达"), (Kind.ARRIVAL, {})),
    **dict.fromkeys(("隔离", "隔离措施", "隔离医学观察"), (Kind.ISOLATION_ORDER, {})),
    "集中隔离": (Kind.ISOLATION_ORDER, {"mode": Stage.CENTRAL.value}),
    **dict.fromkeys(("居家隔离", "居家健康观察"), (Kind.ISOLATION_ORDER, {"mode": Stage.HOME.value})),
    **dict.fromkeys(("解除隔离", "解除隔离措施"), (Kind.RELEASE, {})),
    **dict.fromkeys(("发热", "发烧"), (Kind.SYMPTOM, {"symptom": "fever"})),
    "症状": (Kind.SYMPTOM, {}),
    **dict.fromkeys(("退热", "症状消失", "症状排除"), (Kind.SYMPTOM_CLEARED, {})),
    **dict.fromkeys(("撤销", "撤回", "更正撤销"), (Kind.RETRACTION, {})),
    **dict.fromkeys(("其他管控", "管控", "管控措施"), (Kind.CONTROL_ORDER, {})),
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "result": {"阴性": "negative", "阴": "negative", "阳性": "positive", "阳": "positive"},
    "status": {
        **{"确诊": "confirmed", "确诊病例": "confirmed", "疑似": "suspected", "疑似病例": "suspected"},
        **{"无症状": "asymptomatic", "无症状感染者": "asymptomatic", "排除": "excluded", "排除疑似": "excluded"},
    },
    "mode": {"集中": "central", "集中隔离": "central", "居家": "home", "居家隔离": "home"},
    "stage": {"集中": "central", "集中隔离": "central", "居家": "home", "居家隔离": "home", "全部": "all"},
    "colour": {
        **dict.fromkeys(("红", "红色", "红码"), Colour.RED.value),
        **dict.fromkeys(("黄", "黄色", "黄码"), Colour.YELLOW.value),
    },
    "symptom": {"发热": "fever", "发烧": "fever"},
}
_DOCUMENTS: Mapping[str, DocumentType] = {
    **{document.value: document for document in DocumentType},
    **{document.code: document for document in DocumentType},
    **dict.fromkeys(("居民身份证", "身份证", "港澳台居民居住证"), DocumentType.RESIDENT_ID),
    **dict.fromkeys(("港澳居民来往内地通行证", "港澳通行证", "回乡证"), DocumentType.HK_MACAO_PERMIT),
    **dict.fromkeys(("台湾居民来往大陆通行证", "台胞证"), DocumentType.TAIWAN_PERMIT),
    **dict.fromkeys(("护照", "外国护照"), DocumentType.PASSPORT),
    **dict.fromkeys(("外国人永久居留身份证", "外国人永久居留证"), DocumentType.PERMANENT_RESIDENT_CARD),
    **dict.fromkeys(("其他", "其他证件"), DocumentType.OTHER),
}

# 2020/7/1 9:05, 2020.07.01, 2020年7月1日9时5分, with or without seconds and zone.
_DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T\s]*(\d{1,2})[:时点](?:(\d{1,2})(?:[:分](?:(\d{1,2}(?:\.\d{1,6})?)秒?)?)?)?(Z|[+-]\d{2}:?\d{2})?)?"
)
_COUNTRY = re.compile(r"[A-Z]{3}")


class Header(NamedTuple):
    """The columns of a table: the place of each field, the names as printed, and what was not understood."""

    places: Mapping[str, int]
    names: tuple[str, ...]
    ignored: tuple[str, ...]

    def field(self, place: int) -> str:
        """Return the field of the column at ``place``; nothing for a column that was not understood."""
        return next((field for field, there in self.places.items() if there == place), "")

    def column(self, field: str) -> str:
        """Return what the table calls ``field``; the field itself when it has no such column."""
        place = self.places.get(field)
        return field if place is None else self.names[place]


class Fault(NamedTuple):
    """What is wrong with a cell before anybody reads it: its place, and the reason as a code."""

    place: int
    code: str


class Line(NamedTuple):
    """One line of a table: the number it begins at, its cells, and a cell that is not to be read at all."""

    number: int
    cells: Sequence[str]
    fault: Fault | None = None


def read_header(cells: Sequence[str]) -> Header:
    """Read the first line; raise ``Malformed`` for a column that is missing or there twice."""
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, cell in enumerate(cells):
        field = _FIELD_OF.get("_".join(plain_text(cell).lower().split()))
        if field is None:
            ignored.append(cell.strip())
        elif field in places:
            raise Malformed("line 1", f"columns {cells[places[field]]!r} and {cell!r} mean the same")
        else:
            places[field] = place
    for field in REQUIRED:
        if field not in places:
            raise Malformed("line 1", f"there is no column {' or '.join(COLUMNS[field])}")
    return Header(places, tuple(cell.strip() for cell in cells), tuple(name for name in ignored if name))


def read_cells(header: Header, cells: Sequence[str]) -> dict[str, str]:
    """Return what a line says, field by field, without empty cells; raise ``Malformed``."""
    if any(cell.strip() for cell in cells[len(header.names) :]):
        raise Malformed("row", f"has {len(cells)} cells, the first line has {len(header.names)}")
    said = {
        field: _trimmed(cells[place]) if field in _VERBATIM else plain_text(cells[place])
        for field, place in header.places.items()
        if place < len(cells)
    }
    for field, text in said.items():
        if "\0" in text:
            raise Malformed(field, "holds a character that is no text")
    return {field: text for field, text in said.items() if text}


def json_form(said: Mapping[str, str], countries: Mapping[str, str]) -> dict[str, object]:
    """Return the JSON form of the record, without what identifies the person; raise ``Malformed``.

    ``countries`` gives the ISO 3166 alpha-3 code of a country by its name.
    """
    kind, implied = _kind(said)
    form: dict[str, object] = {**implied}
    form.update({field: _word(field, text) for field, text in said.items() if field not in _PERSONAL})
    form["kind"] = kind.value
    for field, implied_word in implied.items():
        if form[field] != implied_word:
            raise Malformed(field, f"{said[field]!r} contradicts {said['kind']!r}")
    form.update({field: iso_text(said[field]) for field in _INSTANTS if field in said})
    if kind is Kind.OVERSEAS_ENTRY and "country" in said:
        form["country"] = country_code(said["country"], "country", countries)
    if "of" in said:
        form["of"] = [number for number in re.split(r"[\s,;，；、]+", said["of"]) if number]
    return form


def _kind(said: Mapping[str, str]) -> tuple[Kind, Mapping[str, str]]:
    word = said.get("kind")
    if word is None:
        raise Malformed("kind", "missing")
    if word.lower() not in _KINDS:
        raise Malformed("kind", f"unknown word {word!r}")
    return _KINDS[word.lower()]


def _word(field: str, text: str) -> str:
    words = _WORDS.get(field)
    return text if words is None else words.get(text, text.lower())


def document_type(said: Mapping[str, str]) -> DocumentType:
    """Return the kind of document; a table that names none is of resident numbers. Raise ``Malformed``."""
    word = said.get("document_type", DocumentType.RESIDENT_ID.value)
    if word.lower() not in _DOCUMENTS:
        raise Malformed("document_type", f"unknown word {word!r}")
    return _DOCUMENTS[word.lower()]


def country_code(text: str, field: str, countries: Mapping[str, str]) -> str:
    """Return the alpha-3 code of a country given by code or name; raise ``Malformed``."""
    code = countries.get(text, text.upper())
    if not _COUNTRY.fullmatch(code) or (countries and code not in countries.values()):
        raise Malformed(field, f"expected an ISO 3166 alpha-3 code or the name of a country, got {text!r}")
    return code


def is_plain_test(word: str) -> bool:
    """Tell whether the word of a kind says a test result, and nothing beyond that."""
    return _KINDS.get(word.lower()) == (Kind.NAT_RESULT, {})


def result_word(text: str) -> str:
    """Return the stored word of a test's result, or nothing for what is none."""
    word = _word("result", text)
    return word if word in RESULTS else ""


def plain_text(cell: str) -> str:
    """Return the cell without the full-width letters, marks and spaces that spreadsheets bring along."""
    return _trimmed(cell if cell.isascii() else unicodedata.normalize("NFKC", cell))


def _trimmed(cell: str) -> str:
    return cell.replace("\u200b", "").strip().strip("\ufeff").strip()


def iso_text(text: str) -> str:
    """Return a time as ISO 8601 prints it; what is not understood stays, to be refused by name."""
    match = _DATE.fullmatch(text)
    if match is None:
        return text
    year, month, day, hour, minute, second, zone = match.groups()
    date = f"{year}-{month:0>2}-{day:0>2}"
    if hour is None:
        return date
    seconds, point, fraction = (second or "0").partition(".")
    return f"{date}T{hour:0>2}:{minute or 0:0>2}:{seconds:0>2}{point}{fraction}{zone or ''}"
