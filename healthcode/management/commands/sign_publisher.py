"""``sign_publisher``: on the root's machine, certify a publisher's key. Needs neither database nor network."""

import json
import os
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from healthcode.domain.tokens import BadDocument, MalformedKey
from healthcode.domain.tokens.documents import CERTIFICATE_LIFE, certify
from healthcode.domain.tokens.jose import key_of_jwk


class Command(BaseCommand):
    """Print a publisher's certificate."""

    help = (
        "Sign the public JWK that make_publisher printed; prints the certificate, for install_publisher. The root's "
        "passphrase is read from the environment variable ROOT_PASSPHRASE."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the publisher's JWK, the root's file, the issuer and the life."""
        parser.add_argument("jwk", type=Path, help="file with the public JWK")
        parser.add_argument("--root", type=Path, required=True, help="the root's private key, PEM")
        parser.add_argument("--issuer", default="zj")
        parser.add_argument("--days", type=int, default=CERTIFICATE_LIFE.days, help="life in days, 365 at most")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and print the certificate."""
        root = _root(options["root"])
        try:
            public_key = key_of_jwk(json.loads(options["jwk"].read_text(encoding="utf-8")))
            life = timedelta(days=options["days"])
            issuer, at = options["issuer"], timezone.now()
            certificate = certify(root=root, public_key=public_key, issuer=issuer, at=at, life=life)
        except (MalformedKey, BadDocument, OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(certificate)


def _root(path: Path) -> ec.EllipticCurvePrivateKey:
    passphrase = os.environ.get("ROOT_PASSPHRASE")
    try:
        root = load_pem_private_key(path.read_bytes(), password=passphrase.encode() if passphrase else None)
    except (OSError, ValueError, TypeError) as error:
        raise CommandError(f"{path}: {error}") from error
    if not isinstance(root, ec.EllipticCurvePrivateKey) or not isinstance(root.curve, ec.SECP256R1):
        raise CommandError(f"{path} holds no P-256 key")
    return root
