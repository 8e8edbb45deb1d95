"""My observation: what is ordered until when, and the daily report (N2.1)."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from healthcode.access import person_for_account
from healthcode.domain.colours import Stage
from healthcode.domain.instants import to_china
from healthcode.forms.observing import CheckInForm
from healthcode.models import CheckIn, IsolationCase, Person
from healthcode.services.declarations import new_form_id
from healthcode.services.errors import Refused
from healthcode.services.observation import Symptom, check_in, observed_cases, recent_check_ins
from healthcode.views.requests import account_of
from healthcode.words import date_and_days_left, moment_words, refusal_sentence, stage_meaning, stage_name
from healthcode.words.isolation import MODES, SYMPTOMS


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def observation(request: HttpRequest) -> HttpResponse:
    """Show the person's isolation and take today's report; sending it twice is one report."""
    person, at = person_for_account(account_of(request)), timezone.now()
    if request.method != "POST":
        return _page(request, person, CheckInForm(initial={"form_id": new_form_id()}), at)
    form = CheckInForm(request.POST)
    if not form.is_valid():
        return _page(request, person, form, at)
    try:
        check_in(by=account_of(request), person=person, at=at, **form.said())
    except Refused as refusal:
        form.add_error(None, refusal_sentence(refusal.code))
        return _page(request, person, form, at)
    messages.success(request, gettext("Thank you. Your report of today has been recorded."))
    return redirect("observation")


def _page(request: HttpRequest, person: Person, form: CheckInForm, at: datetime) -> HttpResponse:
    reports = recent_check_ins(person=person)
    page = {
        "form": form,
        "cases": [_case(case, at) for case in observed_cases(person=person, at=at)],
        "reports": [_report(report, at) for report in reports],
        "is_done": bool(reports) and to_china(reports[0].at).date() == to_china(at).date(),
    }
    return render(request, "healthcode/observation.html", page)


def _case(case: IsolationCase, at: datetime) -> dict[str, Any]:
    order = getattr(case, "order", None)
    stage = Stage(case.stage)
    return {
        "stage": stage_name(stage),
        "meaning": stage_meaning(stage),
        "until": date_and_days_left(case.valid_until, at) if case.valid_until else "",
        "mode": MODES[order.mode] if order else "",
        "place": order.place if order else "",
        "supply": order.supply if order else "",
        "ordered_by": order.ordered_by if order else "",
        "document": order.document if order else "",
    }


def _report(report: CheckIn, at: datetime) -> str:
    named = [str(SYMPTOMS[Symptom(word)]) for word in report.symptoms]
    said = {
        "when": moment_words(report.at, at),
        "temperature": f"{report.temperature} °C",
        "symptoms": gettext(", ").join(named) or gettext("none"),
    }
    return gettext("%(when)s: %(temperature)s; symptoms: %(symptoms)s") % said
