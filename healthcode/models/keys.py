"""Signing keys of codes. Private halves are sealed."""

from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key
from django.db import models
from django.db.models import F, Q

from healthcode.domain.tokens import KeyState, Kind, SigningKey, VerifyingKey
from healthcode.models.fields import one_of, word_field
from healthcode.models.vault import vault


class CodeKey(models.Model):
    """One key: what it may sign (``scope``, kinds of code), when, and where it stands."""

    kid = models.BinaryField(max_length=4)
    issuer = models.CharField(max_length=32)
    scope = models.JSONField()
    state = word_field(KeyState)
    public_der = models.BinaryField(unique=True)
    private_sealed = models.BinaryField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("state", KeyState),
            models.UniqueConstraint(
                fields=["scope"], condition=Q(state=KeyState.SIGNING.value), name="codekey_one_signing_per_scope"
            ),
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="codekey_from_until"),
        ]

    def __str__(self) -> str:
        return bytes(self.kid).hex()

    def verifying(self) -> VerifyingKey:
        """Return the public record."""
        public = load_der_public_key(bytes(self.public_der))
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise TypeError("the stored key is no elliptic curve key")
        return VerifyingKey(
            public,
            issuer=self.issuer,
            scope=frozenset(Kind(number) for number in self.scope),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            state=KeyState(self.state),
            kid=bytes(self.kid),
        )

    def signing(self) -> SigningKey:
        """Return the key with its private half opened."""
        der = bytes.fromhex(vault().open(self.private_sealed, "codekey.private"))
        private = load_der_private_key(der, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise TypeError("the stored key is no elliptic curve key")
        return SigningKey(private, self.verifying())
