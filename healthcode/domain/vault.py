"""Sealing personal data and finding it again: AES-256-GCM and a keyed blind index (N4.2).

A sealed value is ``version | key id | nonce | ciphertext``. The label of the field is authenticated with it, so a
value copied into another column does not open.
"""

import hashlib
import hmac
import os
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"\x01"
_KEY_ID, _NONCE = 4, 12
_HEAD = len(_VERSION) + _KEY_ID + _NONCE


class SealBroken(ValueError):
    """The value does not open: wrong key, wrong field, or altered."""

    code = "seal_broken"


def key_from_text(text: str) -> bytes:
    """Return the 32 bytes of a base64url key; raise ``ValueError`` when it is of another size."""
    key = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(key) != 32:
        raise ValueError(f"expected a key of 32 bytes, got {len(key)}")
    return key


def key_id(key: bytes) -> bytes:
    """Return the 4 bytes that name a data key in what it sealed."""
    return hashlib.sha256(b"healthcode data key" + key).digest()[:_KEY_ID]


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals with the newest data key, opens with any; indexes with the index key."""

    newest: bytes
    ciphers: Mapping[bytes, AESGCM]
    index_key: bytes

    @classmethod
    def of(cls, data_keys: tuple[bytes, ...], index_key: bytes) -> "Vault":
        """Return the vault of the data keys, newest first."""
        ciphers = {key_id(key): AESGCM(key) for key in data_keys}
        return cls(key_id(data_keys[0]), ciphers, index_key)

    def seal(self, text: str, label: str) -> bytes:
        """Return ``text`` sealed for the field ``label``."""
        nonce = os.urandom(_NONCE)
        sealed = self.ciphers[self.newest].encrypt(nonce, text.encode(), label.encode())
        return _VERSION + self.newest + nonce + sealed

    def open(self, sealed: bytes | memoryview, label: str) -> str:
        """Return the text sealed for ``label``; raise ``SealBroken``."""
        data = bytes(sealed)
        cipher = self.ciphers.get(data[1 : 1 + _KEY_ID])
        if data[:1] != _VERSION or cipher is None or len(data) < _HEAD:
            raise SealBroken(f"{label}: sealed in another form or with a key that is not here")
        try:
            return cipher.decrypt(data[1 + _KEY_ID : _HEAD], data[_HEAD:], label.encode()).decode()
        except InvalidTag as error:
            raise SealBroken(f"{label}: altered, or sealed for another field") from error

    def index(self, text: str, label: str) -> bytes:
        """Return the 32-byte blind index of a normalised value: equal values, equal indexes, nothing more."""
        return hmac.digest(self.index_key, label.encode() + b"\0" + text.encode(), "sha256")
