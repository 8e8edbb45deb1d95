"""What each work is measured against: the same result by the shortest way a good engineer would write.

A yardstick is given everything ready (key objects, DER signature, the exact message) and checks nothing.
"""

from collections.abc import Callable

import qrcode
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from qrcode.image.svg import SvgImage

_ES256 = ec.ECDSA(hashes.SHA256())


def bare_signature(key: ec.EllipticCurvePrivateKey, message: bytes) -> Callable[[], object]:
    """One ES256 signature (random nonce, DER) over a message of the length a code has."""
    return lambda: key.sign(message, _ES256)


def bare_check(key: ec.EllipticCurvePrivateKey, message: bytes) -> Callable[[], object]:
    """One ES256 check of a ready DER signature."""
    public, signature = key.public_key(), key.sign(message, _ES256)
    return lambda: public.verify(signature, message, _ES256)


def default_svg(text: str) -> Callable[[], object]:
    """`qrcode` with its defaults, as an SVG string."""
    return lambda: qrcode.make(text, image_factory=SvgImage).to_string()
