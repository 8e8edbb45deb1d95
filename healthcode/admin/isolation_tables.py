"""Tables about isolation: the officers' tasks, how an end moved, visits, the person's reports."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from healthcode.admin.base import Table
from healthcode.admin.cases import evidence_url
from healthcode.admin.labels import anchor, badge, moment, yes_no
from healthcode.domain.colours import Stage
from healthcode.domain.masking import mask_name
from healthcode.models import AuditEntry, CheckIn, IsolationCase, IsolationChange, IsolationVisit
from healthcode.services.isolation import FOLLOW
from healthcode.services.observation import CaseTasks, Symptom
from healthcode.words import stage_name
from healthcode.words.isolation import CHANGES_OF_END, DUTIES, SYMPTOMS, WAYS

_SHOWN = 50


def tasks_table(found: Sequence[CaseTasks], at: datetime, url_of: Callable[[Any], str]) -> Table:
    """Return what is due today and what is overdue, each case linked to its page."""
    columns = (_("Case"), _("Person"), _("Place"), _("To do"), _("To be done by"), _("State"))
    rows = [_task_row(one, at, url_of) for one in found]
    return Table(_("Due today and overdue"), columns, rows, _("Nothing is due."))


def _task_row(one: CaseTasks, at: datetime, url_of: Callable[[Any], str]) -> tuple[object, ...]:
    words = "; ".join(str(DUTIES[task.duty]) for task in one.tasks)
    order = getattr(one.case, "order", None)
    link = anchor(url_of(one.case), stage_name(Stage(one.case.stage)))
    who, place = mask_name(one.case.person.name) or "–", order.place if order else "–"
    return (link, who, place, words, moment(one.tasks[0].due_at), _task_state(one, at))


def _task_state(one: CaseTasks, at: datetime) -> SafeString | str:
    if one.is_ill:
        return badge(_("Reported ill"), "red")
    return badge(_("Overdue"), "red") if one.is_overdue(at) else "–"


def changes_table(case: IsolationCase) -> Table:
    """Return how the planned end moved: by officers, and by itself where the ground did."""
    rows = sorted([*_moved(case), *_followed(case)], key=lambda row: row[0])
    columns = (
        _("When"),
        _("What changed"),
        _("End before"),
        _("New end"),
        _("Reason"),
        _("Reference number of the paper"),
    )
    shown = [(moment(at), *rest) for at, *rest in rows]
    return Table(_("How the end moved"), columns, shown, _("The end was never moved."))


def _moved(case: IsolationCase) -> Iterator[tuple[Any, ...]]:
    for change in IsolationChange.objects.filter(order__case=case).order_by("pk"):
        ends = (moment(change.previous_until), moment(change.valid_until))
        yield (change.at, CHANGES_OF_END[change.change], *ends, change.reason, change.document)


def _followed(case: IsolationCase) -> Iterator[tuple[Any, ...]]:
    acts = AuditEntry.objects.filter(person=case.person, action=FOLLOW, detail__case=str(case.public_id))
    for act in acts.order_by("pk"):
        said = (act.detail["previous_until"], act.detail["valid_until"])
        ends = (moment(datetime.fromisoformat(end)) if end else _("open") for end in said)
        yield (act.at, _("Moved with what it rests on"), *ends, "–", "–")


def visits_table(case: IsolationCase) -> Table:
    """Return the newest visits and calls."""
    visits = IsolationVisit.objects.filter(case=case).select_related("by").order_by("-visited_at", "-pk")[:_SHOWN]
    rows = [(moment(v.visited_at), WAYS[v.way], yes_no(v.met), v.temperature or "–", v.note, v.by) for v in visits]
    columns = (_("When"), _("How"), _("Met"), _("Temperature in °C"), _("Note"), _("By"))
    return Table(_("Visits"), columns, rows, _("Nobody has visited yet."))


def reports_table(case: IsolationCase) -> Table:
    """Return the person's newest reports since the stage began."""
    reports = CheckIn.objects.filter(person=case.person, at__gte=case.valid_from).order_by("-at", "-pk")[:_SHOWN]
    rows = [
        (
            moment(report.at),
            report.temperature,
            ", ".join(str(SYMPTOMS[Symptom(word)]) for word in report.symptoms) or "–",
            anchor(evidence_url(report.evidence), _("Fever")) if report.evidence else "–",
        )
        for report in reports.select_related("evidence")
    ]
    columns = (_("When"), _("Temperature in °C"), _("Symptoms"), _("Put on record"))
    return Table(_("Reports of the person"), columns, rows, _("The person has not reported yet."))
