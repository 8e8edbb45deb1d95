"""转码 (N3.4): showing what another province or country has issued, and our own reports for others to read."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from healthcode.access import current_decision_for_account, person_for_account
from healthcode.domain.foreign import Became, ForeignError
from healthcode.domain.qr import qr_svg
from healthcode.forms import ShowForm
from healthcode.models import ForeignReport, Person
from healthcode.services.errors import Refused
from healthcode.services.exports import OwnReport, own_reports
from healthcode.services.foreign import Showing, reports_shown, show_report
from healthcode.views.requests import account_of
from healthcode.words import moment_words, refusal_sentence
from healthcode.words.foreign import became_sentence, fault_sentence, shown_words


@sensitive_post_parameters("text")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def other_code(request: HttpRequest) -> HttpResponse:
    """Take a home code or a test report; say what became of it."""
    if current_decision_for_account(account_of(request)) is None:
        messages.info(request, gettext("Apply for a code first. Then show what you have brought along."))
        return redirect("apply")
    person = person_for_account(account_of(request))
    form = ShowForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        showing = _show(request, form, person)
        if showing is not None:
            messages.success(request, _answer(showing))
            return redirect("other_code")
    reports = [_row(report) for report in reports_shown(person)]
    return render(request, "healthcode/other_code.html", {"form": form, "reports": reports})


def _show(request: HttpRequest, form: ShowForm, person: Person) -> Showing | None:
    by, text = account_of(request), form.cleaned_data["shown"]
    try:
        return show_report(by=by, person=person, text=text, at=timezone.now())
    except ForeignError as error:
        form.add_error(None, fault_sentence(error.code))
    except Refused as error:
        form.add_error(None, refusal_sentence(error.code))
    return None


def _answer(showing: Showing) -> str:
    said = became_sentence(showing.report)
    return gettext("You have shown this before.") + " " + said if showing.again else said


def _row(report: ForeignReport) -> dict[str, Any]:
    return {
        "what": shown_words(report),
        "issuer": report.issuer,
        "shown_at": report.shown_at,
        "sampled_at": report.sampled_at,
        "became": became_sentence(report),
        "asks": report.became == Became.QUESTION,
        "waits": report.waits,
    }


@require_safe
@login_required
def my_reports(request: HttpRequest) -> HttpResponse:
    """Show the person's own test reports as codes that other provinces can read."""
    at = timezone.now()
    rows = own_reports(person=person_for_account(account_of(request)), at=at)
    reports = [{**row._asdict(), "qr_svg": _drawn(row), "when": moment_words(row.sampled_at, at)} for row in rows]
    return render(request, "healthcode/my_reports.html", {"reports": reports})


def _drawn(row: OwnReport) -> str:
    # Our own markup of a text of 45 known characters; the title is escaped by the drawer.
    return mark_safe(qr_svg(row.token, title=gettext("QR of your test report"))) if row.token else ""  # noqa: S308
