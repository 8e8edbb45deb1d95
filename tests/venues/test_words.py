"""Every result of a scan has its words, in both languages, and none says why."""

import ast
from pathlib import Path

import pytest
from django.utils import translation

from healthcode.domain.colours import Colour
from healthcode.domain.tokens import Reason, Verdict
from venues.domain.policy import Category, rule_passage
from venues.models import Scan
from venues.words import CATEGORIES, REASONS, REFUSALS, RULINGS, result_word, words_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("colour", Colour)
def test_every_ruling_has_its_words(category: Category, colour: Colour) -> None:
    ruling = rule_passage(category, colour)
    scan = Scan(reason=Reason.OK, colour=colour, **ruling._asdict())
    assert words_of(scan) == RULINGS[ruling.condition, colour]


def test_no_words_are_left_over() -> None:
    rulings = {(rule_passage(category, colour).condition, colour) for category in Category for colour in Colour}
    assert set(RULINGS) == rulings
    assert set(REASONS) == set(Reason) - {Reason.OK}
    assert set(CATEGORIES) == set(Category)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.OK])
def test_every_reason_has_its_words(reason: Reason) -> None:
    assert words_of(Scan(reason=reason)) == REASONS[reason]
    assert result_word(reason) == REASONS[reason].word


@pytest.mark.parametrize("result", [*Verdict, *REASONS])
def test_every_result_is_named_in_both_languages(result: Verdict | Reason) -> None:
    with translation.override("en"):
        english = str(result_word(result))
    with translation.override("zh-hans"):
        chinese = str(result_word(result))
    assert english.isascii()
    assert not chinese.isascii()


def test_every_refusal_of_the_services_has_its_sentence() -> None:
    raised = set()
    for path in (ROOT / "venues" / "services").glob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Refused"]
        raised |= {call.args[0].value for call in names if isinstance(call.args[0], ast.Constant)}
    assert raised == set(REFUSALS)
