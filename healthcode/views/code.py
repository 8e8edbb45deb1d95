"""My code (亮码): the page, and the token that its script fetches."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_safe

from healthcode.access import decision_for_account, people_shown_by
from healthcode.domain.colours import Colour
from healthcode.domain.identity import DocumentType
from healthcode.domain.masking import mask_name, mask_name_short, mask_number
from healthcode.domain.qr import qr_svg
from healthcode.domain.tokens import Kind
from healthcode.models import Account, Person
from healthcode.services.codes import IssuedCode, issue_code
from healthcode.services.decisions import CodeStatus, status_of
from healthcode.services.keys import NoSigningKey
from healthcode.views.links import links_for_another, links_of_own
from healthcode.views.questions import open_question
from healthcode.views.reading import behind
from healthcode.views.requests import account_of
from healthcode.words import (
    Known,
    clause_label,
    colour_line,
    colour_word,
    date_and_days_left,
    document_label,
    exit_sentence,
    moment_words,
    reason_sentence,
    time_left,
)

REFRESH_SECONDS = 60


@require_safe
@login_required
def my_code(request: HttpRequest, person: UUID | None = None) -> HttpResponse:
    """Show the code with its reason and exit, one's own or a family member's; works without script, too (N3.5)."""
    account, at = account_of(request), timezone.now()
    decision = decision_for_account(account, person, "show", at)
    if decision is None:
        return redirect("apply")
    status = status_of(decision, at)
    known = behind(status.person, status.grounds, at).known
    card = {**_signed(status, person, at), **_face(status, person), "facts": _facts(status, known, at), "now": at}
    change = {"at": status.changes_at, "left": time_left(status.changes_at, at)} if status.changes_at else None
    question = open_question(status, at) if person is None else None
    page = {"card": card, "change": change, "status": status, "question": question, "of": person}
    links = links_of_own(status.colour) if person is None else links_for_another(account, status.person, at)
    return render(request, "healthcode/my_code.html", {**page, "people": _tabs(account, person, at), "links": links})


def _tabs(account: Account, person: UUID | None, at: datetime) -> list[dict[str, Any]]:
    """Return whose codes this phone shows; nothing for who shows only their own."""
    others = people_shown_by(account, at)
    if not others:
        return []
    own = Person.objects.filter(account=account.pk, applied_at__isnull=False).first()
    tabs: list[tuple[Person, str, str, UUID | None]] = []
    if own:
        tabs.append((own, pgettext("whose code", "Me"), reverse("my_code"), None))
    tabs += [(one, label, reverse("code_of", args=[one.public_id]), one.public_id) for one, label in others]
    return [
        {"url": url, "relation": label, "masked_name": mask_name_short(one.name), "current": which == person}
        for one, label, url, which in tabs
    ]


@require_safe
@login_required
def token(request: HttpRequest, person: UUID | None = None) -> HttpResponse:
    """Answer with a fresh code as ``static/js/show.js`` expects: one indexed read, no write; 404 without a code."""
    at = timezone.now()
    decision = decision_for_account(account_of(request), person, "show", at)
    if decision is None:
        raise Http404
    status = status_of(decision, at)
    try:
        code, reserve = _pair(status, person, at)
    except NoSigningKey as error:
        return JsonResponse({"error": error.code}, status=503)
    answer = {"colour": status.colour.value, "now": at.isoformat(), "issued_at": code.issued_at.isoformat()}
    kept = {"token": reserve.token, "expires_at": reserve.expires_at.isoformat()}
    return JsonResponse({"token": code.token, **answer, "expires_at": code.expires_at.isoformat(), "reserve": kept})


def _pair(status: CodeStatus, person: UUID | None, at: datetime) -> tuple[IssuedCode, IssuedCode]:
    """Return the code and its reserve; a family member's code says that another phone shows it."""
    kind = Kind.OWN_PHONE if person is None else Kind.FAMILY
    return issue_code(status=status, at=at, kind=kind), issue_code(status=status, at=at, kind=Kind.RESERVE)


def _signed(status: CodeStatus, person: UUID | None, at: datetime) -> dict[str, Any]:
    """Return the code and its life; nothing to show when there is no key to sign with."""
    try:
        code, reserve = _pair(status, person, at)
    except NoSigningKey:
        return {"qr_svg": ""}
    return {
        "qr_svg": _drawn(code),
        "issued_at": code.issued_at,
        "expires_at": code.expires_at,
        "reserve": {"token": reserve.token, "expires_at": reserve.expires_at},
    }


def _drawn(code: IssuedCode) -> str:
    # Our own markup of a text of 45 known characters; the title is escaped by the drawer.
    return mark_safe(qr_svg(code.token, title=gettext("QR of your health code")))  # noqa: S308


def _face(status: CodeStatus, person: UUID | None) -> dict[str, Any]:
    which = [person] if person else []
    word = colour_word(status.colour)
    return {
        "colour": status.colour.value,
        "word": word,
        "line": colour_line(status.colour),
        "masked_name": mask_name(status.person.name),
        "masked_number": masked_number(status.person),
        "refresh_url": reverse("code_of_token" if which else "code_token", args=which),
        "refresh_seconds": REFRESH_SECONDS,
        "why_url": reverse("code_of_why" if which else "code_why", args=which),
        "why_text": gettext("Why is it a %(colour)s?") % {"colour": word.lower()},
    }


def masked_number(person: Person) -> str:
    """Return the masked number, with the kind of document where it is no resident ID."""
    kind = DocumentType(person.document_type)
    masked = mask_number(kind, person.number)
    return masked if kind is DocumentType.RESIDENT_ID else f"{document_label(kind)} {masked}"


def _facts(status: CodeStatus, known: Known, at: datetime) -> list[dict[str, str]]:
    if not status.grounds:
        nothing = gettext("Nothing found that would make it red or yellow")
        facts = [(gettext("Why"), nothing), (gettext("Last checked"), moment_words(at, at))]
    else:
        worst = status.grounds[0]
        alone = len(status.grounds) == 1
        facts = [
            (gettext("Why"), reason_sentence(worst, known)),
            (gettext("Rule"), clause_label(worst.clauses[0])),
            (gettext("Turns green") if alone else gettext("Ends"), exit_sentence(worst, at, alone=alone)),
        ]
        if not alone:
            facts.append(
                (gettext("More reasons"), gettext("; ").join(reason_sentence(g, known) for g in status.grounds[1:]))
            )
    if status.changes_at and status.becomes:
        facts.append((_expected(status.becomes), date_and_days_left(status.changes_at, at)))
    return [{"label": label, "value": value} for label, value in facts]


def _expected(becomes: Colour) -> str:
    words = {
        Colour.GREEN: gettext("Expected green"),
        Colour.YELLOW: gettext("Expected yellow"),
        Colour.RED: gettext("Expected red"),
    }
    return words[becomes]
