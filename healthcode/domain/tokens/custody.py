"""Where private keys are kept: a Protocol, so that a device can take the place of the sealed column."""

from typing import NamedTuple, Protocol

from cryptography.hazmat.primitives.asymmetric import ec

from healthcode.domain.tokens.cose import Signer


class CustodyDown(Exception):
    """The private key could not be reached or opened; nothing is signed. ``str()`` says which and why."""

    code = "custody_down"


class Kept(NamedTuple):
    """A key that was made: its public half, and under what its private half is found again (at most 4 KB)."""

    public_key: ec.EllipticCurvePublicKey
    reference: bytes


class KeyCustody(Protocol):
    """Makes P-256 keys and keeps their private halves. ``label`` is what a key is for; it is part of the seal."""

    def make(self, label: str) -> Kept:
        """Make a key. Raises `CustodyDown`."""
        ...

    def open(self, reference: bytes, label: str) -> Signer:
        """Give the private key, or what signs in its place. Raises `CustodyDown`."""
        ...

    def destroy(self, reference: bytes) -> None:
        """Forget the private half; one that is gone already is no error."""
        ...
