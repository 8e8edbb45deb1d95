"""The first page, and the rules in plain words."""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from healthcode.access import current_decision_for_account
from healthcode.domain.governance import RuleAct
from healthcode.domain.rulesets import texts_in
from healthcode.models import Account, RuleSetVersion
from healthcode.services.decisions import ruleset_in_force
from healthcode.services.rules import public_key_text, published_versions
from healthcode.words import RULE_STATES, clause_label, colour_word, differences, rule_sentences


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
    published = published_versions()
    page = {
        "version": version,
        "title": _in_language(version.data["title"]),
        "rows": _rows(version),
        "texts": [
            {"label": clause_label(clause), "text": _in_language(words)}
            for clause, words in sorted(texts_in(version.data).items())
        ],
        "log": [_entry(one, before) for one, before in zip_longest(published, published[1:])],
        "keys": sorted({public_key_text(one.signed_with) for one in published if one.signed_with}),
    }
    return render(request, "healthcode/rules.html", page)


def _rows(version: RuleSetVersion) -> list[dict[str, Any]]:
    """Return the rules in plain words, with the version's days."""
    return [
        {
            "colour": row.colour.value,
            "word": colour_word(row.colour),
            "who": row.who,
            "ends": row.ends,
            "clauses": [clause_label(name) for name in row.clauses],
        }
        for row in rule_sentences(version.as_domain())
    ]


def _entry(version: RuleSetVersion, before: RuleSetVersion | None) -> dict[str, Any]:
    """Return one version of the change log: from when, why, what differs from the one before, what proves its text."""
    language = "en" if get_language() == "en" else "zh"
    return {
        "version": version,
        "title": _in_language(version.data["title"]),
        "state": RULE_STATES[version.state_at(timezone.now())],
        "reasons": [event.reason for event in version.events.all() if event.act == RuleAct.PROPOSE],
        "differences": differences(before.data, version.data, language) if before else [],
    }


def _in_language(words: Mapping[str, str]) -> str:
    return words["en" if get_language() == "en" else "zh"]
