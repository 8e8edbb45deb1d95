"""Cases of isolation: the officers' tasks, and one form for each act (N2.1, N2.3). Scoped to the division's people."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from healthcode.access import can_manage_isolation, can_visit
from healthcode.admin.base import FormPage, Link, Names, Table, account_of, check_permission, sent
from healthcode.admin.cases import evidence_url
from healthcode.admin.filters import word_filter
from healthcode.admin.isolation_forms import ConfirmForm, DropForm, MoveForm, PaperForm, ReleaseForm, VisitForm
from healthcode.admin.isolation_tables import changes_table, reports_table, tasks_table, visits_table
from healthcode.admin.labels import anchor, badge, moment, yes_no
from healthcode.admin.scope import CaseAdmin
from healthcode.admin.site import Section
from healthcode.domain.colours import Stage
from healthcode.domain.isolation import CaseAct, CaseState, may_move
from healthcode.domain.masking import mask_name
from healthcode.models import Account, IsolationCase
from healthcode.services.isolation_orders import (
    cancel_isolation,
    change_end,
    confirm_isolation,
    record_paper,
    release_isolation,
)
from healthcode.services.observation import record_visit, tasks_due
from healthcode.words import stage_name
from healthcode.words.isolation import CASE_STATES, ENDS, MODES

_SHOWN_TASKS = 300
_STAGES = {stage.value: partial(stage_name, stage) for stage in Stage}


class Step(NamedTuple):
    """One act on a case: its form, its words, and the service that it calls."""

    act: CaseAct
    form: Callable[..., forms.Form]
    title: str | Promise
    button: str | Promise
    done: str | Promise
    call: Callable[[Account, IsolationCase, Any, datetime], object]
    options: Callable[[IsolationCase], dict[str, Any]] = lambda _case: {}


def _confirm(by: Account, case: IsolationCase, form: Any, at: datetime) -> object:
    return confirm_isolation(by=by, case=case, order=form.order(), at=at)


def _move(by: Account, case: IsolationCase, form: Any, at: datetime) -> object:
    return change_end(by=by, case=case, moved=form.moved(), at=at)


def _paper(by: Account, case: IsolationCase, form: Any, at: datetime) -> object:
    return record_paper(by=by, case=case, document=form.cleaned_data["document"], at=at)


def _visit(by: Account, case: IsolationCase, form: Any, at: datetime) -> object:
    return record_visit(by=by, case=case, visit=form.visit(), at=at)


def _release(by: Account, case: IsolationCase, form: Any, at: datetime) -> object:
    return release_isolation(by=by, case=case, at=at, **form.cleaned_data)


def _cancel(by: Account, case: IsolationCase, form: Any, at: datetime) -> object:
    return cancel_isolation(by=by, case=case, reason=form.cleaned_data["reason"], at=at)


STEPS: dict[str, Step] = {
    step.act.value: step
    for step in (
        Step(
            CaseAct.CONFIRM,
            ConfirmForm,
            _("Confirm the isolation"),
            _("Confirm"),
            _("Confirmed."),
            _confirm,
            lambda case: {"case": case},
        ),
        Step(CaseAct.RECORD_VISIT, VisitForm, _("Record a visit"), _("Record it"), _("The visit is recorded."), _visit),
        Step(CaseAct.RECORD_PAPER, PaperForm, _("Add the paper"), _("Add it"), _("The paper is recorded."), _paper),
        Step(
            CaseAct.CHANGE_END,
            MoveForm,
            _("Extend or shorten"),
            _("Move the end"),
            _("The end is moved. The code follows it at once."),
            _move,
        ),
        Step(
            CaseAct.RELEASE,
            ReleaseForm,
            _("Release from isolation"),
            _("Release"),
            _("Released. The code follows it at once."),
            _release,
        ),
        Step(
            CaseAct.CANCEL, DropForm, _("Drop the case"), _("Drop it"), _("Dropped. The code stays as it is."), _cancel
        ),
    )
}


@admin.register(IsolationCase)
class IsolationCaseAdmin(CaseAdmin):
    """The isolation of the division's people."""

    section = Section.QUARANTINE
    names = Names(_("isolation case"), _("isolation cases"))
    purpose = "isolation_page"
    change_list_template = "admin/tasks_link.html"
    list_display = ("stage_words", "person_name", "state_badge", "from_at", "until_at", "division")
    list_filter = (word_filter("state", _("State"), CASE_STATES),)
    search_help_text = _("The whole number of the person's document, or the id of the person's record.")
    shown = (
        *("stage_words", "person_link", "ground_link", "state_badge", "from_at", "until_at", "given", "mode"),
        *("ordered_by", "document", "verbal", "place", "supply", "confirmed", "closed"),
    )

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the cases of the division's people, with their orders."""
        related = ("ground", "order", "confirmed_by", "closed_by")
        return super().scope(account, rows).select_related(*related)

    def get_urls(self) -> list[Any]:
        """Add the tasks and one page an act."""
        view = self.admin_site.admin_view
        steps = [
            path(
                f"<path:object_id>/{name}/",
                view(partial(self.step_view, name=name)),
                name=f"healthcode_isolationcase_{name}",
            )
            for name in STEPS
        ]
        tasks = path("tasks/", view(self.tasks_view), name="healthcode_isolationcase_tasks")
        return [tasks, *steps, *super().get_urls()]

    # --- tasks -----------------------------------------------------------------------------------------------

    def tasks_view(self, request: HttpRequest) -> HttpResponse:
        """List what is due today and what is overdue in the officer's division, the most urgent first."""
        check_permission(request, self.has_view_permission(request))
        at = timezone.now()
        found = tasks_due(division=account_of(request).division, at=at)
        table = tasks_table(found[:_SHOWN_TASKS], at, self.url_of)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Tasks of isolation"),
            "table": table,
            "due": len(found),
            "overdue": sum(one.is_overdue(at) for one in found),
            "ill": sum(one.is_ill for one in found),
            "left_off": max(0, len(found) - _SHOWN_TASKS),
            "list_url": reverse("admin:healthcode_isolationcase_changelist"),
        }
        return TemplateResponse(request, "admin/tasks.html", context)

    # --- acts ------------------------------------------------------------------------------------------------

    def step_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Show the form of one act and carry it out."""
        case, step = self.get_object(request, object_id), STEPS[name]
        account, at = account_of(request), timezone.now()
        check_permission(request, _may(account, case, step.act))
        form = step.form(sent(request), **step.options(case))

        def act(data: dict[str, Any]) -> None:
            step.call(account, case, form, at)

        intro = (
            f"{self.stage_words(case)} · {mask_name(case.person.name)} · {self.from_at(case)} – {self.until_at(case)}"
        )
        page = FormPage(step.title, step.button, step.done, self.url_of(case), intro=intro)
        return self.form_page(request, form, act, page)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer the acts that are possible now to whoever may."""
        account = account_of(request)
        offered = [name for name, step in STEPS.items() if _may(account, row, step.act) and _fits(row, step.act)]
        address = "admin:healthcode_isolationcase_{}"
        return [Link(reverse(address.format(name), args=[self.id_of(row)]), STEPS[name].title) for name in offered]

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return how the end moved, the visits and the person's reports."""
        return [changes_table(row), visits_table(row), reports_table(row)]

    # --- showing ---------------------------------------------------------------------------------------------

    @admin.display(description=_("Stage"))
    def stage_words(self, row: IsolationCase) -> str:
        """Return the stage."""
        return stage_name(Stage(row.stage))

    @admin.display(description=_("Person"))
    def person_name(self, row: IsolationCase) -> str:
        """Return the person's name, masked."""
        return mask_name(row.person.name) or "–"

    @admin.display(description=_("Person"))
    def person_link(self, row: IsolationCase) -> str:
        """Return the person's name, masked, linked to the record."""
        return anchor(
            reverse("admin:healthcode_person_change", args=[str(row.person.public_id)]), self.person_name(row)
        )

    @admin.display(description=_("Rests on"))
    def ground_link(self, row: IsolationCase) -> str:
        """Return the record it rests on."""
        return anchor(evidence_url(row.ground), moment(row.ground.at))

    @admin.display(description=_("State"))
    def state_badge(self, row: IsolationCase) -> object:
        """Return the state."""
        return badge(CASE_STATES[row.state])

    @admin.display(description=_("From"))
    def from_at(self, row: IsolationCase) -> str:
        """Return from when."""
        return moment(row.valid_from)

    @admin.display(description=_("Until"))
    def until_at(self, row: IsolationCase) -> str:
        """Return the planned end."""
        return moment(row.valid_until)

    @admin.display(description=_("The rule asks until"))
    def given(self, row: IsolationCase) -> str:
        """Return the end that the ground itself gives."""
        return moment(row.given_until)

    @admin.display(description=_("Type of isolation"))
    def mode(self, row: Any) -> object:
        """Return how the order isolates."""
        return MODES[row.order.mode] if hasattr(row, "order") else "–"

    @admin.display(description=_("Ordered by"))
    def ordered_by(self, row: Any) -> str:
        """Return who ordered it."""
        return row.order.ordered_by if hasattr(row, "order") else "–"

    @admin.display(description=_("Reference number of the paper"))
    def document(self, row: Any) -> str:
        """Return the paper and when it came."""
        if not hasattr(row, "order") or not row.order.document:
            return "–"
        return f"{row.order.document} · {moment(row.order.paper_document_at)}"

    @admin.display(description=_("Given by word of mouth"))
    def verbal(self, row: Any) -> str:
        """Return when the order was spoken."""
        return moment(row.order.verbal_at) if hasattr(row, "order") else "–"

    @admin.display(description=_("Place of isolation"))
    def place(self, row: Any) -> str:
        """Return where."""
        return row.order.place if hasattr(row, "order") else "–"

    @admin.display(description=_("Food and supplies"))
    def supply(self, row: Any) -> object:
        """Return who brings food."""
        if not hasattr(row, "order"):
            return "–"
        return row.order.supply or yes_no(row.order.supply_arranged)

    @admin.display(description=_("Confirmed"))
    def confirmed(self, row: IsolationCase) -> str:
        """Return when and by whom."""
        return f"{moment(row.confirmed_at)} · {row.confirmed_by}" if row.confirmed_by else "–"

    @admin.display(description=_("Case closed"))
    def closed(self, row: IsolationCase) -> str:
        """Return when, why, by whom and on which paper."""
        why = str(ENDS[row.end]) if row.end else row.close_reason
        parts = [moment(row.closed_at), why, str(row.closed_by or ""), row.close_document]
        return " · ".join(part for part in parts if part) if row.closed_at else "–"


def _may(account: Account, case: IsolationCase, act: CaseAct) -> bool:
    allowed = can_visit if act is CaseAct.RECORD_VISIT else can_manage_isolation
    return allowed(account, case.person)


def _fits(case: Any, act: CaseAct) -> bool:
    """Tell whether an act makes sense now; the service refuses it otherwise."""
    if not may_move(CaseState(case.state), act):
        return False
    if act is CaseAct.RECORD_PAPER:
        return not case.order.document
    if act is CaseAct.CHANGE_END:
        return case.valid_until is not None
    return act is not CaseAct.RELEASE or case.stage != Stage.HOSPITAL
