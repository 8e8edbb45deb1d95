"""Photos of codes: those that can be read, and those that nobody should decode."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from healthcode.domain import photos
from healthcode.domain.photos import read_photo
from healthcode.domain.qr import qr_png
from tests.healthcode.token_kit import token

TEXT = token()
PNG = qr_png(TEXT)


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def picture() -> Image.Image:
    return Image.open(io.BytesIO(PNG)).convert("RGB")


def header_only(width: int, height: int) -> bytes:
    """A PNG of a hundred bytes that promises width × height pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_a_drawn_code_is_read() -> None:
    assert read_photo(PNG) == TEXT


@pytest.mark.parametrize("options", [{"format": "JPEG", "quality": 60}, {"format": "WEBP"}, {"format": "PNG"}])
def test_the_usual_formats_are_read_at_any_angle(options: dict[str, str]) -> None:
    turned = picture().rotate(25, expand=True, fillcolor="white")
    assert read_photo(saved(turned, **options)) == TEXT


def test_a_phone_photo_of_twelve_megapixels_is_read() -> None:
    photo = Image.new("RGB", (4000, 3000), "grey")
    photo.paste(picture().resize((1400, 1400)), (1100, 700))
    assert read_photo(saved(photo, "JPEG")) == TEXT


def test_a_code_drawn_on_nothing_is_read() -> None:
    drawn = Image.new("RGBA", picture().size, (0, 0, 0, 0))
    drawn.paste((0, 0, 0, 255), mask=picture().convert("L").point(lambda value: 255 - value))
    assert read_photo(saved(drawn, "PNG")) == TEXT


@pytest.mark.parametrize("format", ["GIF", "BMP", "TIFF"])
def test_other_formats_are_unreadable(format: str) -> None:
    assert read_photo(saved(picture(), format)) == ""


@pytest.mark.parametrize("data", [b"", b"JK1:ABC", b"<svg xmlns='http://www.w3.org/2000/svg'/>", PNG[:200]])
def test_what_is_no_picture_is_unreadable(data: bytes) -> None:
    assert read_photo(data) == ""


def test_a_picture_without_a_code_is_unreadable() -> None:
    assert read_photo(saved(Image.new("RGB", (300, 300), "white"), "PNG")) == ""


@pytest.mark.parametrize("side", [5_001, 9_500, 50_000, 2**31 - 1])
def test_a_bomb_is_refused_by_its_header(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[object] = []
    monkeypatch.setattr(Image.Image, "convert", lambda *args: decoded.append(args))
    assert read_photo(header_only(side, side)) == ""
    assert decoded == []


def test_a_bomb_that_is_all_there_is_refused() -> None:
    bomb = saved(Image.new("1", (5_100, 5_100)), "PNG")
    assert len(bomb) < 10_000
    assert read_photo(bomb) == ""


def test_a_file_over_the_limit_is_refused() -> None:
    assert read_photo(PNG + bytes(photos.MAX_BYTES)) == ""


@settings(max_examples=300, deadline=None)
@given(
    data=st.sampled_from([PNG, saved(picture(), "JPEG"), saved(picture(), "WEBP")]),
    changes=st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), max_size=8),
    end=st.integers(0, 20_000),
)
def test_a_damaged_picture_is_read_or_unreadable(data: bytes, changes: list[tuple[int, int]], end: int) -> None:
    damaged = bytearray(data)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    assert read_photo(bytes(damaged[:end])) in ("", TEXT)
