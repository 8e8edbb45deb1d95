"""Compile the apps' translation catalogues. The ``.mo`` files are made on each machine, never committed."""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PATTERN = "*/locale/*/LC_MESSAGES/django.po"


def compile_catalogues(root: Path) -> list[Path]:
    """Compile every app's catalogue under ``root`` whose ``.mo`` file is missing or older; return those written.

    Each file is replaced whole, so a process that reads it meanwhile sees the old one or the new one. Fuzzy
    translations are left out. Raises ``babel.messages.pofile.PoFileError`` for a catalogue that can't be read.
    """
    return [compiled(source) for source in sorted(root.glob(PATTERN)) if is_stale(source)]


def is_stale(source: Path) -> bool:
    """Tell whether ``source`` has changed since it was compiled."""
    target = source.with_suffix(".mo")
    return not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns


def compiled(source: Path) -> Path:
    """Compile one catalogue and return its ``.mo`` file."""
    target = source.with_suffix(".mo")
    side = target.with_name(f".{target.name}.{os.getpid()}")
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
    with side.open("wb") as file:
        write_mo(file, catalogue)
    side.replace(target)
    return target
