"""“Were you in one of these places?”: a stay lacks the detail that decides, and the person is asked, not coloured."""

from datetime import datetime
from typing import NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from healthcode.access import current_decision_for_account
from healthcode.domain.evidence import Designation, Evidence, Kind
from healthcode.domain.instants import Moment
from healthcode.forms import NONE_LISTED, QuestionForm
from healthcode.models import AreaDesignation, SourceCategory
from healthcode.services.decisions import CodeStatus, evidence_of, status_of
from healthcode.services.declarations import Stay, declare, new_form_id
from healthcode.views.reading import names_of_places
from healthcode.views.requests import account_of
from healthcode.words import day_words, place_name


class OpenQuestion(NamedTuple):
    """A designation, and the stay of which only the community is not known."""

    designation: AreaDesignation
    stay: Evidence


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def code_question(request: HttpRequest) -> HttpResponse:
    """Ask the first open question, and record the answer as a stay of the person's own saying."""
    at = timezone.now()
    decision = current_decision_for_account(account_of(request))
    if decision is None:
        raise Http404
    asked = open_question(status_of(decision, at), at)
    if asked is None:
        return redirect("my_code")
    places = sorted(asked.designation.communities) or [asked.designation.name]
    form = QuestionForm(request.POST or None, communities=places, initial={"form_id": new_form_id()})
    if form.is_valid():
        said = [answer_to(asked, form.cleaned_data["community"])]
        form_id = form.cleaned_data["form_id"]
        declare(by=account_of(request), person=decision.person, said=[*said], form_id=form_id, at=at)
        messages.success(request, gettext("Thank you. Your answer has been recorded."))
        return redirect("my_code")
    place = place_name(asked.stay.place, names_of_places([asked.stay.place]))
    page = {"form": form, "place": place, "day": day_words(asked.stay.at, at)}
    return render(request, "healthcode/question.html", page)


def open_question(status: CodeStatus, at: datetime) -> OpenQuestion | None:
    """Return the first question that the person has not answered; no query when nothing is asked."""
    if not status.needs_detail:
        return None
    designations = list(AreaDesignation.objects.filter(public_id__in=status.needs_detail).order_by("pk"))
    records = evidence_of([status.person.pk]).get(status.person.pk, [])
    withdrawn = {record.retracts for record in records if record.retracts}
    stays = [r for r in records if r.kind is Kind.AREA_STAY and r.id not in withdrawn and r.recorded_at <= at]
    stays.sort(key=lambda stay: stay.at, reverse=True)
    for row in designations:
        area = row.as_domain()
        for stay in stays:
            if _asks(area, stay) and not any(_answers(other, stay, row) for other in stays):
                return OpenQuestion(row, stay)
    return None


def _asks(area: Designation, stay: Evidence) -> bool:
    return area.may_match(stay) or (area.matches(stay) and stay.is_location_only)


def _answers(record: Evidence, stay: Evidence, row: AreaDesignation) -> bool:
    """Tell whether a record is the person's own answer about this stay, given since the area was last drawn."""
    same = record.place == stay.place and record.at == stay.at and record.id != stay.id
    names_one = record.community != "" or not row.communities
    return same and names_one and record.source == SourceCategory.SELF and record.recorded_at >= row.recorded_at


def answer_to(asked: OpenQuestion, community: str) -> Stay:
    """Return the stay that an answer declares: the same place and time, with its community.

    An area that lists none is asked about because only a phone's position tells of the stay: saying yes is a stay
    there. Saying no keeps the community ``none_listed``, which matches nothing.
    """
    stay = asked.stay
    listed = bool(asked.designation.communities)
    place = community if listed or community == NONE_LISTED else ""
    until = Moment(stay.until, stay.until) if stay.until else None
    return Stay(stay.place, place, Moment(stay.at, stay.ended_at), until)
