"""My code on paper (N3.3, N3.7): made, downloaded and taken back by oneself."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from healthcode.access import person_for_account
from healthcode.domain.masking import mask_name
from healthcode.domain.paper_sheet import SheetSize
from healthcode.models import Account, PaperCode
from healthcode.services.errors import Refused
from healthcode.services.keys import NoSigningKey
from healthcode.services.paper import issue_paper_code, last_paper_code, live_paper_code, revoke_paper_code
from healthcode.views.requests import account_of
from healthcode.words import date_and_days_left, moment_words, refusal_sentence
from healthcode.words.paper import ENDS, SIZES, file_name, number_of, paper_pdf


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def paper(request: HttpRequest) -> HttpResponse:
    """Show the code on paper that counts, make one, or take it back."""
    account, at = account_of(request), timezone.now()
    person = person_for_account(account)
    code = live_paper_code(person=person, at=at)
    if request.method != "POST":
        last = None if code else last_paper_code(person=person)
        page = {"code": _shown(code, at) if code else None, "ended": _ended(last, at), "name": mask_name(person.name)}
        return render(request, "healthcode/paper.html", page)
    try:
        messages.success(request, _acted(request.POST.get("act"), account, code, at))
    except (Refused, NoSigningKey) as refusal:
        messages.error(request, refusal_sentence(refusal.code))
    return redirect("paper")


def _acted(act: str | None, account: Account, code: PaperCode | None, at: datetime) -> str:
    if act == "make":
        issue_paper_code(by=account, person=person_for_account(account), at=at)
        return gettext("Your code for paper is ready. Download it and print it.")
    if act == "revoke" and code is not None:
        revoke_paper_code(by=account, code=code, at=at)
        return gettext("The printed code has been taken back. No gate accepts it any more.")
    raise Refused("paper_ended")


def _shown(code: PaperCode, at: datetime) -> dict[str, Any]:
    return {
        "number": number_of(code),
        "until": date_and_days_left(code.valid_until, at),
        "made": moment_words(code.issued_at, at),
        "sizes": [{"size": size, "words": words} for size, words in SIZES.items()],
    }


def _ended(last: PaperCode | None, at: datetime) -> str:
    """Return why the last printed code counts no more, or nothing where there was none."""
    if last is None:
        return ""
    words = {"when": moment_words(last.revoked_at or last.valid_until, at)}
    if last.revoked_at is None:
        return gettext("Your last printed code ended: %(when)s. It was good for 14 days.") % words
    words["why"] = str(ENDS[last.end])
    return gettext("Your last printed code ended: %(when)s, because %(why)s.") % words


@require_safe
@login_required
def paper_sheet(request: HttpRequest, size: str) -> HttpResponse:
    """Answer with the PDF of the code that counts; 404 without one."""
    code = live_paper_code(person=person_for_account(account_of(request)), at=timezone.now())
    if code is None or size not in SIZES:
        raise Http404
    response = HttpResponse(paper_pdf(code, SheetSize(size)), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(code, SheetSize(size))}"'
    return response
