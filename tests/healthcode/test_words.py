"""Sentences: one for every code, rule, stage and exit, in both languages, and true to what they are made from."""

import ast
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product
from pathlib import Path

import pytest
from django.utils.translation import override

from healthcode import words
from healthcode.access import NotPermitted
from healthcode.domain.colours import Colour, Lift, Rule, Stage
from healthcode.domain.decide import Ground
from healthcode.domain.divisions import InvalidDivision
from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.identity import DocumentError, DocumentType, NameProblem, PhoneProblem
from healthcode.domain.instants import CHINA
from healthcode.domain.ports import GatewayDown
from healthcode.domain.rulesets import shipped_ruleset
from healthcode.models import Cause
from healthcode.services.decisions import NoRuleSet
from healthcode.services.keys import NoSigningKey
from tests.healthcode.portal_kit import CHINESE, PLACES

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2020, 7, 8, 15, 16, tzinfo=CHINA)
DAY = timedelta(days=1)
LATIN = re.compile(r"[A-Za-z]{3,}")


def in_both(text: object) -> tuple[str, str]:
    """Return a lazy sentence in Chinese and in English."""
    with override("zh-hans"):
        chinese = str(text)
    with override("en"):
        return chinese, str(text)


def refusals_in_source() -> Iterator[tuple[str, set[str]]]:
    """Yield each place that refuses, with the codes it may give; none where they are no literals."""
    for app in ("healthcode", "family", "venues", "appeals"):
        for path in sorted((ROOT / app).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused":
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", set(literals(node.args[0]))


def literals(code: ast.expr) -> Iterator[str]:
    """Yield the texts an expression may be: a literal, or either side of ``… if … else …``."""
    if isinstance(code, ast.IfExp):
        yield from literals(code.body)
        yield from literals(code.orelse)
    elif isinstance(code, ast.Constant):
        yield str(code.value)


def test_every_refusal_has_its_sentence_in_both_languages() -> None:
    found = dict(refusals_in_source())
    assert len(found) > 15
    assert [place for place, codes in found.items() if not codes] == []
    # Other apps have tables of their own, with tests of their own.
    own = [codes for place, codes in found.items() if not place.startswith(("family/", "venues/"))]
    assert set().union(*own) <= set(words.REFUSALS)
    for code, sentence in words.REFUSALS.items():
        chinese, english = in_both(sentence)
        assert CHINESE.search(chinese), code
        assert not CHINESE.search(english), code


def test_no_sentence_is_kept_that_nothing_raises() -> None:
    others = {error.code for error in (NotPermitted, GatewayDown, NoRuleSet, NoSigningKey, InvalidDivision)}
    said = {code for _place, codes in refusals_in_source() for code in codes}
    assert set(words.REFUSALS) - others - said == set()
    assert others <= set(words.REFUSALS)


@pytest.mark.parametrize(
    ("codes", "table"),
    [(DocumentError, words.DOCUMENT_WORDS), (NameProblem, words.NAME_WORDS), (PhoneProblem, words.PHONE_WORDS)],
)
def test_every_fault_of_identity_has_its_sentence(codes: Iterable[StrEnum], table: dict[StrEnum, object]) -> None:
    assert set(table) == set(codes)
    for sentence in table.values():
        chinese, english = in_both(sentence)
        assert CHINESE.search(chinese)
        assert not CHINESE.search(english)


@pytest.mark.parametrize(
    ("name", "of"),
    [
        (words.colour_word, Colour),
        (words.colour_line, Colour),
        (words.stage_name, Stage),
        (words.stage_meaning, Stage),
        (words.lift_sentence, Lift),
        (words.cause_name, Cause),
        (words.kind_name, Kind),
        (words.document_label, DocumentType),
    ],
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_word_of_an_enum_is_said_in_both_languages(name: object, of: Iterable[StrEnum], language: str) -> None:
    assert callable(name)
    with override(language):
        said = [name(member) for member in of]
    assert len(set(said)) == len(said)
    assert all(bool(CHINESE.search(text)) == (language != "en") for text in said)


@pytest.mark.parametrize(
    ("clause", "chinese", "english"),
    [
        ("N1.1", "通知一(一)", "Notice 1(1)"),
        ("N2.6", "通知二(六)", "Notice 2(6)"),
        ("N3.8", "通知三(八)", "Notice 3(8)"),
    ],
)
def test_clauses_are_cited_by_chapter_and_number(clause: str, chinese: str, english: str) -> None:
    with override("zh-hans"):
        assert words.clause_label(clause) == chinese
    with override("en"):
        assert words.clause_label(clause) == english


@pytest.mark.parametrize(("rule", "colour"), list(product(Rule, Colour)))
def test_every_clause_of_every_rule_has_its_text(rule: Rule, colour: Colour) -> None:
    for clause in rule.clauses(colour):
        with override("zh-hans"):
            assert CHINESE.search(words.clause_text(clause))
        with override("en"):
            assert not CHINESE.search(words.clause_text(clause))


@pytest.mark.parametrize("clause", ["N1.9", "N9.1", "N1"])
def test_there_is_no_text_for_what_is_no_clause(clause: str) -> None:
    with pytest.raises(KeyError):
        words.clause_text(clause)
    with pytest.raises(ValueError, match=r"clause|unpack"):
        words.clause_label(clause)


def ground(rule: Rule, stage: Stage | None = None, until: datetime | None = None, *lifts: Lift) -> Ground:
    """Return a ground of one record ``e1``."""
    colour = Colour.YELLOW if rule in (Rule.FEVER, Rule.RISK_AREA) else Colour.RED
    since = datetime(2020, 7, 1, 10, tzinfo=CHINA)
    return Ground(rule, rule.clauses(colour), colour, ("e1",), since, stage, until, until, lifts)


def known(kind: Kind = Kind.AREA_STAY, place: str = "110106") -> words.Known:
    since = datetime(2020, 7, 1, 10, tzinfo=CHINA)
    return words.Known({"e1": Evidence("e1", kind, since, since, since, place=place)}, PLACES, AT)


@pytest.mark.parametrize(
    ("given", "chinese", "english"),
    [
        (
            ground(Rule.RISK_AREA),
            "7 月 1 日到过中高风险地区（北京市丰台区）",
            "You were in a medium or high risk area (Fengtai, Beijing) on 1 July",
        ),
        (
            ground(Rule.OVERSEAS_ENTRY, Stage.CENTRAL),
            "集中隔离医学观察中（境外旅居史，7 月 1 日入境）",
            "In central isolation (Came from abroad on 1 July)",
        ),
        (
            ground(Rule.CONFIRMED, Stage.HOSPITAL),
            "7 月 1 日确诊新冠肺炎（定点医院治疗中）",
            "Found ill with COVID-19 on 1 July (In hospital care)",
        ),
        (ground(Rule.FEVER), "7 月 1 日起有发热症状", "Fever since 1 July"),
    ],
)
def test_reasons_read_as_people_speak(given: Ground, chinese: str, english: str) -> None:
    with override("zh-hans"):
        assert words.reason_sentence(given, known()) == chinese
    with override("en"):
        assert words.reason_sentence(given, known()) == english


@pytest.mark.parametrize("rule", list(Rule))
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_rule_has_its_reason_in_both_languages(rule: Rule, language: str) -> None:
    with override(language):
        text = words.reason_sentence(ground(rule), known())
    assert bool(CHINESE.search(text)) == (language != "en")
    assert "%" not in text


def test_a_reason_without_its_record_still_says_when() -> None:
    with override("zh-hans"):
        assert words.reason_sentence(ground(Rule.FEVER), words.Known({}, {}, AT)) == "7 月 1 日起有发热症状"


UNTIL = datetime(2020, 7, 22, 10, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("given", "chinese"),
    [
        (
            ground(Rule.RISK_AREA, None, UNTIL, Lift.TIME, Lift.NEGATIVE_TEST, Lift.AREA_LOWERED),
            "核酸检测阴性后自动转为绿码；最晚 7 月 22 日（还有 14 天）",
        ),
        (ground(Rule.RISK_AREA, None, None, Lift.NEGATIVE_TEST, Lift.LEAVE_AREA), "核酸检测阴性后自动转为绿码"),
        (
            ground(Rule.CLOSE_CONTACT, Stage.CENTRAL, UNTIL, Lift.TIME, Lift.RELEASE),
            "7 月 22 日（还有 14 天）期满自动转为绿码",
        ),
        (ground(Rule.FEVER, None, None, Lift.SYMPTOM_CLEARED), "医生登记退烧后自动转为绿码"),
        (ground(Rule.FEVER, None, None, Lift.NEGATIVE_TEST), "核酸检测阴性后自动转为绿码"),
        (
            ground(Rule.FEVER, None, None, Lift.NEGATIVE_TEST, Lift.SYMPTOM_CLEARED),
            "核酸检测阴性或医生登记退烧后自动转为绿码；接触过疫情的，两项都要满足",
        ),
        (
            ground(Rule.CONFIRMED, Stage.HOSPITAL, None, Lift.DISCHARGE, Lift.EXCLUDED),
            "治愈出院且康复隔离期满后自动转为绿码",
        ),
        (ground(Rule.SUSPECTED, Stage.HOSPITAL, None, Lift.DIAGNOSIS), "等待医院诊断，健康码随诊断结果自动更新"),
        (
            ground(Rule.OUTBREAK_AREA, Stage.CENTRAL, None, Lift.LEAVE_AREA, Lift.RELEASE),
            "离开该地区且隔离期满后自动转为绿码",
        ),
    ],
)
def test_exits_read_as_people_speak(given: Ground, chinese: str) -> None:
    with override("zh-hans"):
        assert words.exit_sentence(given, AT) == chinese
    with override("en"):
        assert not CHINESE.search(words.exit_sentence(given, AT))


def test_a_ground_among_others_ends_without_promising_green() -> None:
    given = ground(Rule.CLOSE_CONTACT, Stage.CENTRAL, UNTIL, Lift.TIME)
    with override("zh-hans"):
        assert words.exit_sentence(given, AT, alone=False) == "7 月 22 日（还有 14 天）期满自动解除"


@pytest.mark.parametrize(
    ("until", "chinese", "english"),
    [
        (AT + timedelta(minutes=5), "7 月 8 日（今天）", "8 July (today)"),
        (AT + DAY, "7 月 9 日（还有 1 天）", "9 July (1 day left)"),
        (UNTIL, "7 月 22 日（还有 14 天）", "22 July (14 days left)"),
        (datetime(2021, 1, 2, tzinfo=CHINA), "2021 年 1 月 2 日（还有 178 天）", "2 January 2021 (178 days left)"),
    ],
)
def test_days_left_are_counted_as_on_a_calendar(until: datetime, chinese: str, english: str) -> None:
    with override("zh-hans"):
        assert words.date_and_days_left(until, AT) == chinese
    with override("en"):
        assert words.date_and_days_left(until, AT) == english


def test_time_left_never_goes_below_nothing() -> None:
    with override("zh-hans"):
        assert words.time_left(UNTIL, AT) == "13 天 18 小时"
        assert words.time_left(AT + timedelta(minutes=90), AT) == "1 小时 30 分"
        assert words.time_left(AT - DAY, AT) == "0 小时 0 分"


@pytest.mark.parametrize(
    ("code", "chinese", "english"),
    [
        ("110106", "北京市丰台区", "Fengtai, Beijing"),
        ("330106", "浙江省杭州市西湖区", "Xihu, Hangzhou, Zhejiang"),
        ("420102", "420102", "420102"),
        ("", "", ""),
    ],
)
def test_places_are_named_from_the_largest_down_or_up(code: str, chinese: str, english: str) -> None:
    with override("zh-hans"):
        assert words.place_name(code, PLACES) == chinese
    with override("en"):
        assert words.place_name(code, PLACES) == english


def test_countries_are_those_of_iso_3166_in_both_languages() -> None:
    with override("zh-hans"):
        chinese = dict(words.nationality_choices())
    with override("en"):
        english = dict(words.nationality_choices())
    # 249 codes of ISO 3166-1, less Hong Kong, Macao and Taiwan, which are no nationality.
    assert len(chinese) == len(english) == 246
    assert (chinese["GBR"], english["GBR"]) == ("英国", "United Kingdom")
    assert not {"HKG", "MAC", "TWN"} & set(chinese)


def test_one_enters_from_beyond_the_border_but_not_from_china() -> None:
    with override("zh-hans"):
        choices = dict(words.country_choices())
    assert choices["HKG"] == "中国香港"
    assert "CHN" not in choices


@pytest.mark.parametrize(("e164", "said"), [("+8613800138001", "138 0013 8001"), ("+447700900123", "+447700900123")])
def test_phones_are_written_as_people_write_them(e164: str, said: str) -> None:
    assert words.phone_words(e164) == said


def test_every_rule_of_the_set_is_told_but_those_told_together() -> None:
    told = {clause for row in words.rule_sentences(shipped_ruleset()) for clause in row.clauses}
    assert told == {"N1.1", "N1.2", "N1.4", "N2.1", "N2.3", "N2.5", "N2.6"}
