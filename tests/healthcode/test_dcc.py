"""EU certificates: the EU's own test data, certificates of our making, and whatever else may be shown."""

import zlib
from datetime import timedelta

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import example, given
from hypothesis import strategies as st

from healthcode.domain.foreign import CertificateKind, Fault, ForeignError, IssuerKey, dcc, keys_as_data, keys_from_data
from healthcode.domain.tokens import base45
from tests.healthcode.dcc_kit import (
    DATA,
    HOLDER,
    NOON,
    RECOVERY,
    STEPS,
    TEST,
    TEST_PURPOSE,
    VACCINATION,
    VACCINATION_PURPOSE,
    Entry,
    Sample,
    authority,
    certificate,
    meets,
    samples,
)

EU_DATA = samples()
AUTHORITY = authority()


def fault(text: str, *keys: IssuerKey) -> Fault:
    """Return why a text is not taken."""
    with pytest.raises(ForeignError) as caught:
        dcc.read_dcc(text, keys=keys or [AUTHORITY.key], at=NOON)
    return caught.value.code


@pytest.mark.skipif(not EU_DATA, reason=f"the EU's test data are not at {DATA.name}")
def test_the_eu_data_are_there_in_number() -> None:
    assert len(EU_DATA) >= 40
    expected = {step for sample in EU_DATA for step in sample.data["EXPECTEDRESULTS"]}
    assert expected == set(STEPS)


@pytest.mark.skipif(not EU_DATA, reason="the EU's test data are not at hand")
@pytest.mark.parametrize("sample", EU_DATA, ids=lambda sample: sample.name)
def test_every_expected_result_of_the_eu_is_met(sample: Sample) -> None:
    expected = sample.data["EXPECTEDRESULTS"]
    assert {step: meets(sample, step) for step in expected} == expected


@pytest.mark.parametrize(
    ("entry", "sort", "kind"),
    [
        (TEST, "t", CertificateKind.TEST),
        (VACCINATION, "v", CertificateKind.VACCINATION),
        (RECOVERY, "r", CertificateKind.RECOVERY),
    ],
)
def test_each_sort_is_read(entry: Entry, sort: str, kind: CertificateKind) -> None:
    found = dcc.read_dcc(AUTHORITY.sign(certificate(entry, sort)), keys=[AUTHORITY.key], at=NOON)
    assert (found.kind, dict(found.names), dict(found.entry)) == (kind, HOLDER, entry)


def test_rsa_signatures_are_read() -> None:
    issuer = authority(private=rsa.generate_private_key(65537, 2048))
    text = issuer.sign(certificate())
    assert issuer.key.algorithm == "PS256"
    assert dcc.read_dcc(text, keys=[issuer.key], at=NOON).kind is CertificateKind.TEST


def test_another_key_of_the_same_kid_is_tried() -> None:
    other = authority().key
    same_kid = IssuerKey(AUTHORITY.key.kid, other.public_key, other.valid_from, other.valid_until)
    assert dcc.read_dcc(AUTHORITY.sign(certificate()), keys=[same_kid, AUTHORITY.key], at=NOON).key is AUTHORITY.key
    assert fault(AUTHORITY.sign(certificate()), same_kid) is Fault.NOT_GENUINE


def test_the_algorithm_is_the_keys_and_not_the_headers() -> None:
    text = AUTHORITY.wrap(cbor2.dumps({1: -37, 4: AUTHORITY.key.kid}), b"\xa0")
    assert fault(text) is Fault.NOT_GENUINE


def test_a_key_for_vaccinations_signs_no_test() -> None:
    issuer = authority(VACCINATION_PURPOSE)
    assert fault(issuer.sign(certificate()), issuer.key) is Fault.WRONG_KEY_USE
    issuer = authority(TEST_PURPOSE, VACCINATION_PURPOSE)
    assert dcc.read_dcc(issuer.sign(certificate()), keys=[issuer.key], at=NOON)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Fault.WRONG_PREFIX),
        ("HC2:NCF", Fault.WRONG_PREFIX),
        ("HC1:" + "A" * 5000, Fault.TOO_LONG),
        ("HC1:é", Fault.NOT_BASE45),
        ("HC1:" + base45.encode(b"plain"), Fault.NOT_COMPRESSED),
        ("HC1:" + base45.encode(zlib.compress(b"\x00")), Fault.NOT_COSE),
        (authority().sign(certificate()), Fault.UNKNOWN_KEY),
        (AUTHORITY.sign(certificate(), at=NOON + timedelta(minutes=1)), Fault.NOT_YET_VALID),
        (AUTHORITY.sign(certificate(), at=NOON - timedelta(days=31)), Fault.EXPIRED),
    ],
    ids=[
        "nothing",
        "other prefix",
        "too long",
        "no base45",
        "not compressed",
        "no cose",
        "unknown key",
        "not yet valid",
        "expired",
    ],
)
def test_the_first_fault_names_the_reason(text: str, expected: Fault) -> None:
    assert fault(text) is expected


@pytest.mark.parametrize(
    "changed",
    [
        {"dob": None},
        {"dob": "02.03.1985"},
        {"ver": "1"},
        {"nam": {}},
        {"nam": {"fnt": "åström"}},
        {"nam": {"fnt": "A", "fn": 7}},
        {"v": [VACCINATION]},
        {"t": []},
        {"t": [TEST, TEST]},
        {"t": ["text"]},
        {"t": [{**TEST, "tg": "840539007"}]},
        {"t": [{**TEST, "co": "sweden"}]},
        {"t": [{**TEST, "tr": 260415000}]},
        {"t": [{**TEST, "sc": "yesterday"}]},
        {"t": [{**TEST, "sc": "2020-07-07T08:00:00"}]},
        {"t": [{**TEST, "ci": "A" * 300}]},
        {"t": None, "r": [{**RECOVERY, "fr": "in spring"}]},
        {"t": None, "v": [{**VACCINATION, "dn": "2"}]},
    ],
    ids=str,
)
def test_a_certificate_of_another_shape_is_none(changed: Entry) -> None:
    assert fault(AUTHORITY.sign(certificate(**changed))) is Fault.NOT_A_CERTIFICATE


def test_a_small_text_cannot_unpack_into_a_large_one() -> None:
    bomb = "HC1:" + base45.encode(zlib.compress(b"\x00" * 600_000, 9))
    assert len(bomb) < dcc.MAX_CHARACTERS
    assert fault(bomb) is Fault.NOT_COMPRESSED


def test_what_stands_behind_is_refused() -> None:
    packed = zlib.compress(cbor2.dumps([b"", {}, b"", b""]))
    assert fault("HC1:" + base45.encode(packed + b"more")) is Fault.NOT_COMPRESSED
    packed = zlib.compress(cbor2.dumps([b"", {}, b"", b""]) + b"\x00")
    assert fault("HC1:" + base45.encode(packed)) is Fault.NOT_COSE


@given(st.text() | st.binary().map(lambda data: "HC1:" + base45.encode(data)))
def test_nothing_but_our_error_whatever_the_text(text: str) -> None:
    with pytest.raises(ForeignError):
        dcc.read_dcc(text, keys=[AUTHORITY.key], at=NOON)


@given(st.binary())
@example(bytes.fromhex("d2845811" + "00" * 17))
@example(b"\x84\x40\xa1\x80\x00\x40\x40")
@example(bytes.fromhex("c0a1c08000"))
def test_nothing_but_our_error_whatever_is_packed(data: bytes) -> None:
    with pytest.raises(ForeignError):
        dcc.read_dcc("HC1:" + base45.encode(zlib.compress(data)), keys=[AUTHORITY.key], at=NOON)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(-300, 9) | st.text(max_size=3), inner),
    max_leaves=12,
)


@given(_VALUES)
def test_nothing_but_our_error_whatever_is_signed(payload: object) -> None:
    text = AUTHORITY.wrap(cbor2.dumps({1: -7, 4: AUTHORITY.key.kid}), cbor2.dumps(payload))
    assert fault(text) is Fault.NOT_CWT


@given(st.fixed_dictionaries({"ver": _VALUES, "dob": _VALUES, "nam": _VALUES, "t": _VALUES | st.lists(_VALUES)}))
def test_nothing_but_our_error_whatever_is_certified(found: Entry) -> None:
    # What CBOR itself can say in ways that we do not read (numbers past 64 bits) is refused a step earlier.
    assert fault(AUTHORITY.sign(found)) in (Fault.NOT_A_CERTIFICATE, Fault.NOT_CWT)


@given(st.data())
def test_no_changed_certificate_is_taken(data: st.DataObject) -> None:
    packed = zlib.decompress(base45.decode(TEXT[4:]))
    place = data.draw(st.integers(0, len(packed) - 1))
    changed = bytearray(packed)
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ForeignError):
        dcc.read_dcc("HC1:" + base45.encode(zlib.compress(bytes(changed))), keys=[AUTHORITY.key], at=NOON)


TEXT = AUTHORITY.sign(certificate())


def test_keys_are_kept_and_read_back() -> None:
    keys = [authority(TEST_PURPOSE).key, authority(private=rsa.generate_private_key(65537, 2048)).key]
    found = keys_from_data(keys_as_data(keys))
    assert [(k.kid, k.spki, k.purposes, k.algorithm) for k in found] == [
        (k.kid, k.spki, k.purposes, k.algorithm) for k in keys
    ]


def test_weak_keys_are_no_keys() -> None:
    for private in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 1024)):  # noqa: S505
        with pytest.raises(ForeignError, match="malformed_key"):
            authority(private=private)


def test_a_signature_that_names_no_key_is_of_nobody() -> None:
    assert fault(AUTHORITY.wrap(cbor2.dumps({1: -7}), b"\xa0")) is Fault.UNKNOWN_KEY
