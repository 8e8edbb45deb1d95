"""The sealed reference of a code (its cti): who it stands for, readable to the server alone.

One AES-256 block. Under the key, from the left: 24 zero bits | person 48 | iat 32 | kind 8 | counter 16.
A block cipher on distinct blocks is a permutation, so codes of one person look unrelated as long as
no two have the same second, kind and counter: take a random or running counter. The zero bits and the
kind tell a block of another key apart (one in 500 million passes; check iat against the code as well).
"""

import threading
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from healthcode.domain.tokens.claims import CTI_BYTES, KINDS, Kind
from healthcode.domain.tokens.errors import ForeignReference, MalformedKey

KEY_BYTES = 32
_PERSON, _IAT, _COUNTER = 1 << 48, 1 << 32, 1 << 16


class Reference(NamedTuple):
    """What a cti holds. `person_ref` below 2**48, `iat` in seconds, `counter` below 65,536."""

    person_ref: int
    iat: int
    kind: Kind
    counter: int


class ReferenceKey:
    """A server's sealing key of 32 bytes; raises `MalformedKey` for any other length.

    The cipher contexts are kept, one pair a thread: making one costs more than the block. ECB of single
    blocks is the bare permutation, nothing is chained, so a kept context has no state to leak.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise MalformedKey("a reference key has 32 bytes")
        self._contexts = _Contexts(Cipher(algorithms.AES(secret), modes.ECB()))  # noqa: S305

    def encrypt(self, block: bytes) -> bytes:
        """Give the image of one block of 16 bytes."""
        return self._contexts.encryptor.update(block)

    def decrypt(self, block: bytes) -> bytes:
        """Give the block of 16 bytes back."""
        return self._contexts.decryptor.update(block)


class _Contexts(threading.local):
    def __init__(self, cipher: Cipher[modes.ECB]) -> None:
        self.encryptor = cipher.encryptor()
        self.decryptor = cipher.decryptor()


def seal_reference(key: ReferenceKey, reference: Reference) -> bytes:
    """Give the cti of a reference: 16 bytes. Raises `ValueError` for a field past its width."""
    person_ref, iat, kind, counter = reference
    if not (0 <= person_ref < _PERSON and 0 <= iat < _IAT and 0 <= counter < _COUNTER):
        raise ValueError("a field of the reference is past its width")
    block = person_ref << 56 | iat << 24 | kind << 16 | counter
    return key.encrypt(block.to_bytes(CTI_BYTES, "big"))


def open_reference(key: ReferenceKey, cti: bytes) -> Reference:
    """Give what a cti of ours holds; raises `ForeignReference` for a block this key did not seal."""
    if len(cti) != CTI_BYTES:
        raise ForeignReference("a reference has 16 bytes")
    block = int.from_bytes(key.decrypt(cti), "big")
    kind = KINDS.get(block >> 16 & 0xFF)
    if block >> 104 or kind is None:
        raise ForeignReference("not sealed under this key")
    return Reference(block >> 56, block >> 24 & _IAT - 1, kind, block & _COUNTER - 1)
