"""Signing keys of codes, the publisher's key, and the status lists. Private halves are in custody (sealed, or away)."""

from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.db import models
from django.db.models import F, Q

from healthcode.domain.tokens import KeyState, Kind, VerifyingKey
from healthcode.models.fields import append_only, one_of, word_field


class StatusList(models.Model):
    """One bit for each code that can be taken back. A code's index is given once, its bit set once.

    ``next_index`` is how many were given, ``version`` how many bits are set: a slice of changes is what lies between
    two versions.
    """

    list_id = models.CharField(max_length=32, unique=True)
    next_index = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(next_index__gte=0, version__gte=0), name="statuslist_counts"),
            models.CheckConstraint(condition=Q(changed_at__gte=F("opened_at")), name="statuslist_changed_later"),
        ]

    def __str__(self) -> str:
        return self.list_id


class StatusBit(models.Model):
    """A bit that is set: the code of this index is revoked. ``number`` counts the bits of a list in their order."""

    status_list = models.ForeignKey(StatusList, on_delete=models.PROTECT, related_name="bits_set")
    index = models.BigIntegerField()
    number = models.BigIntegerField()
    revoked_at = models.DateTimeField()

    class Meta:
        triggers: ClassVar = append_only()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["status_list", "index"], name="statusbit_once"),
            models.UniqueConstraint(fields=["status_list", "number"], name="statusbit_number"),
            models.CheckConstraint(condition=Q(index__gte=0, number__gte=1), name="statusbit_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.status_list_id}/{self.index}"


class CodeKey(models.Model):
    """One key: what it may sign (``scope``, kinds of code), when, and where it stands.

    ``private_sealed`` is what its custody finds the private half by; empty once it will never sign again.
    """

    kid = models.BinaryField(max_length=4)
    issuer = models.CharField(max_length=32)
    scope = models.JSONField()
    state = word_field(KeyState)
    public_der = models.BinaryField(unique=True)
    private_sealed = models.BinaryField()
    status_list = models.ForeignKey(StatusList, on_delete=models.PROTECT, null=True, related_name="keys")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    made_at = models.DateTimeField()
    signs_from = models.DateTimeField(null=True)
    signed_until = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey("healthcode.Account", on_delete=models.PROTECT, null=True, related_name="+")
    withdrawal_reason = models.CharField(max_length=256, blank=True)

    class Meta:
        permissions: ClassVar = [("withdraw_codekey", "Can withdraw code key")]
        constraints: ClassVar = [
            one_of("state", KeyState),
            models.UniqueConstraint(
                fields=["scope"], condition=Q(state=KeyState.SIGNING.value), name="codekey_one_signing_per_scope"
            ),
            models.UniqueConstraint(
                fields=["scope"], condition=Q(state=KeyState.STAGED.value), name="codekey_one_staged_per_scope"
            ),
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="codekey_from_until"),
            models.CheckConstraint(
                condition=Q(state=KeyState.WITHDRAWN.value, withdrawn_at__isnull=False) & ~Q(withdrawal_reason="")
                | ~Q(state=KeyState.WITHDRAWN.value) & Q(withdrawn_at__isnull=True),
                name="codekey_withdrawn_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return bytes(self.kid).hex()

    def verifying(self) -> VerifyingKey:
        """Return the public record; its status list's name takes a query unless it was selected with the row."""
        return VerifyingKey(
            public_key_of(self.public_der),
            issuer=self.issuer,
            scope=frozenset(Kind(number) for number in self.scope),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            state=KeyState(self.state),
            kid=bytes(self.kid),
            status_list=self.status_list.list_id if self.status_list else "",
        )


class PublisherKey(models.Model):
    """The key that signs what is published. Without a certificate of the root it signs nothing."""

    kid = models.CharField(max_length=64, unique=True)
    public_der = models.BinaryField(unique=True)
    private_sealed = models.BinaryField()
    made_at = models.DateTimeField()
    certificate = models.TextField(blank=True)
    certified_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(certificate="", certified_at__isnull=True, valid_until__isnull=True)
                | ~Q(certificate="")
                & Q(certified_at__isnull=False, valid_until__isnull=False, valid_until__gt=F("certified_at")),
                name="publisherkey_certified",
            )
        ]

    def __str__(self) -> str:
        return self.kid


def public_key_of(der: bytes | memoryview) -> ec.EllipticCurvePublicKey:
    """Return the stored public key; raise ``TypeError`` for one of another sort."""
    public = load_der_public_key(bytes(der))
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise TypeError("the stored key is no elliptic curve key")
    return public
