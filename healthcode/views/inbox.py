"""The demonstration's on-screen inbox: text messages land here instead of on a phone."""

from allauth.account.internal.stagekit import get_pending_stage
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from healthcode.domain.masking import mask_phone
from healthcode.models import Account, InboxMessage
from healthcode.services.persons import phone_index

_SHOWN = 20


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Show the newest messages to the phone that is signing in or signed in, or to all; 404 in production."""
    if not settings.DEMO:
        raise Http404
    phone = "" if "all" in request.GET else _phone_of(request)
    found = InboxMessage.objects.order_by("-received_at", "-pk")
    if phone:
        found = found.filter(phone_index=phone_index(phone))
    rows = [{"phone": mask_phone(m.phone), "text": m.text, "at": m.received_at} for m in found[:_SHOWN]]
    return render(request, "healthcode/inbox.html", {"rows": rows, "phone": mask_phone(phone) if phone else ""})


def _phone_of(request: HttpRequest) -> str:
    if isinstance(request.user, Account):
        return request.user.phone
    stage = get_pending_stage(request)
    return str(stage.state.get("phone") or "") if stage else ""
