"""The first page, and the rules in plain words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from healthcode.access import current_decision_for_account
from healthcode.models import Account
from healthcode.services.decisions import ruleset_in_force
from healthcode.words import clause_label, colour_word, rule_sentences


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is and offer to sign in; who has a code goes to it, who has none to applying."""
    account = request.user
    if not isinstance(account, Account):
        return render(request, "healthcode/home.html")
    if current_decision_for_account(account) is not None:
        return redirect("my_code")
    return render(request, "healthcode/home.html") if account.is_staff else redirect("apply")


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """Tell the rules in force with their days, id, day of coming into force and fingerprint (N3.1)."""
    version = ruleset_in_force(timezone.now())
    rows = [
        {
            "colour": row.colour.value,
            "word": colour_word(row.colour),
            "who": row.who,
            "ends": row.ends,
            "clauses": [clause_label(name) for name in row.clauses],
        }
        for row in rule_sentences(version.as_domain())
    ]
    title = version.data["title"]["en" if get_language() == "en" else "zh"]
    return render(request, "healthcode/rules.html", {"version": version, "title": title, "rows": rows})
