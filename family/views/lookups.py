"""Who looked me up (代查), and complaining about it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from family.access import lookup_for_person
from family.forms import ReasonForm
from family.services.lookups import complain, lookups_of
from family.views.requests import account_of
from family.words import BASES, PURPOSES, refusal_sentence
from healthcode.access import person_for_account
from healthcode.services.errors import Refused
from healthcode.words import moment_words


@require_safe
@login_required
def looked_up(request: HttpRequest) -> HttpResponse:
    """List who looked me up, where, what for and on what ground, with complaints and their answers (N3.5)."""
    at = timezone.now()
    person = person_for_account(account_of(request))
    rows = [
        {
            "id": lookup.public_id,
            "when": moment_words(lookup.at, at),
            "place": lookup.place,
            "purpose": PURPOSES[lookup.purpose],
            "basis": BASES[lookup.basis],
            "complaint": getattr(lookup, "complaint", None),
        }
        for lookup in lookups_of(person=person)
    ]
    return render(request, "family/looked_up.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def complain_lookup(request: HttpRequest, lookup: UUID) -> HttpResponse:
    """Complain about one look-up."""
    account, at = account_of(request), timezone.now()
    found = lookup_for_person(account, lookup)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        try:
            complain(by=account, lookup_id=found.public_id, text=form.cleaned_data["reason"], at=at)
        except Refused as error:
            messages.error(request, refusal_sentence(error.code))
        else:
            messages.success(request, gettext("Thank you. A supervisor looks into it and answers here."))
        return redirect("looked_up")
    page = {"form": form, "place": found.place, "when": moment_words(found.at, at)}
    return render(request, "family/complain.html", page)
