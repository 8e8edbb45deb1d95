"""What a code says, for how long, and its bytes: CWT claims (RFC 8392) at fixed widths."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from healthcode.domain.tokens import cbor
from healthcode.domain.tokens.errors import Unreadable, WrongKind

EXP, IAT, CTI, STATEMENT = 4, 6, 7, -65537
CTI_BYTES = 16
# Below 65,536 the deterministic form of an integer is shorter than a uint32 and the width would change.
MIN_UINT32, MAX_UINT32 = 0x10000, 0xFFFF_FFFF


class Kind(IntEnum):
    """The sort of code; the number is the one in the code."""

    OWN_PHONE = 1
    PAPER = 2
    FAMILY = 3
    COMPANIONS = 4
    PERMIT = 5
    VENUE = 6
    TEST_REPORT = 7
    RESERVE = 8


class TokenColour(IntEnum):
    """The colour in a code; NONE where the code outlives a colour (paper) or has none (venue)."""

    GREEN = 0
    YELLOW = 1
    RED = 2
    NONE = 3


class Life(NamedTuple):
    """How one sort of code lives, in seconds.

    `life` is what a new code gets when nothing shorter is asked for, and the most a verifier believes.
    `document_check`: the guard compares the holder with their document, for nothing in the code is new each minute.
    """

    life: int
    refresh: int | None = None
    skew_offline: int = 30
    skew_online: int = 5
    offline_only: bool = False
    document_check: bool = False


_DAY = 24 * 3600
_SCREEN = Life(90, refresh=60)

# By kind, and whether the code carries an index into a status list. A pair that is not here is not a
# code: screen codes never have an index (they would differ in length), paper and permits always do.
LIVES: Mapping[tuple[Kind, bool], Life] = MappingProxyType(
    {
        (Kind.OWN_PHONE, False): _SCREEN,
        (Kind.FAMILY, False): _SCREEN,
        (Kind.COMPANIONS, False): _SCREEN,
        (Kind.RESERVE, False): Life(600, offline_only=True, document_check=True),
        (Kind.PAPER, True): Life(14 * _DAY, document_check=True),
        (Kind.PERMIT, True): Life(_DAY),
        (Kind.VENUE, False): _SCREEN,
        (Kind.VENUE, True): Life(90 * _DAY),
        # A test brought along counts for 7 days before an arrival (`risk_area`), so no longer here.
        (Kind.TEST_REPORT, False): Life(7 * _DAY),
    }
)


class Statement(NamedTuple):
    """Claim -65537.

    `region` is the six-digit GB/T 2260 code of a prefecture (330100). `status_index` is the bit of this code
    in its status list: paper, permits and printed venue codes have one.
    """

    kind: Kind
    colour: TokenColour
    region: int
    status_index: int | None = None

    @property
    def life(self) -> Life:
        """The row of `LIVES`; KeyError for a combination that is no code."""
        return LIVES[self.kind, self.status_index is not None]


class Claims(NamedTuple):
    """Everything a code says; `exp` and `iat` in seconds since 1970 UTC."""

    exp: int
    iat: int
    cti: bytes
    statement: Statement

    def encode(self) -> bytes:
        """Give the CWT claims set."""
        kind, colour, region, index = self.statement
        values = [int(kind), int(colour), region]
        if index is not None:
            values.append(index)
        return cbor.encode({EXP: self.exp, IAT: self.iat, CTI: self.cti, STATEMENT: values})


def read_claims(payload: bytes) -> Claims:
    """Read a claims set; raises `Unreadable` when it is not exactly of our shape.

    Raises `WrongKind` for a kind of a later edition, which may have a shape of its own.
    """
    found = cbor.decode(payload)
    if type(found) is not dict or list(map(_is_int, found)) != [True] * 4 or set(found) != _NAMES:
        raise Unreadable("not our claims")
    exp, iat, cti, values = found[EXP], found[IAT], found[CTI], found[STATEMENT]
    if not (is_uint32(exp) and is_uint32(iat)):
        raise Unreadable("exp or iat is not a uint32")
    if type(cti) is not bytes or len(cti) != CTI_BYTES:
        raise Unreadable("cti is not 16 bytes")
    return Claims(exp, iat, cti, _read_statement(values))


_NAMES = {EXP, IAT, CTI, STATEMENT}


def _is_int(value: object) -> bool:
    return type(value) is int  # bool is an int to isinstance, and True == 1


def is_uint32(value: object) -> bool:
    """Say whether this is an integer whose deterministic form takes four bytes."""
    return type(value) is int and MIN_UINT32 <= value <= MAX_UINT32


def is_region(value: object) -> bool:
    """Say whether this can be a prefecture of GB/T 2260: six digits, the county part zero."""
    return type(value) is int and 100_000 <= value <= 999_900 and value % 100 == 0


def _read_statement(values: Any) -> Statement:
    if type(values) is not list or len(values) not in (3, 4) or not all(map(_is_int, values)):
        raise Unreadable("not our statement")
    kind, colour, region = values[:3]
    if kind not in KINDS:
        raise WrongKind(f"kind {kind}")
    index = values[3] if len(values) == 4 else None
    if (kind, index is not None) not in LIVES or not 0 <= (index or 0) <= MAX_UINT32:
        raise Unreadable("an index where none belongs, or none where one does")
    if colour not in COLOURS or not is_region(region):
        raise Unreadable("no such colour or region")
    return Statement(KINDS[kind], COLOURS[colour], region, index)


KINDS: Mapping[int, Kind] = MappingProxyType({int(kind): kind for kind in Kind})
COLOURS: Mapping[int, TokenColour] = MappingProxyType({int(colour): colour for colour in TokenColour})
