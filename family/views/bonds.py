"""My family: for whom I act, who acts for me, who asks to; and one bond with what can be done about it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from family.access import bond_for_party, bonds_of, bonds_over, can_do, other_guardians
from family.domain.bonds import BondAct, Right
from family.forms import ReasonForm, RightsForm
from family.models import Bond
from family.services.bonds import narrow_rights, object_to_bond, revoke_bond
from family.services.consents import answer_asking, open_askings
from family.views.requests import account_of
from family.words import PROOFS, RELATIONS, RIGHTS, STATES, refusal_sentence
from healthcode.access import person_for_account
from healthcode.domain.masking import mask_name
from healthcode.models import Account
from healthcode.services.errors import Refused
from healthcode.words import date_and_days_left

_DONE = {
    BondAct.NARROW: lambda: gettext("Changed. Only what is ticked may be done from now on."),
    BondAct.REVOKE: lambda: gettext("Ended. Nobody acts by it any more."),
    BondAct.OBJECT: lambda: gettext("Stopped. An officer looks into it and writes to both of you."),
}


@require_safe
@login_required
def family(request: HttpRequest) -> HttpResponse:
    """List for whom I act, who acts for me and who asks to (N3.5)."""
    account, at = account_of(request), timezone.now()
    person = person_for_account(account)
    page = {
        "mine": [_row(bond, account, at) for bond in bonds_of(account, at)],
        "over_me": [_row(bond, account, at) for bond in bonds_over(account, at)],
        "askings": [
            {
                "id": asking.public_id,
                "name": mask_name(asking.carer.name),
                "rights": [RIGHTS[Right(word)] for word in asking.rights],
            }
            for asking in open_askings(person=person, at=at)
        ],
    }
    return render(request, "family/family.html", page)


def _row(bond: Bond, account: Account, at: datetime) -> dict[str, Any]:
    """Return one bond as the account's side of it is shown."""
    is_mine = bond.carer.account_id == account.pk
    other = bond.dependant if is_mine else bond.carer
    shows = is_mine and bond.has_right(Right.SHOW, at)
    return {
        "url": reverse("family_bond", args=[bond.public_id]),
        "code_url": reverse("code_of", args=[bond.dependant.public_id]) if shows else "",
        "name": mask_name(other.name),
        "relation": RELATIONS[bond.relation],
        "proof": PROOFS[bond.proof],
        "state": STATES[bond.state_at(at)],
        "is_frozen": bond.frozen_at is not None,
        "rights": [RIGHTS[Right(word)] for word in bond.rights],
        "until": date_and_days_left(bond.valid_until, at),
    }


@require_POST
@login_required
def answer(request: HttpRequest, asking: UUID) -> HttpResponse:
    """Agree or refuse that somebody acts for me."""
    agree = request.POST.get("act") == "agree"
    try:
        answer_asking(by=account_of(request), request_id=asking, agree=agree, at=timezone.now())
    except Refused as error:
        messages.error(request, refusal_sentence(error.code))
    else:
        said = gettext("Agreed. They may act for you from now on.") if agree else gettext("Refused. They may not.")
        messages.success(request, said)
    return redirect("family")


@require_safe
@login_required
def bond(request: HttpRequest, bond: UUID) -> HttpResponse:
    """Show one bond and what I can do about it."""
    account, at = account_of(request), timezone.now()
    found = bond_for_party(account, bond, at)
    return render(request, "family/bond.html", _page(found, account, at))


def _page(found: Bond, account: Account, at: datetime, **forms: Any) -> dict[str, Any]:
    able = {act.value: can_do(account, found, act, at) for act in _DONE}
    own = {"narrow_form": RightsForm(initial={"rights": found.rights}), "object_form": ReasonForm()}
    is_mine = found.carer.account_id == account.pk
    others = [
        {"url": reverse("family_bond", args=[other.public_id]), "name": mask_name(other.carer.name)}
        for other in other_guardians(found, account, at)
    ]
    page = {"bond": found, "row": _row(found, account, at), "is_mine": is_mine, "able": able, "others": others}
    return {**page, **own, **forms}


@require_POST
@login_required
def change_bond(request: HttpRequest, bond: UUID, act: BondAct) -> HttpResponse:
    """Narrow, end or object to a bond."""
    account, at = account_of(request), timezone.now()
    found = bond_for_party(account, bond, at)
    form = ReasonForm(request.POST) if act is BondAct.OBJECT else RightsForm(request.POST)
    if act is not BondAct.REVOKE and not form.is_valid():
        return render(request, "family/bond.html", _page(found, account, at, **{f"{act}_form": form}))
    try:
        if isinstance(form, ReasonForm):
            object_to_bond(by=account, bond=found, reason=form.cleaned_data["reason"], at=at)
        elif act is BondAct.NARROW:
            narrow_rights(by=account, bond=found, rights=form.chosen(), at=at)
        else:
            revoke_bond(by=account, bond=found, at=at)
    except Refused as error:
        messages.error(request, refusal_sentence(error.code))
    else:
        messages.success(request, _DONE[act]())
    return redirect("family")
