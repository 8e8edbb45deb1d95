"""What the project says on screen: the msgids of its Python files and templates, and its catalogues.

``python -m tests.messages`` brings the catalogues' lists up to date: adds what is missing (untranslated), drops what
nobody says any more. It needs Babel and no gettext tools.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = ("healthcode", "family", "venues", "appeals")
# name of the function: (place of the context or None, places of the texts)
FUNCTIONS: dict[str, tuple[int | None, tuple[int, ...]]] = {
    "gettext": (None, (0,)),
    "gettext_lazy": (None, (0,)),
    "gettext_noop": (None, (0,)),
    "_": (None, (0,)),
    "ngettext": (None, (0, 1)),
    "ngettext_lazy": (None, (0, 1)),
    "pgettext": (0, (1,)),
    "pgettext_lazy": (0, (1,)),
    "npgettext": (0, (1, 2)),
}
_IN_TEMPLATE = re.compile(r"\b(gettext|ngettext|pgettext|npgettext|_)\(")


class Message(NamedTuple):
    """One thing said: its context (or None) and its one or two texts."""

    context: str | None
    texts: tuple[str, ...]


def used_messages(app: str) -> dict[Message, str]:
    """Return what an app says, each with one place it is said at. Shared templates belong to healthcode."""
    found: dict[Message, str] = {}
    for path in sorted((ROOT / app).rglob("*.py")):
        if "migrations" not in path.parts:
            for message in _of_python(path.read_text(encoding="utf-8")):
                found.setdefault(message, str(path.relative_to(ROOT)))
    for path in _templates(app):
        for message in _of_template(path.read_text(encoding="utf-8")):
            found.setdefault(message, str(path.relative_to(ROOT)))
    return found


def _templates(app: str) -> Iterator[Path]:
    for path in sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.txt")):
        folder = path.relative_to(ROOT / "templates").parts[0]
        owner = folder if folder in APPS else "healthcode"
        if owner == app:
            yield path


def _of_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            message = _of_call(name, node.args)
            if message:
                yield message


def _of_call(name: str, arguments: list[ast.expr]) -> Message | None:
    if name not in FUNCTIONS:
        return None
    where, places = FUNCTIONS[name]
    values = [a.value if isinstance(a, ast.Constant) and isinstance(a.value, str) else None for a in arguments]
    texts = tuple(values[place] for place in places if place < len(values))
    context = values[where] if where is not None and where < len(values) else None
    known = tuple(text for text in texts if text is not None)
    return Message(context, known) if len(known) == len(places) else None


def _of_template(source: str) -> Iterator[Message]:
    # Django turns a template into calls for xgettext; each is read as the Python it nearly is.
    text = templatize(source)
    for match in _IN_TEMPLATE.finditer(text):
        call = _call_at(text, match.start())
        message = _of_call(match.group(1), call.args) if call else None
        if message:
            # A literal % of a block is doubled, as it is when the block is looked up.
            yield message


def _call_at(text: str, start: int) -> ast.Call | None:
    end = text.find(")", start)
    while end != -1:
        try:
            node = ast.parse(text[start : end + 1].replace(", count)", ", 0)"), mode="eval").body
        except SyntaxError:
            end = text.find(")", end + 1)
            continue
        return node if isinstance(node, ast.Call) else None
    return None


def catalogue_path(app: str) -> Path:
    """Return where the app's Chinese catalogue is."""
    return ROOT / app / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def catalogue(app: str) -> Catalog:
    """Return the app's Chinese catalogue, empty when it has none."""
    path = catalogue_path(app)
    if not path.exists():
        return Catalog(locale="zh_Hans", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans", abort_invalid=True)


def entries(app: str) -> dict[Message, tuple[str, ...]]:
    """Return the catalogue's entries: message, and its translation (one text, or one a plural form)."""
    return {Message(m.context, _texts(m.id)): _texts(m.string) for m in catalogue(app) if m.id}


def _texts(found: object) -> tuple[str, ...]:
    return tuple(map(str, found)) if isinstance(found, (tuple, list)) else (str(found or ""),)


def update(app: str, more: dict[Message, tuple[str, ...]]) -> None:
    """Write the app's catalogue with exactly what it says, translated as before or as in `more`."""
    said, old = used_messages(app), entries(app)
    if not said:
        return
    fresh = Catalog(locale="zh_Hans", charset="utf-8", project="healthcode", fuzzy=False)
    for message, place in sorted(said.items(), key=lambda item: (item[1], item[0].texts)):
        known = (found for found in (old.get(message), more.get(message)) if found and all(found))
        texts = next(known, ("",))
        plural = len(message.texts) > 1
        fresh.add(
            message.texts if plural else message.texts[0],
            texts if plural else texts[0],
            locations=[(place, 1)],
            context=message.context,
        )
    path = catalogue_path(app)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, fresh, width=110, include_lineno=False)


if __name__ == "__main__":
    shared = {message: texts for name in APPS for message, texts in entries(name).items()}
    for name in APPS:
        update(name, shared)
