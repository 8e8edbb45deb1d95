"""``make_root``: on a machine without a network, make the root of all that is published. Needs no database."""

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from django.core.management.base import BaseCommand, CommandError

from healthcode.domain.tokens.jose import public_jwk


class Command(BaseCommand):
    """Make the root's key pair."""

    help = (
        "Make the root: FOLDER/root_key.pem, encrypted with the passphrase in the variable ROOT_PASSPHRASE, "
        "stays on this machine; FOLDER/root_public goes among the server's secrets."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder."""
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run; refuse to overwrite a root."""
        passphrase = os.environ.get("ROOT_PASSPHRASE", "")
        if len(passphrase) < 12:
            raise CommandError("ROOT_PASSPHRASE must hold a passphrase of at least 12 characters")
        private = ec.generate_private_key(ec.SECP256R1())
        sealed = BestAvailableEncryption(passphrase.encode())
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed)
        folder: Path = options["folder"]
        try:
            with open(os.open(folder / "root_key.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(pem)
        except OSError as error:
            raise CommandError(f"{folder / 'root_key.pem'}: {error.strerror}") from error
        (folder / "root_public").write_text(json.dumps(public_jwk(private.public_key())), encoding="ascii")
        self.stdout.write(f"{folder / 'root_key.pem'} and {folder / 'root_public'} were made")
