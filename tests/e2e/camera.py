"""A film of a QR for Chromium's fake camera.

Chromium plays the file in a loop: ``chromium(playwright, url, camera=path)``. Motion JPEG is nothing but JPEG pictures
one after another.
"""

import io
from pathlib import Path

from PIL import Image

WIDTH, HEIGHT = 640, 480
_FRAMES = 5


def write_mjpeg(path: Path, image: Image.Image) -> Path:
    """Write a film that shows ``image`` in the middle of a grey wall; return ``path``."""
    side = min(WIDTH, HEIGHT) - 80
    wall = Image.new("RGB", (WIDTH, HEIGHT), "grey")
    # Whole multiples keep the modules square; a picture larger than the wall is scaled to fit.
    factor = max(1, side // max(image.size))
    picture = image.convert("RGB").resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    picture.thumbnail((side, side))
    wall.paste(picture, ((WIDTH - picture.width) // 2, (HEIGHT - picture.height) // 2))
    frame = io.BytesIO()
    wall.save(frame, "JPEG", quality=90)
    path.write_bytes(frame.getvalue() * _FRAMES)
    return path
