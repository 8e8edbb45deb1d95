"""Custody of private keys: sealed in the column that names them, or in a folder of files that the database never sees.

A device (HSM) takes their place as another class with the same three methods, named in ``KEY_CUSTODY``.
"""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key
from django.conf import settings

from healthcode.domain.tokens import CustodyDown, Kept, Signer
from healthcode.domain.vault import SealBroken
from healthcode.models import vault


def _der(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _key_of(der: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        private = load_der_private_key(der, password=None)
    except ValueError as error:
        raise CustodyDown("what is kept is no private key") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise CustodyDown("what is kept is a key of another sort")
    return private


class SealedCustody:
    """A ``KeyCustody`` whose reference is the private key itself, sealed with the installation's data key."""

    def make(self, label: str) -> Kept:
        """Make a key; the reference is its seal."""
        private = ec.generate_private_key(ec.SECP256R1())
        return Kept(private.public_key(), vault().seal(_der(private).hex(), label))

    def open(self, reference: bytes, label: str) -> Signer:
        """Open the seal."""
        try:
            der = vault().open(reference, label)
        except SealBroken as error:
            raise CustodyDown(str(error)) from error
        return _key_of(bytes.fromhex(der))

    def destroy(self, reference: bytes) -> None:
        """Do nothing: the reference is all there is, and whoever held it lets it go."""


class FileCustody:
    """A ``KeyCustody`` with a file a key in ``KEY_FOLDER``, readable to the server's account alone.

    The folder is made by the operator, outside the database and its backups.
    """

    def __init__(self) -> None:
        self.folder = Path(settings.KEY_FOLDER)

    def make(self, label: str) -> Kept:
        """Make a key and its file; the reference is the file's name."""
        private = ec.generate_private_key(ec.SECP256R1())
        name = f"{label}-{secrets.token_hex(16)}"
        try:
            handle = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CustodyDown(f"no key can be written: {error.strerror}") from error
        with os.fdopen(handle, "wb") as file:
            file.write(_der(private))
            file.flush()
            os.fsync(file.fileno())
        return Kept(private.public_key(), name.encode("ascii"))

    def open(self, reference: bytes, label: str) -> Signer:
        """Read the file."""
        name = bytes(reference).decode("ascii", "replace")
        if not name.startswith(f"{label}-") or Path(name).name != name:
            raise CustodyDown("the key is kept elsewhere, or for something else")
        try:
            return _key_of((self.folder / name).read_bytes())
        except OSError as error:
            raise CustodyDown(f"{name} cannot be read: {error.strerror}") from error

    def destroy(self, reference: bytes) -> None:
        """Remove the file."""
        name = bytes(reference).decode("ascii", "replace")
        if name and Path(name).name == name:
            (self.folder / name).unlink(missing_ok=True)
