"""Base45 (RFC 9285), strict: the alphabet of a QR code's alphanumeric mode.

Two bytes n become three digits c, d, e with n = c + 45 d + 2025 e; a last single byte becomes two.
All groups are worked on at once, as equal lanes of one long integer: a loop over the ~65 groups of a
token would cost a quarter of the signature it carries.
"""

from functools import lru_cache

from healthcode.domain.tokens.errors import Unreadable

ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

_TO_CHARACTER = bytes.maketrans(bytes(range(1, 46)), ALPHABET)  # from digit + 1
_TO_DIGIT = bytes.maketrans(ALPHABET, bytes(range(45)))

# n // 45 == n * 46604 >> 21 for every n < 65536: the error n * 28 stays below 2 ** 21. The product
# has at most 32 bits, so lanes of four bytes never touch each other.
_RECIPROCAL, _SHIFT = 46604, 21
_QUOTIENT_LANE = b"\x00\x00\x07\xff"
_ONES_LANE = b"\x00\x01\x01\x01"
_DIGIT_LANE = b"\x00\x00\xff"


@lru_cache(maxsize=256)
def _repeated(lane: bytes, times: int) -> int:
    return int.from_bytes(lane * times, "big")


def encode(data: bytes) -> str:
    """Give the base45 text of `data`."""
    odd = len(data) % 2
    if odd:  # 0 and the last byte make a group whose third digit is 0, which is not written
        data = data[:-1] + b"\x00" + data[-1:]
    size = 2 * len(data)
    spread = bytearray(size)
    spread[2::4], spread[3::4] = data[::2], data[1::2]
    number = int.from_bytes(spread, "big")
    mask = _repeated(_QUOTIENT_LANE, size // 4)
    over_45 = number * _RECIPROCAL >> _SHIFT & mask
    over_2025 = over_45 * _RECIPROCAL >> _SHIFT & mask
    # Each lane becomes 0 c d e, with c = n - 45 over_45 and d = over_45 - 45 over_2025. Adding 1 to the
    # digits sets them apart from the zeros around them, which the translation drops.
    digits = (number << 16) - over_45 * ((45 << 16) - (1 << 8)) - over_2025 * ((45 << 8) - 1)
    lanes = (digits + _repeated(_ONES_LANE, size // 4)).to_bytes(size, "big")
    text = lanes.translate(_TO_CHARACTER, b"\x00").decode("ascii")
    return text[:-1] if odd else text


def decode(text: str) -> bytes:
    """Give the bytes of a base45 text; each text has one meaning and each meaning one text.

    Raises `Unreadable` for a character outside the alphabet, an impossible length, or a group whose
    value needs more bytes than it stands for.
    """
    characters = text.encode("ascii", "replace")  # "?" is outside the alphabet
    if characters.translate(None, ALPHABET):
        raise Unreadable("not base45: a character outside the alphabet")
    triples, rest = divmod(len(characters), 3)
    if rest == 1:
        raise Unreadable("not base45: a single character is left over")
    digits = characters.translate(_TO_DIGIT)
    number = int.from_bytes(digits[: 3 * triples], "big")
    mask = _repeated(_DIGIT_LANE, triples)
    values = (number >> 16 & mask) + 45 * (number >> 8 & mask) + 2025 * (number & mask)
    lanes = values.to_bytes(3 * triples, "big")
    tail = digits[-2] + 45 * digits[-1] if rest else 0
    if tail > 0xFF or lanes[::3].strip(b"\x00"):
        raise Unreadable("not base45: a group is too large")
    data = bytearray(2 * triples)
    data[0::2], data[1::2] = lanes[1::3], lanes[2::3]
    if rest:
        data.append(tail)
    return bytes(data)
