"""Control orders: asked for on one page, approved and stopped on others, each by whom it concerns (N1.1, N1.2)."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.access import APPROVE_ORDER, REQUEST_ORDER, body_of
from healthcode.admin.base import FormPage, Link, Names, RecordAdmin, Table, account_of, check_permission, sent
from healthcode.admin.fields import MomentField
from healthcode.admin.filters import since_filter, word_filter
from healthcode.admin.labels import badge, moment
from healthcode.admin.lookup import find_people
from healthcode.admin.scope import scoped_people
from healthcode.admin.site import Section
from healthcode.domain.cases import Malformed
from healthcode.domain.instants import parse_moment
from healthcode.domain.masking import mask_name
from healthcode.domain.orders import ListOrigin, Measure, OrderReason, OrderState
from healthcode.domain.people_lists import MAX_BYTES, Entry, read_people
from healthcode.models import Account, ControlOrderRequest, OrderedPerson, Person
from healthcode.services.orders import (
    OrderTerms,
    approve_order,
    can_stop,
    check_length,
    is_frozen,
    request_order,
    stop_order,
)
from healthcode.words import refusal_sentence
from healthcode.words.orders import BODIES, MEASURES, ORDER_STATES, ORIGINS, REASONS

FROZEN = pgettext_lazy("state of a control order", "Frozen by an alarm")
_SHOWN_UNKNOWN = 10


class OrderForm(forms.Form):
    """What an order says and whom it names. A measure is no colour: the rules make one of it."""

    document = forms.CharField(label=_("Number of the order"), max_length=96)
    reason = forms.ChoiceField(label=_("Reason"), choices=list(REASONS.items()))
    measure = forms.ChoiceField(label=_("Measure"), choices=list(MEASURES.items()))
    until = MomentField(label=_("Until"))
    people = forms.CharField(
        label=_("People"),
        widget=forms.Textarea(attrs={"rows": 6}),
        required=False,
        help_text=_("One a line: the whole number of the document, or the id of the person's record."),
    )
    file = forms.FileField(
        label=_("Or a file with the list"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
        help_text=_("CSV or XLSX with a column headed “number”, at most 1 MB. Nothing else in it is read or kept."),
    )
    origin = forms.ChoiceField(
        label=_("Where the list comes from"),
        choices=list(ORIGINS.items()),
        initial=ListOrigin.NAMED_ONE_BY_ONE,
        help_text=_("Scans of a venue code are no reason, and no list."),
    )
    list_name = forms.CharField(label=_("Which list"), max_length=160, required=False)

    def __init__(self, *args: Any, account: Account, **options: Any) -> None:
        super().__init__(*args, **options)
        self.account = account
        self.entries: Sequence[Entry] = ()

    def clean_file(self) -> Sequence[Entry]:
        """Read the list of the file."""
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file is None:
            return ()
        if file.size is None or file.size > MAX_BYTES:
            raise ValidationError(_("The file is larger than 1 MB."), code="file_too_large")
        try:
            return read_people(file.read())
        except Malformed as error:
            text = _("The file cannot be read: %(what)s")
            raise ValidationError(text, code="malformed", params={"what": str(error)}) from error

    def clean(self) -> dict[str, Any]:
        """Find the people; a list over the cap is not looked up, for its length is refused whoever is on it."""
        data = dict(self.cleaned_data)
        typed = [line.strip() for line in data.get("people", "").splitlines()]
        self.entries = data.get("file") or [Entry(n, line) for n, line in enumerate(typed, 1) if line]
        if data.get("file") and any(typed):
            raise ValidationError(_("Either name the people here or send a file, not both."), code="list_twice")
        if not self.errors:
            data["named"] = _people(self.account, self.entries) if self.size <= settings.HC_LIST_CAP else []
        return data

    @property
    def size(self) -> int:
        """Return how many lines name somebody, known or not."""
        return len(self.entries)

    def terms(self) -> OrderTerms:
        """Return what the order says. The form must be valid."""
        data = self.cleaned_data
        return OrderTerms(
            data["document"],
            OrderReason(data["reason"]),
            Measure(data["measure"]),
            parse_moment(data["until"]).ends,
            ListOrigin(data["origin"]),
            data["list_name"],
        )


class StopForm(forms.Form):
    """Why an order is stopped."""

    reason = forms.CharField(label=_("Reason"), max_length=256, widget=forms.Textarea(attrs={"rows": 3}))


@admin.register(ControlOrderRequest)
class OrderAdmin(RecordAdmin):
    """The orders about people of the division."""

    section = Section.PEOPLE
    names = Names(_("control order"), _("control orders"))
    lookup_field = "public_id"
    list_display = ("document_number", "reason_words", "measure_words", "ends", "asked", "state")
    list_filter = (word_filter("reason", _("Reason"), REASONS), since_filter("requested_at", _("Asked for")))
    shown = (
        *("document_number", "reason_words", "measure_words", "ends", "origin_words", "list_words"),
        *("asked", "state", "waits_until"),
    )

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the orders that name somebody of the division."""
        named = OrderedPerson.objects.filter(person__in=Person.objects.for_division(account.division))
        return rows.filter(pk__in=named.values("order")).select_related("requested_by", "held")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let those ask who may; never an administrator."""
        account = account_of(request)
        return not account.is_superuser and account.has_perm(REQUEST_ORDER)

    def get_urls(self) -> list[Any]:
        """Add the pages of approving and stopping."""
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/approve/", view(self.approve_view), name="healthcode_controlorderrequest_approve"),
            path("<path:object_id>/stop/", view(self.stop_view), name="healthcode_controlorderrequest_stop"),
            *super().get_urls(),
        ]

    # --- what may be done ------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for an order."""
        check_permission(request, self.has_add_permission(request))
        account, at = account_of(request), timezone.now()
        form = OrderForm(sent(request), request.FILES or None, account=account)

        def act(data: dict[str, Any]) -> None:
            check_length(by=account, size=form.size, document=data["document"], at=at)
            if is_frozen(request_order(by=account, terms=form.terms(), people=data["named"], at=at)):
                messages.warning(request, refusal_sentence("frozen"))

        page = FormPage(
            _("Ask for a control order"),
            _("Ask for it"),
            _("Asked for. Two bodies have to approve it; nobody's code has changed."),
            reverse("admin:healthcode_controlorderrequest_changelist"),
            intro=_("Two people of different bodies approve it. Then it waits and can be stopped. All named are told."),
        )
        return self.form_page(request, form, act, page)

    def approve_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the order once more, and approve it."""
        order = self.get_object(request, object_id)
        check_permission(request, self._may_approve(request, order))

        def act(data: dict[str, Any]) -> None:
            approve_order(by=account_of(request), order=order, at=timezone.now())

        body = body_of(account_of(request))
        page = FormPage(
            _("Approve a control order"),
            _("Approve"),
            _("Approved."),
            self.url_of(order),
            intro=_("You speak for: %(body)s") % {"body": BODIES[body] if body else "–"},
            tables=self.tables(request, order),
        )
        return self.form_page(request, forms.Form(sent(request)), act, page)

    def stop_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and stop the order."""
        order = self.get_object(request, object_id)
        check_permission(request, self._may_stop(request, order))

        def act(data: dict[str, Any]) -> None:
            stop_order(by=account_of(request), order=order, reason=data["reason"], at=timezone.now())

        page = FormPage(
            _("Stop a control order"), _("Stop it"), _("Stopped. Nobody's code changes."), self.url_of(order)
        )
        return self.form_page(request, StopForm(sent(request)), act, page)

    def _is_open(self, order: ControlOrderRequest) -> bool:
        return order.state_at(timezone.now()) in (OrderState.REQUESTED, OrderState.WAITING)

    def _may_approve(self, request: HttpRequest, order: ControlOrderRequest) -> bool:
        account = account_of(request)
        may = account.has_perm(APPROVE_ORDER) and body_of(account) is not None
        return may and order.approved_at is None and self._is_open(order) and order.requested_by_id != account.pk

    def _may_stop(self, request: HttpRequest, order: ControlOrderRequest) -> bool:
        return self._is_open(order) and can_stop(by=account_of(request), order=order)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer approving and stopping to whoever may."""
        words = {"approve": _("Approve"), "stop": _("Stop this order")}
        may = {"approve": self._may_approve(request, row), "stop": self._may_stop(request, row)}
        name = "admin:healthcode_controlorderrequest_"
        return [Link(reverse(name + verb, args=[self.id_of(row)]), words[verb]) for verb in words if may[verb]]

    # --- showing ---------------------------------------------------------------------------------------------

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return who is named, masked, and who has approved."""
        named = OrderedPerson.objects.filter(
            order=row, person__in=scoped_people(account_of(request), Person.objects)
        ).select_related("person")
        people = [(mask_name(one.person.name) or "–", str(one.person.public_id)) for one in named.order_by("pk")]
        approvals = row.approvals.select_related("by").order_by("pk")
        given = [(BODIES[one.body], str(one.by), moment(one.at)) for one in approvals]
        return [
            Table(_("People named, of your division"), (_("Name"), _("Record")), people, _("Nobody.")),
            Table(_("Approvals"), (_("Body"), _("By"), _("When")), given, _("None yet.")),
        ]

    @admin.display(description=_("Number of the order"))
    def document_number(self, row: ControlOrderRequest) -> str:
        """Return the number on the paper."""
        return row.document

    @admin.display(description=_("Reason"))
    def reason_words(self, row: ControlOrderRequest) -> object:
        """Return the reason."""
        return REASONS[row.reason]

    @admin.display(description=_("Measure"))
    def measure_words(self, row: ControlOrderRequest) -> object:
        """Return the measure."""
        return MEASURES[row.measure]

    @admin.display(description=_("Until"))
    def ends(self, row: ControlOrderRequest) -> str:
        """Return when it ends."""
        return moment(row.valid_until)

    @admin.display(description=_("Where the list comes from"))
    def origin_words(self, row: ControlOrderRequest) -> object:
        """Return where the list comes from."""
        return ORIGINS[row.origin]

    @admin.display(description=_("Which list"))
    def list_words(self, row: ControlOrderRequest) -> str:
        """Return the name of the list."""
        return row.list_name or "–"

    @admin.display(description=_("Asked for"))
    def asked(self, row: ControlOrderRequest) -> str:
        """Return when it was asked for, and by whom."""
        return f"{moment(row.requested_at)} · {row.requested_by}"

    @admin.display(description=_("State"))
    def state(self, row: ControlOrderRequest) -> str:
        """Return where it stands."""
        if self._is_open(row) and is_frozen(row):
            return badge(FROZEN)
        return badge(ORDER_STATES[row.state_at(timezone.now())])

    @admin.display(description=_("Can be stopped until"))
    def waits_until(self, row: ControlOrderRequest) -> str:
        """Return when it is carried out, once approved."""
        return moment(row.carry_out_after)


def _people(account: Account, entries: Sequence[Entry]) -> list[Person]:
    """Return the people named; raise ``ValidationError`` with the lines that are nobody of the division."""
    on, known = timezone.localdate(), scoped_people(account, Person.objects)
    found: dict[str, Person | None] = {one.typed: find_people(known, one.typed, on).first() for one in entries}
    unknown = [one.line for one in entries if found[one.typed] is None]
    if unknown:
        text = _("Nobody in your division is known under the numbers of these lines: %(lines)s")
        said = ", ".join(map(str, unknown[:_SHOWN_UNKNOWN]))
        raise ValidationError(text, code="unknown_person", params={"lines": said})
    return [person for person in found.values() if person is not None]
