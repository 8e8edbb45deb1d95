"""Reading the QR in an uploaded photo, which anybody may have made: limits first, then decoding."""

import io
import struct

import zxingcpp
from PIL import Image

MAX_BYTES = 12 * 1024 * 1024
# The largest picture of today's phones in their usual mode; a grey copy of it takes 25 MB.
MAX_PIXELS = 25_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
# Beyond this a picture costs time and reads no better.
_LONGEST_SIDE = 2400

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)

# What Pillow raises for pictures that are broken, of another format or too large.
_NO_PICTURE = (
    OSError,
    ValueError,
    SyntaxError,
    IndexError,
    KeyError,
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def read_photo(data: bytes) -> str:
    """Return the text of the first QR in a JPEG, PNG or WebP picture, or nothing.

    Nothing is also the answer to a picture over ``MAX_BYTES`` or ``MAX_PIXELS``, of another format, or broken: to a
    gate all of these are unreadable.
    """
    if not data or len(data) > MAX_BYTES:
        return ""
    try:
        picture = _grey(data)
    except _NO_PICTURE:
        return ""
    if picture is None:
        return ""
    found = zxingcpp.read_barcodes(picture, formats=_QR)
    return str(found[0].text) if found else ""


def _grey(data: bytes) -> Image.Image | None:
    """Decode to grey, scaled down when large; None when the header promises too many pixels."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            return None
        # JPEG alone can leave out detail while decoding, which saves most of the time and memory.
        picture.draft("L", (_LONGEST_SIDE, _LONGEST_SIDE))
        grey = _on_white(picture).convert("L")
    grey.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    return grey


def _on_white(picture: Image.Image) -> Image.Image:
    """Lay a picture with transparency on white: the modules of a QR are often drawn on nothing."""
    if not picture.has_transparency_data:
        return picture
    layer = picture.convert("RGBA")
    ground = Image.new("RGBA", layer.size, "white")
    ground.alpha_composite(layer)
    return ground
