"""Alarms, and what they froze: a supervisor proposes what becomes of it, another confirms (the Henan pattern)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.access import can_judge_alarm
from healthcode.admin.base import FormPage, Link, Names, RecordAdmin, Table, account_of, check_permission, sent
from healthcode.admin.filters import since_filter, state_filter, word_filter
from healthcode.admin.labels import KINDS, anchor, badge, moment
from healthcode.admin.site import Section
from healthcode.models import Account, Alarm, HeldBatch, HeldRecord, Outcome
from healthcode.services.alarms import confirm_outcome, propose_outcome, send_back
from healthcode.words.orders import ANOMALIES

FROZEN = pgettext_lazy("state of a frozen batch", "Frozen")
PROPOSED = pgettext_lazy("state of a frozen batch", "Waits for confirmation")
JUDGED = pgettext_lazy("state of a frozen batch", "Judged")
OUTCOMES = {Outcome.RELEASE: _("Release: it is recorded"), Outcome.REJECT: _("Reject: it is never recorded")}
_STATES = {
    "frozen": (FROZEN, Q(outcome="")),
    "proposed": (PROPOSED, Q(confirmed_at__isnull=True) & ~Q(outcome="")),
    "judged": (JUDGED, Q(confirmed_at__isnull=False)),
}


class ProposalForm(forms.Form):
    """What is to become of it, and why."""

    outcome = forms.ChoiceField(label=_("What becomes of it"), choices=list(OUTCOMES.items()))
    reason = forms.CharField(label=_("Reason"), max_length=256, widget=forms.Textarea(attrs={"rows": 3}))


class SendBackForm(forms.Form):
    """Why a proposal is sent back."""

    reason = forms.CharField(label=_("Reason"), max_length=256, widget=forms.Textarea(attrs={"rows": 3}))


@admin.register(Alarm)
class AlarmAdmin(RecordAdmin):
    """What looked like an abuse. Names nobody but the unit."""

    section = Section.AUDIT
    names = Names(_("alarm"), _("alarms"))
    lookup_field = "public_id"
    list_display = ("what", "unit_name", "count", "raised", "held_link")
    list_filter = (word_filter("anomaly", _("Alarm"), ANOMALIES), since_filter("raised_at", _("Raised")))
    shown = ("what", "unit_name", "count", "place", "raised", "held_link")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep all, with what was frozen."""
        return rows.select_related("held")

    @admin.display(description=_("Alarm"))
    def what(self, row: Alarm) -> object:
        """Return what is wrong."""
        return ANOMALIES[row.anomaly]

    @admin.display(description=_("Unit"))
    def unit_name(self, row: Alarm) -> str:
        """Return whose doing it was."""
        return row.unit

    @admin.display(description=_("How many"))
    def count(self, row: Alarm) -> str:
        """Return how many, of how many."""
        return f"{row.number} / {row.of}"

    @admin.display(description=_("About"))
    def place(self, row: Alarm) -> str:
        """Return the place or paper it is about."""
        return row.about or "–"

    @admin.display(description=_("Raised"))
    def raised(self, row: Alarm) -> str:
        """Return when it was raised."""
        return moment(row.raised_at)

    @admin.display(description=_("Frozen batch"))
    def held_link(self, row: Alarm) -> object:
        """Return the link to what it froze."""
        if row.held is None:
            return "–"
        return anchor(
            reverse("admin:healthcode_heldbatch_change", args=[str(row.held.public_id)]), moment(row.raised_at)
        )


@admin.register(HeldBatch)
class HeldBatchAdmin(RecordAdmin):
    """What an alarm froze. Shows numbers, never who is in it."""

    section = Section.AUDIT
    names = Names(_("frozen batch"), _("frozen batches"))
    lookup_field = "public_id"
    list_display = ("unit_name", "received", "state", "outcome_words")
    list_filter = (state_filter("state", _("State"), _STATES),)
    shown = ("unit_name", "order_number", "received", "state", "outcome_words", "why", "proposed", "confirmed")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep all, with who did what."""
        return rows.select_related("source", "order", "received_by", "proposed_by", "confirmed_by")

    def get_urls(self) -> list[Any]:
        """Add the two steps, and the step back."""
        verbs = {"propose": self.propose_view, "confirm": self.confirm_view, "back": self.back_view}
        return [
            path(f"<path:object_id>/{verb}/", self.admin_site.admin_view(view), name=f"healthcode_heldbatch_{verb}")
            for verb, view in verbs.items()
        ] + super().get_urls()

    def propose_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Propose what becomes of it."""
        held, account = self._held(request, object_id), account_of(request)

        def act(data: dict[str, Any]) -> None:
            outcome = Outcome(data["outcome"])
            propose_outcome(by=account, held=held, outcome=outcome, reason=data["reason"], at=timezone.now())

        page = FormPage(_("Say what becomes of it"), _("Propose"), _("Proposed. Another supervisor confirms it."), "")
        return self._page(request, held, ProposalForm(sent(request)), act, page)

    def confirm_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Confirm what another supervisor proposed."""
        held, account = self._held(request, object_id), account_of(request)

        def act(data: dict[str, Any]) -> None:
            confirm_outcome(by=account, held=held, at=timezone.now())

        page = FormPage(_("Confirm what was proposed"), _("Confirm"), _("Confirmed."), "", intro=held.reason)
        return self._page(request, held, forms.Form(sent(request)), act, page)

    def back_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send a proposal back."""
        held, account = self._held(request, object_id), account_of(request)

        def act(data: dict[str, Any]) -> None:
            send_back(by=account, held=held, reason=data["reason"], at=timezone.now())

        page = FormPage(_("Send the proposal back"), _("Send back"), _("Sent back."), "", intro=held.reason)
        return self._page(request, held, SendBackForm(sent(request)), act, page)

    def _held(self, request: HttpRequest, object_id: str) -> HeldBatch:
        check_permission(request, can_judge_alarm(account_of(request)))
        held: HeldBatch = self.get_object(request, object_id)
        return held

    def _page(self, request: HttpRequest, held: HeldBatch, form: forms.Form, act: Any, page: FormPage) -> HttpResponse:
        whole = page._replace(then=self.url_of(held), tables=self.tables(request, held))
        return self.form_page(request, form, act, whole)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer the step that comes next to supervisors."""
        account = account_of(request)
        if not can_judge_alarm(account) or row.confirmed_at or row.received_by_id == account.pk:
            return []
        words = {"confirm": _("Confirm"), "back": _("Send back")} if row.outcome else {"propose": _("Propose")}
        if row.proposed_by_id == account.pk:
            words.pop("confirm")
        return [
            Link(reverse(f"admin:healthcode_heldbatch_{verb}", args=[self.id_of(row)]), said)
            for verb, said in words.items()
        ]

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return the alarms, and what kinds of record it holds, counted."""
        alarms = Alarm.objects.filter(held=row).order_by("pk")
        raised = [(ANOMALIES[one.anomaly], f"{one.number} / {one.of}", one.about) for one in alarms]
        kinds = HeldRecord.objects.filter(held=row).values_list("said__kind").annotate(n=Count("pk")).order_by("-n")
        counted = [(KINDS[kind], number) for kind, number in kinds]
        return [
            Table(_("Alarms"), (_("Alarm"), _("How many"), _("About")), raised, _("None.")),
            Table(_("Records"), (_("Kind of record"), _("How many")), counted, _("No records: a control order.")),
        ]

    @admin.display(description=_("Unit"))
    def unit_name(self, row: HeldBatch) -> str:
        """Return whose doing it was."""
        names = [row.source.name if row.source else "", str(row.received_by) if row.received_by else ""]
        return " · ".join(filter(None, names))

    @admin.display(description=_("Control order"))
    def order_number(self, row: HeldBatch) -> str:
        """Return the order that was frozen, if it is one."""
        return row.order.document if row.order else "–"

    @admin.display(description=_("Received"))
    def received(self, row: HeldBatch) -> str:
        """Return when it came."""
        return moment(row.received_at)

    @admin.display(description=_("State"))
    def state(self, row: HeldBatch) -> str:
        """Return where it stands."""
        return badge(JUDGED if row.confirmed_at else PROPOSED if row.outcome else FROZEN)

    @admin.display(description=_("What becomes of it"))
    def outcome_words(self, row: HeldBatch) -> object:
        """Return what was proposed or confirmed."""
        return OUTCOMES[Outcome(row.outcome)] if row.outcome else "–"

    @admin.display(description=_("Reason"))
    def why(self, row: HeldBatch) -> str:
        """Return the reason."""
        return row.reason or "–"

    @admin.display(description=_("Proposed"))
    def proposed(self, row: HeldBatch) -> str:
        """Return who proposed it, and when."""
        return f"{moment(row.proposed_at)} · {row.proposed_by}" if row.proposed_by else "–"

    @admin.display(description=_("Confirmed"))
    def confirmed(self, row: HeldBatch) -> str:
        """Return who confirmed it, and when."""
        return f"{moment(row.confirmed_at)} · {row.confirmed_by}" if row.confirmed_by else "–"
