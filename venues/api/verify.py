"""``POST /api/v1/verify/``: a device has read a code and asks what to do (验码, N2.4, N2.7)."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotAuthenticated, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from venues.api.bearer import ByDeviceKey, FromDevice, PerDevice, device_of
from venues.api.forms import GateFaultSerializer, ScanAnswerSerializer, ScanSerializer
from venues.models import Scan
from venues.services.scans import record_device_scan
from venues.words import asks_document, holder_of, request_sentence, words_of

FAULTS = {
    400: OpenApiResponse(GateFaultSerializer, description=_("malformed: a field is missing or of another form.")),
    401: OpenApiResponse(GateFaultSerializer, description=_("bad_key: no device in use has this key.")),
    429: OpenApiResponse(GateFaultSerializer, description=_("throttled: wait the seconds of Retry-After.")),
}


class GateView(APIView):
    """What the doors of the gates' interface share: reading the request, and faults as words and as a code."""

    def read(self, form: type[Serializer[Any]], request: Request) -> dict[str, Any]:
        """Return the request's data in the form's shape; raise ``ValidationError`` (400)."""
        given = form(data=request.data)
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a refused request."""
        response = super().handle_exception(exc)
        if isinstance(exc, ValidationError):
            fields = ", ".join(exc.detail) if isinstance(exc.detail, dict) else ""
            response.data = {"detail": f"{request_sentence('malformed')} {fields}".strip(), "code": "malformed"}
            return response
        code = getattr(response.data["detail"], "code", "")
        response.data["code"] = "malformed" if code == "parse_error" else code
        return response


class VerifyView(GateView):
    """Verifies codes for devices."""

    authentication_classes = (ByDeviceKey,)
    permission_classes = (FromDevice,)
    throttle_classes = (PerDevice,)

    @extend_schema(
        operation_id="verify_code",
        summary=_("Verify a code"),
        description=_(
            "Signature, freshness, the person's colour now and the policy of the venue. Every request is a scan on "
            "record, failed ones too. A request without an answer is sent again with the same nonce and gets the "
            "same answer."
        ),
        request=ScanSerializer,
        responses={200: OpenApiResponse(ScanAnswerSerializer, description=_("What to do.")), **FAULTS},
    )
    def post(self, request: Request) -> Response:
        """Record the scan of a device and answer it."""
        device = device_of(request)
        if device is None:
            raise NotAuthenticated
        data = self.read(ScanSerializer, request)
        at = timezone.now()
        scan = record_device_scan(by=device, text=data["code"], nonce=data["nonce"], at=at)
        holder = holder_of(scan, at)
        return Response({**_answer(scan), "holder": holder._asdict() if holder else None})


def _answer(scan: Scan) -> dict[str, Any]:
    word, line = words_of(scan)
    return {
        "nonce": str(scan.nonce),
        "reason": scan.reason,
        "verdict": scan.verdict,
        "colour": scan.colour,
        "kind": scan.kind,
        "condition": scan.condition,
        "clause": scan.clause,
        "word": str(word),
        "line": str(line),
        "check_document": asks_document(scan),
        "code_age": scan.code_age,
        "scanned_at": scan.scanned_at.isoformat(),
    }
