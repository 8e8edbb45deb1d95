"""Applying for a code in three steps: who, how to reach me, where and how I am (赋码, N1.5, N3.1)."""

from datetime import datetime
from typing import NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from healthcode.access import current_decision_for_account
from healthcode.domain.ports import GatewayDown
from healthcode.forms import ContactForm, HealthForm, WhoForm, application_of
from healthcode.services.applications import apply_and_declare
from healthcode.services.decisions import ruleset_in_force
from healthcode.services.declarations import Declared
from healthcode.services.errors import Refused
from healthcode.services.persons import Application
from healthcode.views.drafts import Draft, draft_of, drop_draft, keep_draft
from healthcode.views.requests import account_of, today
from healthcode.words import phone_words, refusal_sentence

PAGE_OF_STEP = {"who": "apply", "contact": "apply_contact", "health": "apply_health"}


class Filled(NamedTuple):
    """A draft whose three steps are all right."""

    application: Application
    said: list[Declared]
    form_id: str


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def apply(request: HttpRequest) -> HttpResponse:
    """Step 1: document and name. A refusal by the identity authority comes back to here."""
    if current_decision_for_account(account_of(request)) is not None:
        return redirect("my_code")
    draft, on = draft_of(request), today(timezone.now())
    typed = request.POST or (draft.steps.get("who") if draft.refused else None)
    form = WhoForm(typed, initial=draft.steps.get("who"), on=on)
    if request.method == "POST" and form.is_valid():
        keep_draft(request.session, draft.with_step("who", request.POST.dict()))
        return redirect("apply_contact")
    if request.method != "POST" and draft.refused and form.is_valid():
        form.add_error("name", refusal_sentence(draft.refused))
    return render(request, "healthcode/apply_who.html", {"form": form, "step": 1})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def apply_contact(request: HttpRequest) -> HttpResponse:
    """Step 2: phone and home. Going back keeps what was typed."""
    draft = draft_of(request)
    if "who" not in draft.steps:
        return redirect("apply")
    form = ContactForm(
        request.POST or None,
        initial={"phone": phone_words(account_of(request).phone), **draft.steps.get("contact", {})},
    )
    if request.method == "POST":
        back = request.POST.get("act") == "back"
        if back or form.is_valid():
            keep_draft(request.session, draft.with_step("contact", request.POST.dict()))
            return redirect("apply" if back else "apply_health")
    return render(request, "healthcode/apply_contact.html", {"form": form, "step": 2})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def apply_health(request: HttpRequest) -> HttpResponse:
    """Step 3: where and how I am; then the code is made."""
    draft, at = draft_of(request), timezone.now()
    if current_decision_for_account(account_of(request)) is not None:
        return redirect("my_code")
    if "contact" not in draft.steps:
        return redirect("apply_contact")
    if request.method != "POST":
        form = HealthForm(initial=draft.steps.get("health"), on=today(at), days=days_asked(at))
        return render(request, "healthcode/apply_health.html", {"form": form, "step": 3})
    act, typed = request.POST.get("act"), request.POST.dict()
    if act in ("more", "counties"):
        form = HealthForm(initial=with_more_rows(typed, act), on=today(at), days=days_asked(at))
        return render(request, "healthcode/apply_health.html", {"form": form, "step": 3})
    form = HealthForm(request.POST, on=today(at), days=days_asked(at))
    if act != "back" and not form.is_valid():
        return render(request, "healthcode/apply_health.html", {"form": form, "step": 3})
    draft = draft.with_step("health", typed)
    keep_draft(request.session, draft)
    return redirect("apply_contact" if act == "back" else _finish(request, draft, at))


def with_more_rows(typed: dict[str, str], act: str) -> dict[str, str]:
    """Return what was typed, with room for one place more when that was asked for."""
    rows = typed.get("rows", "")
    count = int(rows) if rows.isdecimal() else 1
    return {**typed, "rows": str(count + 1)} if act == "more" else typed


def days_asked(at: datetime) -> int:
    """Return how many days back trips matter, by the rules in force."""
    rules = ruleset_in_force(at).as_domain()
    return max(rules.after_leaving_risk_area, rules.before_designation, rules.contact).days


def filled_in(draft: Draft, at: datetime) -> Filled | str:
    """Return the checked draft, or the name of the page on which something is missing."""
    who = WhoForm(draft.steps.get("who", {}), on=today(at))
    contact = ContactForm(draft.steps.get("contact", {}))
    health = HealthForm(draft.steps.get("health", {}), on=today(at), days=days_asked(at))
    for name, form in (("who", who), ("contact", contact), ("health", health)):
        if not form.is_valid():
            return PAGE_OF_STEP[name]
    return Filled(application_of(who, contact, health.cleaned_data["stay_code"]), health.said(), draft.form_id)


def _finish(request: HttpRequest, draft: Draft, at: datetime) -> str:
    """Apply and declare, both or neither; return the name of the page to go to."""
    filled = filled_in(draft, at)
    if isinstance(filled, str):
        return filled
    try:
        apply_and_declare(by=account_of(request), at=at, **filled._asdict())
    except GatewayDown as error:
        messages.error(request, refusal_sentence(error.code))
        return "apply_health"
    except Refused as error:
        return _after_refusal(request, draft, error.code)
    drop_draft(request.session)
    return "my_code"


def _after_refusal(request: HttpRequest, draft: Draft, code: str) -> str:
    if code == "held_by_another":
        return "apply_claim"
    if code == "identity_mismatch":
        keep_draft(request.session, draft._replace(refused=code))
        return "apply"
    messages.error(request, refusal_sentence(code))
    return "home"
