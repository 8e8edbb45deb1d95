"""Who calls: the key of a device, and how often it calls."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from venues.access import can_scan_by_itself
from venues.models import Device
from venues.services.devices import device_of_key, note_device_seen
from venues.words import request_sentence

SCHEME = "Bearer"


class ByDeviceKey(BaseAuthentication):
    """Let in a device by ``Authorization: Bearer <key>``; ``request.auth`` is the device."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Device] | None:
        """Return the device, or None when no key was sent; raise 401 for a wrong, suspended or homeless one."""
        scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() != SCHEME.casefold():
            return None
        at = timezone.now()
        device = device_of_key(key.strip())
        if device is None or not can_scan_by_itself(device, at):
            raise AuthenticationFailed(request_sentence("bad_key"), "bad_key")
        note_device_seen(by=device, at=at)
        return AnonymousUser(), device

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return SCHEME


def device_of(request: Request) -> Device | None:
    """Return the device that sent a request, or None."""
    auth: object = request.auth
    return auth if isinstance(auth, Device) else None


class FromDevice(BasePermission):
    """Let nobody in without a device's key, whoever signed in with a browser."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether a device calls."""
        return device_of(request) is not None


class PerDevice(SimpleRateThrottle):
    """Counts the requests of each device. A broken turnstile must not take the gates of the province with it."""

    scope = "device"

    def get_rate(self) -> str:
        """Return the rate of the settings."""
        return str(settings.DEVICE_RATE)

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Return under which key the device's requests are counted."""
        device = device_of(request)
        return f"device-rate:{device.pk}" if device else None


class DeviceScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself, untyped
    """How the description of the interface names the key."""

    target_class = ByDeviceKey
    name = "device"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        return {
            "type": "http",
            "scheme": SCHEME.lower(),
            "description": gettext("The key of a device, given once by the office that answers for the venue."),
        }
