"""EU certificates of our own making, and the EU's test data held against each step of the reader."""

import base64
import json
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from healthcode.domain.foreign import ForeignError, IssuerKey, dcc, read_keys
from healthcode.domain.foreign.shape import check_certificate
from healthcode.domain.photos import read_photo
from healthcode.domain.tokens import base45, cose

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "eu_dcc"
NOON = datetime(2020, 7, 8, 4, tzinfo=UTC)
DAY = timedelta(days=1)
SPAN = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
TEST_PURPOSE, VACCINATION_PURPOSE = "1.3.6.1.4.1.1847.2021.1.1", "1.3.6.1.4.1.1847.2021.1.2"
Entry = dict[str, Any]

_ISSUED: Entry = {"tg": "840539006", "co": "SE", "is": "Folkhälsomyndigheten", "ci": "URN:UVCI:01:SE:TEST#A"}
TEST: Entry = {**_ISSUED, "tt": "LP6464-4", "sc": "2020-07-07T08:00:00+02:00", "tr": "260415000", "tc": "Arlanda"}
VACCINATION: Entry = {
    **_ISSUED,
    **{"vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dn": 2, "sd": 2, "dt": "2020-06-18"},
}
RECOVERY: Entry = {**_ISSUED, "fr": "2020-02-20", "df": "2020-04-04", "du": "2020-10-04"}
HOLDER = {"fn": "Åström", "fnt": "AASTROEM", "gn": "Anna-Lena", "gnt": "ANNA<LENA"}


def certificate(entry: Entry = TEST, sort: str = "t", **changed: Any) -> Entry:
    """Return a certificate with one entry."""
    return {"ver": "1.3.0", "nam": HOLDER, "dob": "1985-03-02", sort: [entry], **changed}


class Authority(NamedTuple):
    """An issuer of the EU's kind, with its certificate."""

    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    pem: str
    key: IssuerKey

    def sign(self, found: Entry, *, at: datetime = NOON, life: timedelta = 30 * DAY) -> str:
        """Return the text of a certificate."""
        said: dict[Any, Any] = {1: "SE", 4: int((at + life).timestamp()), 6: int(at.timestamp()), -260: {1: found}}
        return self.wrap(cbor2.dumps({1: self.key.algorithm.cose, 4: self.key.kid}), cbor2.dumps(said))

    def wrap(self, protected: bytes, payload: bytes) -> str:
        """Sign bytes as they are."""
        message = cose.to_be_signed(protected, payload)
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            signature = cose.sign_es256(self.private, message)
        else:
            pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
            signature = self.private.sign(message, pss, hashes.SHA256())
        data = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature]))
        return dcc.PREFIX + base45.encode(zlib.compress(data))


def authority(
    *purposes: str, private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None, at: datetime = NOON
) -> Authority:
    """Return an issuer whose certificate names these purposes."""
    private = private or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "SE")])
    builder = x509.CertificateBuilder(name, name, private.public_key(), 7, at - 300 * DAY, at + 300 * DAY)
    if purposes:
        usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier(one) for one in purposes])
        builder = builder.add_extension(usage, critical=False)
    pem = builder.sign(private, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    return Authority(private, pem, read_keys(pem, valid_from=SPAN[0], valid_until=SPAN[1])[0])


# --- the EU's files ---------------------------------------------------------------------------------------


class Sample(NamedTuple):
    """One file of the EU's test data."""

    name: str
    data: Mapping[str, Any]

    @property
    def key(self) -> IssuerKey:
        """Return the key of the file's certificate."""
        return read_keys(self.data["TESTCTX"]["CERTIFICATE"], valid_from=SPAN[0], valid_until=SPAN[1])[0]

    @property
    def at(self) -> datetime:
        """Return the clock of the file."""
        return datetime.fromisoformat(self.data["TESTCTX"]["VALIDATIONCLOCK"])

    @property
    def compressed(self) -> bytes:
        """Return the bytes behind the base45."""
        return dcc.decode_base45(dcc.unprefix(self.data["PREFIX"]))

    @property
    def sign1(self) -> dcc.Sign1:
        """Return the signed part."""
        return dcc.read_cose(dcc.inflate(self.compressed))

    @property
    def cwt(self) -> dcc.Cwt:
        """Return the claims."""
        return dcc.read_cwt(self.sign1.payload)


def samples() -> list[Sample]:
    """Return the EU's files; none where they are not at hand."""
    return [Sample(path.stem, json.loads(path.read_text("utf-8"))) for path in sorted(DATA.glob("*.json"))]


def _decodes(sample: Sample) -> bool:
    return bool(plain(sample.cwt.certificate) == sample.data["JSON"])


def _verifies(sample: Sample) -> bool:
    # The clock of some files lies outside of their certificate; here the signature alone is asked for.
    return dcc.find_key(sample.sign1, [sample.key], sample.key.valid_from) is not None


def _picture(sample: Sample) -> bool:
    picture = sample.data.get("2DCODE")
    return picture is None or read_photo(base64.b64decode(picture)) == sample.data["PREFIX"]


def _in_time(sample: Sample) -> bool:
    dcc.check_time(sample.cwt, sample.at)
    return True


def _key_is_for_it(sample: Sample) -> bool:
    dcc.check_use(sample.key, check_certificate(sample.cwt.certificate))
    return True


STEPS: Mapping[str, Callable[[Sample], bool]] = {
    "EXPECTEDPICTUREDECODE": _picture,
    "EXPECTEDUNPREFIX": lambda sample: bool(dcc.unprefix(sample.data["PREFIX"])),
    "EXPECTEDB45DECODE": lambda sample: bool(sample.compressed),
    "EXPECTEDCOMPRESSION": lambda sample: bool(dcc.inflate(sample.compressed)),
    "EXPECTEDVERIFY": _verifies,
    "EXPECTEDDECODE": _decodes,
    "EXPECTEDVALIDJSON": _decodes,
    "EXPECTEDSCHEMAVALIDATION": lambda sample: bool(check_certificate(sample.cwt.certificate)),
    "EXPECTEDEXPIRATIONCHECK": _in_time,
    "EXPECTEDKEYUSAGE": _key_is_for_it,
}


def meets(sample: Sample, step: str) -> bool:
    """Tell whether a step holds for a file."""
    try:
        return STEPS[step](sample)
    except ForeignError:
        return False


def plain(value: Any) -> Any:
    """Return maps and lists as JSON has them."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value
