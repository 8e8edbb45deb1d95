"""Codes drawn by us are read by others' readers: zxing-cpp in Python, zxing as WebAssembly in the page."""

import base64
import io
import random
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright

from healthcode.domain.photos import read_photo
from healthcode.domain.qr import qr_png
from tests.e2e.photographs import PHOTOGRAPHS
from tests.e2e.script_page import script_page
from tests.healthcode.token_kit import STATEMENTS, token

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("scripts")]

CODES = [token(STATEMENTS[0], counter=counter) for counter in range(40)]
# At least so many of a hundred.
READ = 0.95
READ_ALL = """async (pictures) => {
  const {makeReader, readPhoto} = await import("/static/js/scanner.js");
  const read = await makeReader("/static/vendor/zxing-wasm-3.1.4/reader/zxing_reader.wasm");
  const found = [];
  for (const picture of pictures)
    found.push(await readPhoto(read, await (await fetch(`data:image/png;base64,${picture}`)).blob()));
  return found;
}"""
DRAW = """async (text) => {
  const {drawQr} = await import("/static/js/qr.js");
  document.body.replaceChildren(document.createElement("div"));
  const box = document.body.firstChild;
  box.style.cssText = "width: 456px; height: 456px";
  drawQr(box, text);
}"""


@pytest.fixture(scope="module")
def page(module_playwright: Playwright) -> Iterator[Page]:
    with script_page(module_playwright) as opened:
        yield opened


def taken(how: str) -> list[Image.Image]:
    """Photograph every code in one way."""
    by = random.Random(f"photographs {how}")
    sharp = [Image.open(io.BytesIO(qr_png(code))).convert("L") for code in CODES]
    return [PHOTOGRAPHS[how](picture, by) for picture in sharp]


def _png(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def as_text(picture: Image.Image) -> str:
    return base64.b64encode(_png(picture)).decode("ascii")


def share(found: list[str | None]) -> float:
    """Return how many were read rightly; a wrong reading is no reading but a fault."""
    assert not {text for text in found if text} - set(CODES)
    return sum(text == code for text, code in zip(found, CODES, strict=True)) / len(CODES)


def read_here(picture: Image.Image) -> str | None:
    """Read as the server reads a guard's photo: with zxing-cpp."""
    return read_photo(_png(picture)) or None


@pytest.mark.parametrize("how", PHOTOGRAPHS)
def test_the_servers_reader_reads_them(how: str) -> None:
    assert share([read_here(picture) for picture in taken(how)]) >= READ


@pytest.mark.parametrize("how", PHOTOGRAPHS)
def test_the_pages_reader_reads_them(page: Page, how: str) -> None:
    assert share(page.evaluate(READ_ALL, [as_text(picture) for picture in taken(how)])) >= READ


@pytest.mark.parametrize("how", ["clean", "small"])
def test_what_the_page_draws_is_read_by_the_servers_reader(page: Page, how: str) -> None:
    by = random.Random(how)
    for code in CODES[:8]:
        page.evaluate(DRAW, code)
        drawn = page.locator("svg").screenshot()
        picture = Image.open(io.BytesIO(drawn)).convert("L")
        assert read_here(PHOTOGRAPHS[how](picture, by)) == code
