"""The words of the family pages: every word of the domain and every refusal has its sentence in both languages."""

from enum import StrEnum

import pytest
from django.utils.functional import Promise
from django.utils.translation import override

from family import words
from family.domain.bonds import BondEnd, BondState, Proof, Relation, Right
from family.domain.companions import JoinedBy
from family.domain.lookups import Basis, Outcome, Purpose
from healthcode.words import REFUSALS
from tests.healthcode.portal_kit import CHINESE
from tests.healthcode.test_words import refusals_in_source

TABLES = [
    (words.RIGHTS, Right),
    (words.RELATIONS, Relation),
    (words.PROOFS, Proof),
    (words.STATES, BondState),
    (words.ENDS, BondEnd),
    (words.JOINED, JoinedBy),
    (words.PURPOSES, Purpose),
    (words.BASES, Basis),
    (words.OUTCOMES, Outcome),
]


def said(sentence: Promise) -> tuple[str, str]:
    """Return a sentence in Chinese and in English."""
    with override("zh-hans"):
        chinese = str(sentence)
    with override("en"):
        return chinese, str(sentence)


@pytest.mark.parametrize(("table", "domain"), TABLES)
def test_every_word_of_the_domain_is_named(table: dict[str, Promise], domain: type[StrEnum]) -> None:
    assert set(table) == set(domain)
    for sentence in table.values():
        chinese, english = said(sentence)
        assert CHINESE.search(chinese)
        assert not CHINESE.search(english)


def test_every_refusal_has_its_sentence_and_none_is_left_over() -> None:
    raised = {code for place, codes in refusals_in_source() if place.startswith("family/") for code in codes}
    assert raised <= set(words.REFUSALS) | set(REFUSALS)
    assert set(words.REFUSALS) <= raised
    for sentence in words.REFUSALS.values():
        chinese, english = said(sentence)
        assert CHINESE.search(chinese)
        assert not CHINESE.search(english)
