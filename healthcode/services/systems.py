"""Systems of the departments: the keys they sign with, and each signed request taken once (N3.2, N4.1)."""

import secrets
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction

from healthcode.access import check_can_keep_keys
from healthcode.domain.signatures import InvalidKey, SignedRequest, read_public_key, verify_request
from healthcode.models import Account, Delivery, Source, SystemKey
from healthcode.models.feeds import KEPT_DAYS
from healthcode.services.audit import record_act
from healthcode.services.errors import Refused

# How long the key before goes on after a new one is registered: time to change over without losing a row.
OVERLAP = timedelta(days=7)


@transaction.atomic
def register_key(*, by: Account, source: Source, label: str, public_key: str, at: datetime) -> SystemKey:
    """Register the public key (PEM or base64, Ed25519) of a system of ``source`` and return it with its id.

    Raises ``NotPermitted``; ``Refused``: ``invalid_key``, ``key_known`` (registered before, even if revoked).
    """
    check_can_keep_keys(by)
    made = _new_key(by, source, label, public_key, at)
    record_act(by=by, at=at, action="register_key", source=source.code, key=made.key_id)
    return made


@transaction.atomic
def rotate_key(*, by: Account, key: SystemKey, public_key: str, at: datetime) -> SystemKey:
    """Register the successor of a key; the old one goes on for ``OVERLAP``. Raises as ``register_key``.

    ``Refused``: ``key_ended`` besides, when the key is revoked or has a successor already.
    """
    check_can_keep_keys(by)
    old = SystemKey.objects.select_for_update(of=("self",)).select_related("source").get(pk=key.pk)
    if old.revoked_at is not None or old.valid_until is not None:
        raise Refused("key_ended", old.key_id)
    made = _new_key(by, old.source, old.label, public_key, at)
    old.valid_until = at + OVERLAP
    old.save(update_fields=["valid_until"])
    record_act(by=by, at=at, action="rotate_key", source=old.source.code, key=made.key_id, before=old.key_id)
    return made


@transaction.atomic
def revoke_key(*, by: Account, key: SystemKey, reason: str, at: datetime) -> None:
    """End a key at once, for a reason. Raises ``NotPermitted``; ``Refused``: ``reason_required``, ``key_ended``."""
    check_can_keep_keys(by)
    if not reason.strip():
        raise Refused("reason_required")
    found = SystemKey.objects.select_for_update(of=("self",)).select_related("source").get(pk=key.pk)
    if found.revoked_at is not None:
        raise Refused("key_ended", found.key_id)
    found.revoked_at, found.revoked_by = at, by
    found.save(update_fields=["revoked_at", "revoked_by"])
    record_act(by=by, at=at, action="revoke_key", source=found.source.code, key=found.key_id, why=reason.strip())


def _new_key(by: Account, source: Source, label: str, public_key: str, at: datetime) -> SystemKey:
    try:
        raw = read_public_key(public_key)
    except InvalidKey as error:
        raise Refused("invalid_key", str(error)) from error
    if SystemKey.objects.filter(public_key=raw).exists():
        raise Refused("key_known")
    return SystemKey.objects.create(
        key_id=f"{source.code}-{secrets.token_hex(6)}",
        source=source,
        public_key=raw,
        label=label,
        valid_from=at,
        registered_by=by,
    )


def open_delivery(*, request: SignedRequest, at: datetime) -> Delivery:
    """Take a signed request and write it down, so that it is never taken again; return it with its key and source.

    Raises ``BadSignature``; ``Refused``: ``replayed`` (this nonce was used with this key).
    """
    signer = verify_request(request, partial(_usable_key, at), at)
    key = SystemKey.objects.select_related("source").get(key_id=signer.key_id)
    try:
        with transaction.atomic():
            return Delivery.objects.create(key=key, source=key.source, nonce=signer.nonce, received_at=at)
    except IntegrityError as error:
        raise Refused("replayed", signer.key_id) from error


def _usable_key(at: datetime, key_id: str) -> bytes | None:
    raw = SystemKey.objects.usable(at).filter(key_id=key_id).values_list("public_key", flat=True).first()
    return None if raw is None else bytes(raw)


@transaction.atomic
def destroy_deliveries(*, by: Account | None, at: datetime) -> int:
    """Destroy what is noted of deliveries older than 90 days; return how many. Their signatures died after minutes."""
    destroyed, _of = Delivery.objects.filter(received_at__lt=at - timedelta(days=KEPT_DAYS)).delete()
    if destroyed:
        record_act(by=by, at=at, action="destroy_deliveries", deliveries=destroyed)
    return destroyed
