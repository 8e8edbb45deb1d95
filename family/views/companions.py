"""Companions today: making a group, joining, leaving, and its one code (同行家人, N3.5)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from family.access import group_for_leader, group_for_member, group_of, member_for
from family.domain.bonds import Right
from family.forms import JoinForm, TakeAlongForm
from family.models import CompanionGroup
from family.services.companions import (
    add_dependants,
    group_code,
    join_group,
    leave_group,
    make_group,
    members_of,
)
from family.views.requests import account_of
from family.words import JOINED, refusal_sentence
from healthcode.access import may_act_for, people_shown_by, person_for_account
from healthcode.domain.masking import mask_name
from healthcode.domain.qr import qr_svg
from healthcode.models import Account
from healthcode.services.errors import Refused
from healthcode.services.keys import NoSigningKey
from healthcode.words import colour_word

_REFRESH_SECONDS = 60


@require_safe
@login_required
def companions(request: HttpRequest) -> HttpResponse:
    """Show the group of the day with everybody's own colour, or offer to make or join one."""
    account, at = account_of(request), timezone.now()
    person = person_for_account(account)
    group = group_of(account, at)
    if group is None:
        return render(request, "family/no_group.html", {"form": JoinForm()})
    is_leader = group.leader_id == person.pk
    page = {
        "group": group,
        "is_leader": is_leader,
        "members": _members(group, account, at),
        "card": _card(group, at) if is_leader else None,
        "form": _take_form(group, account, at) if is_leader else None,
    }
    return render(request, "family/companions.html", page)


def _members(group: CompanionGroup, account: Account, at: datetime) -> list[dict[str, Any]]:
    """Return the members; a colour is shown to who may show that person's code, and to nobody else."""
    is_leader = group.leader.account_id == account.pk
    found = []
    for companion, status in members_of(group_id=group.pk, at=at):
        person = companion.person
        mine = may_act_for(account, [person], Right.SHOW, at)
        found.append(
            {
                "name": mask_name(person.name),
                "joined": JOINED[companion.joined_by],
                "colour": status.colour.value if status and mine else "",
                "word": colour_word(status.colour) if status and mine else "",
                "leave_url": reverse("companions_leave", args=[person.public_id]) if mine or is_leader else "",
                "is_leader": person.pk == group.leader_id,
                "is_me": person.account_id == account.pk,
            }
        )
    return found


def _card(group: CompanionGroup, at: datetime) -> dict[str, Any]:
    """Return the group's code for the page; nothing to draw while nothing can be signed."""
    card: dict[str, Any] = {
        "colour": "none",
        "word": gettext("Group"),
        "line": gettext("One scan shows everybody's own colour"),
        "masked_name": mask_name(group.leader.name),
        "now": at,
        "refresh_seconds": _REFRESH_SECONDS,
        "refresh_url": reverse("companions_token"),
    }
    try:
        code = group_code(group=group, at=at)
    except NoSigningKey:
        return {**card, "qr_svg": ""}
    # Our own markup of a text of 45 known characters; the title is escaped by the drawer.
    drawn = mark_safe(qr_svg(code.token, title=gettext("QR of the group")))  # noqa: S308
    return {**card, "qr_svg": drawn, "issued_at": code.issued_at, "expires_at": code.expires_at}


def _take_form(group: CompanionGroup, account: Account, at: datetime, data: Any = None) -> TakeAlongForm | None:
    """Return the choice of family members who are not in the group yet; None where there is nobody to choose."""
    inside = set(group.members.filter(left_at__isnull=True).values_list("person_id", flat=True))
    others = [person for person, _label in people_shown_by(account, at) if person.pk not in inside]
    people = [(str(person.public_id), mask_name(person.name)) for person in others]
    return TakeAlongForm(data, people=people) if people else None


@require_safe
@login_required
def token(request: HttpRequest) -> HttpResponse:
    """Answer with the group's fresh code as ``static/js/show.js`` expects; 404 without a group of one's own."""
    at = timezone.now()
    group = group_for_leader(account_of(request), at)
    try:
        code = group_code(group=group, at=at)
    except NoSigningKey as error:
        return JsonResponse({"error": error.code}, status=503)
    life = {"issued_at": code.issued_at.isoformat(), "expires_at": code.expires_at.isoformat()}
    return JsonResponse({"token": code.token, "colour": "none", "now": at.isoformat(), **life})


@require_POST
@login_required
def make(request: HttpRequest) -> HttpResponse:
    """Make the group of the day."""
    account = account_of(request)
    make_group(by=account, leader=person_for_account(account), at=timezone.now())
    return redirect("companions")


@require_POST
@login_required
def join(request: HttpRequest) -> HttpResponse:
    """Join a group by the code of its leader."""
    account, at = account_of(request), timezone.now()
    person = person_for_account(account)
    form = JoinForm(request.POST)
    if form.is_valid():
        try:
            join_group(by=account, person=person, code=form.cleaned_data["code"], at=at)
        except Refused as error:
            form.add_error("code", refusal_sentence(error.code))
        else:
            messages.success(request, gettext("You are in the group until midnight."))
            return redirect("companions")
    return render(request, "family/no_group.html", {"form": form})


@require_POST
@login_required
def take(request: HttpRequest) -> HttpResponse:
    """Take family members along whose codes this phone shows."""
    account, at = account_of(request), timezone.now()
    group = group_for_leader(account, at)
    form = _take_form(group, account, at, request.POST)
    if form is None or not form.is_valid():
        messages.error(request, gettext("Choose who comes along."))
        return redirect("companions")
    chosen = [person for person, _label in people_shown_by(account, at) if str(person.public_id) in form.chosen()]
    try:
        add_dependants(by=account, group=group, people=chosen, at=at)
    except Refused as error:
        messages.error(request, refusal_sentence(error.code))
    return redirect("companions")


@require_POST
@login_required
def leave(request: HttpRequest, person: UUID) -> HttpResponse:
    """Take somebody out, mostly oneself: one tap."""
    account, at = account_of(request), timezone.now()
    group = group_for_member(account, at)
    found = member_for(group, person)
    if found is None:
        raise Http404
    leave_group(by=account, group=group, person=found, at=at)
    messages.success(request, gettext("Done. The others stay as they are."))
    return redirect("companions")
