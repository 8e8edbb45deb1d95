"""Catalogues are compiled when they are missing or older, and only then."""

import gettext
import os
from pathlib import Path

import pytest

from healthcode.config.catalogues import compile_catalogues

TEXT = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Health code"
msgstr "健康码"

#, fuzzy
msgid "Guess"
msgstr "猜"
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "app" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_missing_catalogue_is_compiled(tmp_path: Path, source: Path) -> None:
    assert compile_catalogues(tmp_path) == [source.with_suffix(".mo")]
    with source.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Health code") == "健康码"


def test_fuzzy_translation_is_left_out(tmp_path: Path, source: Path) -> None:
    compile_catalogues(tmp_path)
    with source.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Guess") == "Guess"


def test_fresh_catalogue_is_left_alone(tmp_path: Path, source: Path) -> None:
    compile_catalogues(tmp_path)
    assert compile_catalogues(tmp_path) == []


def test_changed_catalogue_is_compiled_again(tmp_path: Path, source: Path) -> None:
    target = compile_catalogues(tmp_path)[0]
    later = target.stat().st_mtime_ns + 1
    os.utime(source, ns=(later, later))
    assert compile_catalogues(tmp_path) == [target]


def test_nothing_else_is_left_in_the_folder(tmp_path: Path, source: Path) -> None:
    compile_catalogues(tmp_path)
    assert sorted(path.name for path in source.parent.iterdir()) == ["django.mo", "django.po"]
