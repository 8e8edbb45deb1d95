"""Binding: a child as its guardian, an adult by their consent (N3.5)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from family.domain.bonds import Right
from family.forms import AdultForm, ChildForm, CodeForm
from family.services.consents import ask_consent, give_code
from family.services.guardians import bind_child
from family.views.requests import account_of
from family.words import refusal_sentence
from healthcode.access import person_for_account
from healthcode.domain.instants import to_china
from healthcode.domain.ports import GatewayDown
from healthcode.services.errors import Refused

_READ_WRITE = ["GET", "HEAD", "POST"]


@require_http_methods(_READ_WRITE)
@login_required
def add_child(request: HttpRequest) -> HttpResponse:
    """Bind a minor; the child gets a code where there is none yet."""
    account, at = account_of(request), timezone.now()
    guardian = person_for_account(account)
    form = ChildForm(request.POST or None, on=to_china(at).date())
    if form.is_valid():
        try:
            bond = bind_child(by=account, guardian=guardian, child=form.child(), at=at)
        except (Refused, GatewayDown) as error:
            form.add_error(None, refusal_sentence(error.code))
        else:
            messages.success(request, gettext("Done. You can show the child's code from now on."))
            return redirect("code_of", bond.dependant.public_id)
    return render(request, "family/add_child.html", {"form": form})


@require_http_methods(_READ_WRITE)
@login_required
def add_adult(request: HttpRequest) -> HttpResponse:
    """Ask an adult's consent. The answer is the same whether or not these details are somebody's."""
    account, at = account_of(request), timezone.now()
    carer = person_for_account(account)
    form = AdultForm(request.POST or None, initial={"rights": list(Right)}, on=to_china(at).date())
    if form.is_valid():
        try:
            made = ask_consent(by=account, carer=carer, asked=form.asked(), rights=form.chosen(), at=at)
        except Refused as error:
            form.add_error(None, refusal_sentence(error.code))
        else:
            return redirect("family_asked", made.public_id)
    return render(request, "family/add_adult.html", {"form": form})


@require_http_methods(_READ_WRITE)
@login_required
def asked(request: HttpRequest, asking: UUID) -> HttpResponse:
    """Take in the code that the person was sent."""
    account, at = account_of(request), timezone.now()
    carer = person_for_account(account)
    form = CodeForm(request.POST or None)
    if form.is_valid():
        given: dict[str, Any] = {"request_id": asking, "code": form.cleaned_data["code"]}
        try:
            bond = give_code(by=account, carer=carer, at=at, **given)
        except Refused as error:
            form.add_error("code", refusal_sentence(error.code))
        else:
            messages.success(request, gettext("Done. You may act for this person from now on."))
            return redirect("code_of", bond.dependant.public_id) if "show" in bond.rights else redirect("family")
    return render(request, "family/asked.html", {"form": form})
