"""``make_publisher``: on the server, make the key that signs what is published, for the root to certify."""

import json
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from healthcode.domain.tokens.jose import public_jwk
from healthcode.models.keys import public_key_of
from healthcode.services.publishing import make_publisher


class Command(BaseCommand):
    """Make a publisher's key and print its public half."""

    help = "Make a publisher's key; prints its public JWK, to be carried to the root and given to sign_publisher."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and print the JWK."""
        row = make_publisher(by=None, at=timezone.now())
        self.stdout.write(json.dumps({**public_jwk(public_key_of(row.public_der)), "kid": row.kid}))
