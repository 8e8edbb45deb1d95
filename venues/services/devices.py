"""Keys of the machines at gates: given once, kept as a digest, taken back at once (N4.1)."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from healthcode.models import Account
from healthcode.services.audit import record_act
from healthcode.services.errors import Refused
from venues.access import check_can_issue_device
from venues.models import Device, Venue

_SEEN_EVERY = timedelta(minutes=1)
_NOBODY = hashlib.sha256(b"").digest()


class IssuedKey(NamedTuple):
    """A device and its key, which is never to be had again: ``<id>.<secret>``, sent as ``Authorization: Bearer``."""

    device: Device
    key: str


def issue_device(*, by: Account | None, venue: Venue, name: str, at: datetime) -> IssuedKey:
    """Make a device at a venue and give it a key.

    Raises ``NotPermitted``, and ``Refused``: ``device_name_required``, ``device_name_taken``, ``venue_closed``.
    """
    check_can_issue_device(by, venue)
    if not venue.is_open(at):
        raise Refused("venue_closed")
    if not name.strip():
        raise Refused("device_name_required")
    secret, digest = _new_secret()
    try:
        with transaction.atomic():
            device = Device.objects.create(venue=venue, name=name.strip(), key_digest=digest, made_at=at)
            record_act(by=by, at=at, action="issue_device", device=str(device.public_id), venue=str(venue.public_id))
    except IntegrityError as error:
        raise Refused("device_name_taken", name) from error
    return IssuedKey(device, f"{device.public_id.hex}.{secret}")


@transaction.atomic
def renew_device_key(*, by: Account | None, device: Device, at: datetime) -> IssuedKey:
    """Give a device a new key; the old one ends, and a suspension with it. Raises ``NotPermitted``."""
    found = Device.objects.select_for_update(of=("self",)).select_related("venue").get(pk=device.pk)
    check_can_issue_device(by, found.venue)
    secret, found.key_digest = _new_secret()
    found.suspended_at = None
    found.save(update_fields=["key_digest", "suspended_at"])
    record_act(by=by, at=at, action="renew_device_key", device=str(found.public_id))
    return IssuedKey(found, f"{found.public_id.hex}.{secret}")


@transaction.atomic
def suspend_device(*, by: Account | None, device: Device, at: datetime) -> Device:
    """Let a device's key count no more from now on; one that is suspended stays so. Raises ``NotPermitted``."""
    found = Device.objects.select_for_update(of=("self",)).select_related("venue").get(pk=device.pk)
    check_can_issue_device(by, found.venue)
    if found.suspended_at is None:
        found.suspended_at = max(at, found.made_at)
        found.save(update_fields=["suspended_at"])
        record_act(by=by, at=at, action="suspend_device", device=str(found.public_id))
    return found


def device_of_key(key: str) -> Device | None:
    """Return the device, with its venue, whose key this is; None for any other text. A suspended one is returned too.

    The secret's digest is compared in constant time, and also when there is no such device.
    """
    name, _dot, secret = key.partition(".")
    try:
        public_id = UUID(hex=name)
    except ValueError:
        return None
    device = Device.objects.select_related("venue").filter(public_id=public_id).first()
    digest = hashlib.sha256(secret.encode("utf-8", "replace")).digest()
    matches = hmac.compare_digest(digest, bytes(device.key_digest) if device else _NOBODY)
    return device if matches else None


def note_device_seen(*, by: Device, at: datetime) -> None:
    """Note that a device has called, once a minute at most: a turnstile's every scan would else write its row."""
    if by.last_seen_at is not None and at - by.last_seen_at < _SEEN_EVERY:
        return
    unseen = Q(last_seen_at__isnull=True) | Q(last_seen_at__lt=at - _SEEN_EVERY)
    Device.objects.filter(unseen, pk=by.pk).update(last_seen_at=at)


def _new_secret() -> tuple[str, bytes]:
    secret = secrets.token_urlsafe(32)
    return secret, hashlib.sha256(secret.encode()).digest()
