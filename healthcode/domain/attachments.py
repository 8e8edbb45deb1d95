"""Files that are attached as proof: which forms are taken, told by the bytes and never by the name.

Pure. A file is what it begins as, whatever it calls itself.
"""

from collections.abc import Mapping
from types import MappingProxyType

MAX_BYTES = 10 * 1024 * 1024
MAX_NAME = 160
# How a file begins, and what it then is.
FORMS: Mapping[bytes, str] = MappingProxyType(
    {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
)
SUFFIXES: Mapping[str, str] = MappingProxyType({"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"})


def form_of(content: bytes) -> str | None:
    """Return the media type of a file, one of ``FORMS``, or None for any other form."""
    return next((form for beginning, form in FORMS.items() if content.startswith(beginning)), None)


def plain_name(name: str, form: str) -> str:
    """Return a file's name without folders and control characters, ending as its form does; never empty."""
    base = "".join(sign for sign in name.replace("\\", "/").rsplit("/", 1)[-1] if sign.isprintable()).strip(". ")
    suffix = SUFFIXES[form]
    stem = base[: base.rfind(".")] if "." in base else base
    return (stem[: MAX_NAME - len(suffix)] or "document") + suffix
