"""Declaring health and trips by itself, at any time."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from healthcode.access import person_for_account
from healthcode.domain.masking import mask_name
from healthcode.forms import DeclareForm
from healthcode.services.declarations import declare as record_declaration
from healthcode.services.declarations import new_form_id
from healthcode.views.applying import days_asked, with_more_rows
from healthcode.views.requests import account_of, today


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def declare(request: HttpRequest, person: UUID | None = None) -> HttpResponse:
    """Record what a person says, of themself or of a family member (N3.5); the same form twice is one declaration."""
    at = timezone.now()
    holder = person_for_account(account_of(request), person, "declare", at)
    about = {"of": person, "about": mask_name(holder.name) if person else ""}
    act, on, days = request.POST.get("act", ""), today(at), days_asked(at)
    if request.method != "POST" or act in ("more", "counties"):
        typed = with_more_rows(request.POST.dict(), act)
        form = DeclareForm(initial={"form_id": new_form_id(), **typed}, on=on, days=days)
        return render(request, "healthcode/declare.html", {"form": form, **about})
    form = DeclareForm(request.POST, on=on, days=days)
    if not form.is_valid():
        return render(request, "healthcode/declare.html", {"form": form, **about})
    form_id = form.cleaned_data["form_id"]
    record_declaration(by=account_of(request), person=holder, said=form.said(), form_id=form_id, at=at)
    messages.success(request, gettext("Thank you. What you declared has been recorded."))
    return redirect("code_of", person) if person else redirect("my_code")
