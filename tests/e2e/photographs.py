"""Bad photographs of a code, made the same every time: small, tilted, blurred, dim, under glare."""

import math
import random
from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

# What a cheap phone's camera leaves of one module at arm's length.
PIXELS_A_MODULE = 1.7
_SCALE = 8  # pixels a module of the sharp picture that a photograph is taken of
_WALL = 235
Photograph = Callable[[Image.Image, random.Random], Image.Image]


def _shrink(sharp: Image.Image) -> Image.Image:
    """Take the picture at ``PIXELS_A_MODULE``, off the grid as a camera does, and put it on a wall."""
    side = round(sharp.width / _SCALE * PIXELS_A_MODULE)
    small = sharp.resize((side, side), Image.Resampling.BOX)
    wall = Image.new("L", (side + 40, side + 40), _WALL)
    wall.paste(small, (20, 20))
    return wall


def clean(sharp: Image.Image, by: random.Random) -> Image.Image:
    """Give the picture as it is drawn."""
    return sharp


def small(sharp: Image.Image, by: random.Random) -> Image.Image:
    """Give it small and no worse."""
    return _shrink(sharp)


def tilted(sharp: Image.Image, by: random.Random) -> Image.Image:
    """Give it turned by up to 15 degrees, and seen from up to 15 degrees aside."""
    turned = sharp.rotate(by.uniform(-15, 15), Image.Resampling.BICUBIC, expand=True, fillcolor=_WALL)
    width, height = turned.size
    near = height * math.sin(math.radians(by.uniform(-15, 15))) / 6
    left, right = max(0.0, near), max(0.0, -near)
    corners = (0, -left, 0, height + left, width, height + right, width, -right)
    seen = turned.transform((width, height), Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=_WALL)
    return _shrink(seen)


def blurred(sharp: Image.Image, by: random.Random) -> Image.Image:
    """Give it out of focus by up to a third of a module."""
    return _shrink(sharp.filter(ImageFilter.GaussianBlur(by.uniform(0.15, 0.33) * _SCALE)))


def dim(sharp: Image.Image, by: random.Random) -> Image.Image:
    """Give it on a dark screen at dusk, with the noise of the sensor."""
    dark = ImageEnhance.Brightness(_shrink(sharp)).enhance(by.uniform(0.25, 0.4))
    noise = Image.effect_noise(dark.size, 10)
    return Image.blend(dark, noise, 0.12)


def glare(sharp: Image.Image, by: random.Random) -> Image.Image:
    """Give it with a lamp mirrored in the glass: a soft bright spot over an eighth of its width."""
    photo = _shrink(sharp)
    light = Image.new("L", photo.size, 0)
    radius = photo.width * 0.0625
    x, y = (by.uniform(0.35, 0.65) * photo.width for _ in range(2))
    ImageDraw.Draw(light).ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    white = Image.new("L", photo.size, 255)
    return Image.composite(white, photo, light.filter(ImageFilter.GaussianBlur(3)))


PHOTOGRAPHS: Mapping[str, Photograph] = {
    photograph.__name__: photograph for photograph in (clean, small, tilted, blurred, dim, glare)
}
