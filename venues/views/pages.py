"""Pages of the gate: sign in, scan, verdict, the lane for people without a phone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from csp.constants import WASM_UNSAFE_EVAL
from csp.decorators import csp_update
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from healthcode.domain.colours import Colour
from healthcode.domain.tokens import Reason
from healthcode.models import Account
from healthcode.services.transfers import in_transit
from healthcode.words import clause_label, colour_word
from venues.access import guard_for_account, is_guard, scan_for_guard
from venues.domain.policy import Category, rule_passage
from venues.forms import ScanForm, SignInForm
from venues.models import Guard, Scan
from venues.services.scans import count_scans_today, record_scan
from venues.views.offline import offline_context
from venues.words import CATEGORIES, Holder, asks_document, holder_of, result_word, words_of

# A guard signs in for a shift, not for a month.
_SHIFT_SECONDS = 12 * 60 * 60
# The panel takes the colour of the code; grey means "no answer".
_LOOKS = {Colour.GREEN: "pass", Colour.YELLOW: "restricted", Colour.RED: "refuse"}
Facts = Iterator[dict[str, str | Promise]]


class GateRequest(HttpRequest):
    """A request of somebody signed in."""

    user: Account


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: GateRequest) -> HttpResponse:
    """Sign a guard in by name and password for one shift."""
    if request.method != "POST" and request.user.is_authenticated and is_guard(request.user, timezone.now()):
        return redirect("gate")
    form = SignInForm(request, data=request.POST if request.method == "POST" else None)
    if form.is_valid():
        login(request, form.get_user(), backend="django.contrib.auth.backends.ModelBackend")
        request.session.set_expiry(_SHIFT_SECONDS)
        return redirect("gate")
    return render(request, "venues/sign_in.html", {"form": form})


@login_required(login_url="gate_sign_in", redirect_field_name=None)
@require_GET
@csp_update({"script-src": [WASM_UNSAFE_EVAL]})  # type: ignore[arg-type]  # its types know HttpRequest alone
def gate(request: GateRequest) -> HttpResponse:
    """Show camera, photo and typing at the guard's venue, and today's counts."""
    at = timezone.now()
    return _scan_page(request, guard_for_account(request.user, at), ScanForm(), at)


@login_required(login_url="gate_sign_in", redirect_field_name=None)
@require_http_methods(["GET", "HEAD", "POST"])
@csp_update({"script-src": [WASM_UNSAFE_EVAL]})  # type: ignore[arg-type]  # its types know HttpRequest alone
def scan(request: GateRequest) -> HttpResponse:
    """Record a scan and go to its verdict; a reload of the answer is harmless."""
    at = timezone.now()
    guard = guard_for_account(request.user, at)
    if request.method != "POST":
        return redirect("gate")
    form = ScanForm(request.POST, request.FILES)
    if not form.is_valid():
        return _scan_page(request, guard, form, at)
    found = record_scan(
        by=request.user, guard=guard, text=form.cleaned_data["text"], nonce=form.nonce_of_scan, scanned_at=at, at=at
    )
    return redirect("gate_verdict", nonce=found.nonce)


def _scan_page(request: GateRequest, guard: Guard, form: ScanForm, at: datetime) -> HttpResponse:
    counts = [
        {"label": result_word(count.result), "value": count.number}
        for count in count_scans_today(venue=guard.venue, at=at)
    ]
    context = {"guard": guard, "form": form, "counts": counts, **offline_context()}
    return render(request, "venues/scan.html", context)


@login_required(login_url="gate_sign_in", redirect_field_name=None)
@require_GET
def verdict(request: GateRequest, nonce: UUID) -> HttpResponse:
    """Show what came of one of the guard's own scans; the holder's masked name for ten minutes."""
    at = timezone.now()
    guard = guard_for_account(request.user, at)
    found = scan_for_guard(guard, nonce)
    return render(request, "venues/verdict.html", {"guard": guard, "verdict": _panel(found, at)})


@login_required(login_url="gate_sign_in", redirect_field_name=None)
@require_GET
def no_phone(request: GateRequest) -> HttpResponse:
    """Say what to do for people without a phone (N3.6)."""
    guard = guard_for_account(request.user, timezone.now())
    return render(request, "venues/no_phone.html", {"guard": guard})


def _panel(scan: Scan, at: datetime) -> dict[str, Any]:
    word, line = words_of(scan)
    is_good = scan.reason == Reason.OK
    return {
        "result": scan.verdict if is_good else scan.reason,
        "look": _look(scan) if is_good else "grey",
        "word": word,
        "line": line,
        "facts": list(_facts(scan, holder_of(scan, at))),
        "is_good": is_good,
        "call": scan.condition == "stay_apart",
    }


def _look(scan: Scan) -> str:
    return _LOOKS[Colour(scan.colour)] if scan.colour else "restricted"


def _facts(scan: Scan, holder: Holder | None) -> Facts:
    if holder is not None and scan.person is not None:
        yield {"label": _("Holder"), "value": _("%(name)s · ends in %(tail)s") % holder._asdict()}
        # Red people alone are transferred (N2.2); no other verdict pays for the question.
        if scan.colour == Colour.RED and in_transit(person=scan.person, at=scan.scanned_at) is not None:
            yield {"label": _("Note"), "value": _("In transit, closed transport")}
    if asks_document(scan):
        yield {"label": _("Note"), "value": _("A code on paper: compare with the document")}
    if scan.colour:
        yield {"label": _("Health code"), "value": colour_word(Colour(scan.colour))}
    if scan.code_age is not None:
        age = _age(scan.code_age)
        yield {"label": _("Code made"), "value": _("%(age)s (valid)") % {"age": age} if scan.colour else age}
    yield {"label": _("Kind of place"), "value": _kind_of_place(Category(scan.venue.category))}
    if scan.clause:
        yield {"label": _("Rests on"), "value": clause_label(scan.clause)}
    yield {"label": _("Checked at"), "value": timezone.localtime(scan.scanned_at).strftime("%H:%M:%S")}


def _age(seconds: int) -> str:
    if seconds < 0:
        return ngettext("%(count)d second ahead", "%(count)d seconds ahead", -seconds) % {"count": -seconds}
    if seconds < 120:
        return ngettext("%(count)d second ago", "%(count)d seconds ago", seconds) % {"count": seconds}
    minutes = seconds // 60
    return ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {"count": minutes}


def _kind_of_place(category: Category) -> str | Promise:
    name = CATEGORIES[category]
    if rule_passage(category, Colour.YELLOW).condition == "closed_to_yellow":
        return _("%(kind)s (closed to yellow codes)") % {"kind": name}
    return name
