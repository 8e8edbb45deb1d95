"""The translation gate: everything said is translated, whole, and nothing is kept that nobody says."""

import re

import pytest

from tests.messages import APPS, Message, catalogue, entries, used_messages

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|%%|\{(\w*)\}|<(/?\w+)")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("app", APPS)
def test_everything_said_is_in_the_catalogue(app: str) -> None:
    missing = {m: place for m, place in used_messages(app).items() if m not in entries(app)}
    assert not missing


@pytest.mark.parametrize("app", APPS)
def test_nothing_is_untranslated_or_fuzzy(app: str) -> None:
    assert [m for m, texts in entries(app).items() if not texts or not all(texts)] == []
    assert [m.id for m in catalogue(app) if m.id and m.fuzzy] == []


@pytest.mark.parametrize("app", APPS)
def test_translations_keep_their_placeholders(app: str) -> None:
    lost = [
        (message.texts, text)
        for message, texts in entries(app).items()
        for text in texts
        if placeholders(text) != placeholders(message.texts[-1])
    ]
    assert lost == []


def placeholders(text: str) -> list[str]:
    return sorted(match.group(0) for match in PLACEHOLDER.finditer(text))


@pytest.mark.parametrize("app", APPS)
def test_nothing_is_kept_that_nobody_says(app: str) -> None:
    assert set(entries(app)) - set(used_messages(app)) == set()


@pytest.mark.parametrize("app", APPS)
def test_msgids_are_english(app: str) -> None:
    names_of_languages = {"中文"}
    chinese = {m for m in used_messages(app) if any(CHINESE.search(t) for t in m.texts)}
    assert {m for m in chinese if m.texts[0] not in names_of_languages} == set()


def test_one_text_has_one_translation_everywhere() -> None:
    seen: dict[Message, tuple[str, ...]] = {}
    for app in APPS:
        for message, texts in entries(app).items():
            assert seen.setdefault(message, texts) == texts, message
