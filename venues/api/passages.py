"""``POST /api/v1/passages/``: a gate that had no network sends what it let in (N1.5)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from healthcode.models import Account
from venues.access import guard_for_account
from venues.api.bearer import ByDeviceKey, PerDevice, device_of
from venues.api.forms import PassagesAnswerSerializer, PassagesSerializer
from venues.api.verify import FAULTS, GateView
from venues.services.passages import Passage, PassageResult, record_device_passages, record_passages


class PassagesView(GateView):
    """Takes the queues of gates, from a device's key or a guard's session."""

    authentication_classes = (ByDeviceKey, SessionAuthentication)
    permission_classes = ()
    throttle_classes = (PerDevice,)

    @extend_schema(
        operation_id="send_passages",
        summary=_("Send what was let in without a network"),
        description=_(
            "Up to 200 scans that a gate judged by itself. Sending them again changes nothing. Each code is checked "
            "again as of the moment it was read; when that was and when we heard of it are kept apart."
        ),
        request=PassagesSerializer,
        responses={200: OpenApiResponse(PassagesAnswerSerializer, description=_("One result a passage.")), **FAULTS},
    )
    def post(self, request: Request) -> Response:
        """Record the passages that are new and answer each."""
        given = self.read(PassagesSerializer, request)["passages"]
        passages = [Passage(one["nonce"], one["code"], one["shown"], one["scanned_at"]) for one in given]
        results = _record(request, passages, timezone.now())
        answers: list[dict[str, Any]] = [
            {"nonce": str(result.nonce), "status": result.status.value, "code": result.code} for result in results
        ]
        return Response({"results": answers})


def _record(request: Request, passages: Sequence[Passage], at: datetime) -> list[PassageResult]:
    device = device_of(request)
    if device is not None:
        return record_device_passages(by=device, passages=passages, at=at)
    if not isinstance(request.user, Account):
        raise NotAuthenticated
    guard = guard_for_account(request.user, at)
    return record_passages(by=request.user, guard=guard, passages=passages, at=at)
