"""Signatures and COSE_Sign1 against RFC 6979, RFC 8392 and RFC 9052."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from healthcode.domain.tokens import Unreadable, cbor, cose
from tests.healthcode.token_kit import private_key

# RFC 6979, A.2.5: P-256 with SHA-256.
RFC6979_KEY = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
RFC6979 = {
    b"sample": "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    b"test": "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
    "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
}

# RFC 8392, A.2.3 (key) and A.3 (signed CWT).
RFC8392_X = 0x143329CCE7868E416927599CF65A34F3CE2FFDA55A7ECA69ED8919A394D42F0F
RFC8392_Y = 0x60F7F1A780D8A783BFB7A2DD6B2796E8128DBBCEF9D3D168DB9529971A36E7B9
RFC8392_CWT = bytes.fromhex(
    "d28443a10126a104524173796d6d657472696345434453413235365850a70175636f61703a2f2f61732e6578616d706c"
    "652e636f6d02656572696b77037818636f61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0051a56"
    "10d9f0061a5610d9f007420b7158405427c1ff28d23fbad1f29c4c7c6a555e601d6fa29f9179bc3d7438bacaca5acd08"
    "c8d4d4f96131680c429a01f85951ecee743a52b9b63632c57209120e1c9e30"
)


@pytest.mark.parametrize("message", RFC6979)
def test_signatures_are_those_of_rfc_6979(message: bytes) -> None:
    key = ec.derive_private_key(RFC6979_KEY, ec.SECP256R1())
    assert cose.sign_es256(key, message).hex().upper() == RFC6979[message]


def test_short_numbers_are_padded_to_32_bytes() -> None:
    key = private_key(3)
    for number in range(600):
        signature = cose.sign_es256(key, str(number).encode())
        assert len(signature) == 64
        assert cose.holds_es256(key.public_key(), signature, str(number).encode())


@pytest.mark.parametrize(
    "change", [lambda s: s[:-1], lambda s: s + b"\0", lambda s: b"", lambda s: bytes(64), lambda s: b"\xff" * 64]
)
def test_a_signature_of_any_other_shape_does_not_hold(change: object) -> None:
    key = private_key(3)
    signature = cose.sign_es256(key, b"m")
    assert callable(change)
    assert not cose.holds_es256(key.public_key(), change(signature), b"m")


def test_the_signed_cwt_of_rfc_8392_is_read_and_holds() -> None:
    key = ec.EllipticCurvePublicNumbers(RFC8392_X, RFC8392_Y, ec.SECP256R1()).public_key()
    found = cose.read_sign1(RFC8392_CWT)
    assert cbor.decode(found.protected) == {1: cose.ES256}
    assert found.unprotected == {4: b"AsymmetricECDSA256"}
    assert cbor.decode(found.payload)[4] == 1444064944
    assert cose.holds_es256(key, found.signature, cose.to_be_signed(found.protected, found.payload))


@pytest.mark.parametrize(
    "data",
    [b"", b"\xd2", b"\xd2\x80", b"\x84\x40\xa0\x40\x40", b"\xd1\x84\x40\xa0\x40\x40", b"\xd2\x83\x40\xa0\x40",
     b"\xd2\x84\x40\xa0\xf6\x40", b"\xd2\x84\xa0\xa0\x40\x40", b"\xd2\x84\x40\x80\x40\x40", b"\xd2\x84\x40\xa0\x40\x60",
     b"\xd2\xa0", b"\xd2\xd2\x84\x40\xa0\x40\x40", b"\xd8\x12\x84\x40\xa0\x40\x40"],
)  # fmt: skip
def test_what_is_no_sign1(data: bytes) -> None:
    with pytest.raises(Unreadable):
        cose.read_sign1(data)
