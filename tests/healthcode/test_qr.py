"""Drawn codes, read back by another library than the one that drew them."""

import io
import re
from xml.etree import ElementTree

import pytest
import qrcode
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter
from qrcode import util

from healthcode.domain import qr
from healthcode.domain.tokens import base45
from tests.healthcode.token_kit import STATEMENTS, token

TEXT = token()
SVG = "{http://www.w3.org/2000/svg}"
ALPHANUMERIC = st.text(alphabet=base45.ALPHABET.decode(), min_size=1, max_size=300)


def read(image: Image.Image) -> str | None:
    found = zxingcpp.read_barcodes(image.convert("L"))
    return found[0].text if found else None


def rendered(svg: str, scale: int = 8) -> Image.Image:
    """Paint the one rectangle and the one path of our SVG; understands M, m and h."""
    root = ElementTree.fromstring(svg)  # noqa: S314
    side = int(root.attrib["viewBox"].split()[2])
    image = Image.new("L", (side * scale, side * scale), 128)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, side * scale, side * scale), fill=255)
    path = root.find(f"{SVG}path")
    assert path is not None
    x = y = 0.0
    for step, first, second in re.findall(r"([Mmh])(\d+)(?: ([\d.]+))?", path.attrib["d"]):
        if step == "M":
            x, y = int(first), float(second)
            continue
        if step == "h":
            top = (y - 0.5) * scale
            pen.rectangle((x * scale, top, (x + int(first)) * scale - 1, top + scale - 1), fill=0)
        x += int(first)
    return image


@pytest.mark.parametrize("error", qr.LEVELS)
@pytest.mark.parametrize("text", [TEXT, token(STATEMENTS[1]), "A"], ids=["screen", "paper", "short"])
def test_svg_and_png_are_read_back(text: str, error: str) -> None:
    assert read(rendered(qr.qr_svg(text, title="t", error=error))) == text
    assert read(Image.open(io.BytesIO(qr.qr_png(text, error=error)))) == text


def test_every_screen_code_is_version_8_at_level_m() -> None:
    drawn = [qr.draw(token(statement)).size for statement in STATEMENTS if statement.status_index is None]
    assert set(drawn) == {49}


@settings(max_examples=25, deadline=None)
@given(ALPHANUMERIC, st.sampled_from(sorted(qr.LEVELS)))
def test_modules_are_those_of_qrcode(text: str, error: str) -> None:
    code = qrcode.QRCode(None, qr.LEVELS[error], mask_pattern=0)
    code.add_data(util.QRData(text, mode=2))
    code.make()
    assert qr.draw(text, error=error).modules == bytes(bool(dark) for row in code.modules for dark in row)


def photo(text: str, pixels: float, turn: float, dim: float, blur: float) -> Image.Image:
    """What a cheap camera makes of a screen: tilted, small, soft and dark."""
    clean = Image.open(io.BytesIO(qr.qr_png(text))).convert("L")
    turned = clean.rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    small = turned.resize([round(side / qr.PNG_SCALE * pixels) for side in turned.size], Image.Resampling.BOX)
    soft = small.filter(ImageFilter.GaussianBlur(blur))
    return ImageEnhance.Brightness(ImageEnhance.Contrast(soft).enhance(0.5)).enhance(dim)


def test_nearly_all_bad_photos_at_1_7_pixels_a_module_are_read() -> None:
    photos = [
        (token(counter=counter), photo(token(counter=counter), 1.7, turn, dim, 0.4))
        for counter in range(10)
        for turn, dim in ((0, 1.0), (0, 0.4), (4, 0.7), (-7, 0.5))
    ]
    read_back = sum(read(image) == text for text, image in photos)
    assert read_back >= 0.95 * len(photos)


def test_the_svg_is_bare_black_on_white_with_a_quiet_zone_and_a_name() -> None:
    root = ElementTree.fromstring(qr.qr_svg(TEXT, title="绿码 <A&B>"))  # noqa: S314
    assert [child.tag.removeprefix(SVG) for child in root] == ["title", "rect", "path"]
    assert (root.attrib["role"], root.attrib["viewBox"], root[0].text) == ("img", "0 0 57 57", "绿码 <A&B>")
    assert (root[1].attrib["fill"], root[2].attrib["stroke"]) == ("#fff", "#000")
    assert not {"style", "class", "onload"} & {name for element in root.iter() for name in element.attrib}


def test_the_svg_is_small() -> None:
    assert len(qr.qr_svg(TEXT, title="")) < 4600


def test_the_png_is_one_bit_and_has_the_scale_asked_for() -> None:
    image = Image.open(io.BytesIO(qr.qr_png(TEXT, scale=3)))
    assert (image.mode, image.size) == ("1", (171, 171))
    edge = 3 * qr.QUIET
    inner = image.crop((edge, edge, 171 - edge, 171 - edge))
    assert image.convert("L").point(lambda value: 255 - value).getbbox() == (edge, edge, 171 - edge, 171 - edge)
    assert inner.resize((49, 49), Image.Resampling.NEAREST).convert("L").tobytes() == bytes(
        0 if module else 255 for module in qr.draw(TEXT).modules
    )


@pytest.mark.parametrize(
    ("text", "error"), [("", "M"), ("a", "M"), ("健", "M"), ("A\n", "M"), ("A", "m"), ("A" * 4297, "L")]
)
def test_what_cannot_be_drawn(text: str, error: str) -> None:
    with pytest.raises(ValueError, match=r"QR code|alphanumeric|level"):
        qr.draw(text, error=error)


def test_the_longest_text_fills_the_largest_code() -> None:
    assert qr.version_for(4296, qr.LEVELS["L"]) == 40
