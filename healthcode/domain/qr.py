"""Drawing a signed code as a QR: compact SVG for the page, 1-bit PNG for print.

`qrcode` makes the codewords and owns the layout; where each bit lies is learnt from it once a size.
The version follows from the length alone and the mask is fixed: trying all eight masks costs 20 times
more and makes no difference to readers. Nothing of a text is kept.
"""

import re
import struct
import zlib
from collections.abc import Callable
from functools import lru_cache
from html import escape
from operator import itemgetter
from typing import Literal, NamedTuple

import qrcode
from qrcode import base, constants, util

LEVELS = {
    "L": constants.ERROR_CORRECT_L,
    "M": constants.ERROR_CORRECT_M,
    "Q": constants.ERROR_CORRECT_Q,
    "H": constants.ERROR_CORRECT_H,
}
QUIET = 4  # modules of white on each side (ISO/IEC 18004)
PNG_SCALE = 8

_ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]+")
_RUN = re.compile(rb"\x01+")
_MODE: Literal[2] = 2  # alphanumeric
_MASK = 0


class Symbol(NamedTuple):
    """A drawn code: `size` modules a side, `modules` row by row, 1 for dark, without the quiet zone."""

    size: int
    modules: bytes


class _Layout(NamedTuple):
    """Where the bits of one version and level lie.

    Module i is `fixed[i]` exclusive-or bit `source(bits)[i]`; bit 0 is always 0, the codewords follow.
    """

    size: int
    fixed: int
    source: Callable[[str], tuple[str, ...]]


def qr_svg(text: str, *, title: str, error: str = "M") -> str:
    """Give a code as an SVG element: black on white, one path, named `title` for screen readers.

    One unit is one module; the page sets the size. `error` is the level of correction, "M" on screens
    and "H" on paper. Raises `ValueError` for text outside alphanumeric mode or past the largest code.
    """
    symbol = draw(text, error=error)
    side = symbol.size + 2 * QUIET
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img"'
        f' shape-rendering="crispEdges"><title>{escape(title)}</title>'
        f'<rect width="{side}" height="{side}" fill="#fff"/>'
        f'<path fill="none" stroke="#000" d="{_path(symbol)}"/></svg>'
    )


def qr_png(text: str, *, error: str = "M", scale: int = PNG_SCALE) -> bytes:
    """Give a code as a 1-bit PNG with `scale` pixels a module; raises `ValueError` as `qr_svg` does."""
    symbol = draw(text, error=error)
    side = (symbol.size + 2 * QUIET) * scale
    padding = -side % 8
    blank = b"\x00" + b"\xff" * ((side + padding) // 8)
    quiet = blank * (QUIET * scale)
    edge = "1" * (QUIET * scale)
    lines = [quiet]
    for row in _rows(symbol):
        line = edge + "".join(("0" if module else "1") * scale for module in row) + edge + "1" * padding
        lines.append((b"\x00" + int(line, 2).to_bytes(len(line) // 8, "big")) * scale)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join([*lines, quiet]))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def draw(text: str, *, error: str = "M") -> Symbol:
    """Give the modules of a code; raises `ValueError` for a text, or a level, that no code can hold."""
    if not _ALPHANUMERIC.fullmatch(text):
        raise ValueError("only the 45 characters of alphanumeric mode can be drawn")
    level = LEVELS.get(error)
    if level is None:
        raise ValueError(f"no level of error correction {error!r}")
    version = version_for(len(text), level)
    data = util.QRData(text.encode("ascii"), mode=_MODE, check_data=False)
    codewords = bytes(util.create_data(version, level, [data]))
    layout = _layout(version, level)
    bits = f"{int.from_bytes(codewords, 'big') | 1 << 8 * len(codewords):b}".replace("1", "0", 1)
    placed = int("".join(layout.source(bits)), 2) ^ layout.fixed
    return Symbol(layout.size, f"{placed:0{layout.size**2}b}".encode().translate(_FROM_DIGITS))


_FROM_DIGITS = bytes.maketrans(b"01", b"\x00\x01")


@lru_cache(maxsize=1024)
def version_for(length: int, level: int) -> int:
    """Give the smallest version (1 to 40) for so many alphanumeric characters; raises `ValueError`."""
    for version in range(1, 41):
        head = 4 + util.length_in_bits(_MODE, version)
        if head + length // 2 * 11 + length % 2 * 6 <= util.BIT_LIMIT_TABLE[level][version]:
            return version
    raise ValueError(f"{length} characters are too many for a QR code")


@lru_cache(maxsize=32)
def _layout(version: int, level: int) -> _Layout:
    """Learn the layout: draw all-zero codewords, then the binary digits of every bit's own number."""
    count = sum(block.total_count for block in base.rs_blocks(version, level))
    blank = _matrix(version, level, bytes(count))
    numbers = range(1, 8 * count + 1)
    sources = [0] * len(blank)
    for digit in range((8 * count).bit_length()):
        bits = "".join(str(number >> digit & 1) for number in numbers)
        probe = _matrix(version, level, int(bits, 2).to_bytes(count, "big"))
        for module, (dark, before) in enumerate(zip(probe, blank, strict=True)):
            sources[module] |= (dark ^ before) << digit
    fixed = int("".join(str(int(dark)) for dark in blank), 2)
    return _Layout(17 + 4 * version, fixed, itemgetter(*sources))


def _matrix(version: int, level: int, codewords: bytes) -> list[bool]:
    code = qrcode.QRCode(version, level, mask_pattern=_MASK)
    code.data_cache = list(codewords)
    code.make(fit=False)
    return [bool(dark) for row in code.modules for dark in row]


def _rows(symbol: Symbol) -> list[bytes]:
    size = symbol.size
    return [symbol.modules[start : start + size] for start in range(0, size * size, size)]


def _path(symbol: Symbol) -> str:
    """Give each run of dark modules as a stroke one module high, along the middle of its row."""
    steps = []
    for y, row in enumerate(_rows(symbol), QUIET):
        steps.append(f"M{QUIET} {y}.5")
        at = 0
        for run in _RUN.finditer(row):
            start, end = run.span()
            steps.append(f"m{start - at} 0h{end - start}" if start > at else f"h{end - start}")
            at = end
    return "".join(steps)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
