"""Issue, verify and draw, each beside its yardstick.

`issue` is everything between a loaded decision and the text of the code: sealing the reference, claims,
signature, envelope. `verify` is text to result with claims. `draw` is text to SVG.
"""

from itertools import count

from healthcode.domain import qr
from healthcode.domain.tokens import (
    KeySet,
    Kind,
    Reference,
    encode_token,
    envelope,
    seal_reference,
    verify_token,
)
from tests.bench import yardsticks
from tests.bench.timing import rates
from tests.healthcode.token_kit import ALL_KINDS, AT, IAT, KEY, REFERENCE_KEY, SCREEN, token

MESSAGE = envelope.read_token(token()).signed


def bench_issue() -> tuple[float, float]:
    """Give (ours, bare ES256 signatures) a second."""
    counter = count()

    def issue() -> str:
        reference = Reference(12_345, IAT, Kind.OWN_PHONE, next(counter) & 0xFFFF)
        return encode_token(key=KEY, statement=SCREEN, cti=seal_reference(REFERENCE_KEY, reference), issued_at=AT)

    found = rates({"ours": issue, "bare": yardsticks.bare_signature(KEY.private_key, MESSAGE)})
    return found["ours"], found["bare"]


def bench_verify() -> tuple[float, float]:
    """Give (ours, bare ES256 checks) a second."""
    text, keys = token(), KeySet([KEY.record], as_of=AT)

    def verify() -> object:
        return verify_token(text, keys=keys, at=AT, online=True, kinds=ALL_KINDS, revoked=lambda key, index: False)

    found = rates({"ours": verify, "bare": yardsticks.bare_check(KEY.private_key, MESSAGE)})
    return found["ours"], found["bare"]


def bench_draw() -> tuple[float, float]:
    """Give (ours, `qrcode` with its defaults) a second."""
    text = token()
    found = rates({"ours": lambda: qr.qr_svg(text, title="绿码"), "default": yardsticks.default_svg(text)})
    return found["ours"], found["default"]
