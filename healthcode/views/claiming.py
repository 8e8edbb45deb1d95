"""Bringing a code to another phone: the second application is taken to the first code (N3.1)."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from healthcode.domain.masking import mask_phone
from healthcode.domain.ports import GatewayDown
from healthcode.forms import ClaimForm
from healthcode.services.declarations import declare
from healthcode.services.errors import Refused
from healthcode.services.persons import claim_code, send_claim
from healthcode.views.applying import Filled, filled_in
from healthcode.views.drafts import Draft, draft_of, drop_draft, keep_draft
from healthcode.views.requests import account_of
from healthcode.words import refusal_sentence

_SENDS_AN_HOUR = 5


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def apply_claim(request: HttpRequest) -> HttpResponse:
    """Send a one-time code to the first phone, take it in, and move the code here."""
    draft, at = draft_of(request), timezone.now()
    filled = filled_in(draft, at)
    if isinstance(filled, str):
        return redirect(filled)
    if request.POST.get("act") == "send":
        return _send(request, draft, filled, at)
    form = ClaimForm(request.POST or None)
    if form.is_valid() and _claimed(request, form, filled, at):
        drop_draft(request.session)
        messages.success(request, gettext("Your code is now on this phone."))
        return redirect("my_code")
    return render(request, "healthcode/apply_claim.html", {"form": form, "sent_to": draft.claim_sent_to})


def _send(request: HttpRequest, draft: Draft, filled: Filled, at: datetime) -> HttpResponse:
    if not _may_send(account_of(request).pk):
        return render(request, "429.html", status=429)
    try:
        phone = send_claim(by=account_of(request), application=filled.application, at=at)
    except (Refused, GatewayDown) as error:
        messages.error(request, refusal_sentence(error.code))
    else:
        keep_draft(request.session, draft._replace(claim_sent_to=mask_phone(phone)))
    return redirect("apply_claim")


def _may_send(account_id: int) -> bool:
    """Count one message; three guesses a message and five messages an hour leave guessing hopeless."""
    key = f"claim-sends:{account_id}"
    cache.add(key, 0, 3600)
    return int(cache.incr(key)) <= _SENDS_AN_HOUR


def _claimed(request: HttpRequest, form: ClaimForm, filled: Filled, at: datetime) -> bool:
    by = account_of(request)
    try:
        person = claim_code(by=by, code=form.cleaned_data["code"], at=at)
    except Refused as error:
        form.add_error("code", refusal_sentence(error.code))
        return False
    declare(by=by, person=person, said=filled.said, form_id=filled.form_id, at=at)
    return True
