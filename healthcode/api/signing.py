"""Who calls: the signature is read, its nonce is used up, and how often a department calls is counted."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig
from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from healthcode.domain.signatures import TAG, BadSignature, SignedRequest
from healthcode.models import Delivery
from healthcode.services.errors import Refused
from healthcode.services.systems import open_delivery
from healthcode.words.requests import request_sentence


class Conflict(APIException):
    """The request was taken before."""

    status_code = 409


class TooLarge(APIException):
    """More bytes or rows than one request may hold."""

    status_code = 413


class BySignature(BaseAuthentication):
    """Let in what a department's system signed just now and never sent before; ``request.auth`` is the delivery."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Delivery] | None:
        """Return the delivery; raise 401 for a bad signature, 409 for a replay, 413 for too large a body."""
        try:
            body = request.body
        except RequestDataTooBig as error:
            raise TooLarge(request_sentence("too_large"), "too_large") from error
        signed = SignedRequest(str(request.method), request.build_absolute_uri(), request.headers, body)
        try:
            return AnonymousUser(), open_delivery(request=signed, at=timezone.now())
        except BadSignature as error:
            raise AuthenticationFailed(f"{request_sentence(error.code)} ({error})", error.code) from error
        except Refused as error:
            raise Conflict(request_sentence(error.code), error.code) from error

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return f'Signature tag="{TAG}"'


def delivery_of(request: Request) -> Delivery:
    """Return the delivery of a signed request; raise ``TypeError`` where ``FromSystem`` was left out."""
    auth: object = request.auth
    if not isinstance(auth, Delivery):
        raise TypeError("the request was not signed")
    return auth


class FromSystem(BasePermission):
    """Let nobody in without a delivery, whoever signed in with a browser."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether the request was signed."""
        return isinstance(request.auth, Delivery)


class PerSystem(SimpleRateThrottle):
    """Counts the signed requests of each department, whatever keys it uses. Unsigned ones count for nobody."""

    scope = "evidence"

    def get_rate(self) -> str:
        """Return the rate of the settings."""
        return str(settings.SYSTEM_RATE)

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Return under which key the department's requests are counted."""
        delivery = request.auth
        return f"system-rate:{delivery.source_id}" if isinstance(delivery, Delivery) else None


class SignatureScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself, untyped
    """How the description of the interface names the signature."""

    target_class = BySignature
    name = "signature"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Signature",
            "description": gettext(
                "HTTP Message Signatures (RFC 9421) with ed25519 over @method, @authority, @path and content-digest "
                "(RFC 9530, sha-256), with created, keyid, nonce (16 to 64 letters, digits, - or _) and the tag "
                "“%(tag)s”. A signature holds for five minutes, a nonce is taken once."
            )
            % {"tag": TAG},
        }
