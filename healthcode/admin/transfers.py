"""Point-to-point transfers (N2.2): started, ridden, received. Those of other divisions' people under a pseudonym."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.access import can_receive, can_transfer, is_in_jurisdiction
from healthcode.admin.base import FormPage, Link, Names, RecordAdmin, Table, account_of, check_permission, sent
from healthcode.admin.filters import state_filter
from healthcode.admin.isolation_forms import ArrivalForm, DropForm, LegForm, TransferForm, next_leg
from healthcode.admin.labels import anchor, badge, moment
from healthcode.admin.site import Section
from healthcode.domain.instants import to_china
from healthcode.domain.masking import mask_name
from healthcode.domain.transfers import alarm_of
from healthcode.models import Account, Transfer
from healthcode.services.reads import record_read
from healthcode.services.transfers import add_leg, call_off_transfer, receive, start_transfer
from healthcode.words.isolation import ALARMS

FINISHED = pgettext_lazy("state of a transfer", "Finished")
OPEN = pgettext_lazy("state of a transfer", "Under way")
CALLED_OFF = pgettext_lazy("state of a transfer", "Called off")
_STATES = {
    "open": (OPEN, Q(finished_at__isnull=True, called_off_at__isnull=True)),
    "finished": (FINISHED, Q(finished_at__isnull=False)),
    "called_off": (CALLED_OFF, Q(called_off_at__isnull=False)),
}


@admin.register(Transfer)
class TransferAdmin(RecordAdmin):
    """The transfers of the division's people and those that bring somebody into it."""

    section = Section.QUARANTINE
    names = Names(_("transfer"), _("transfers"))
    lookup_field = "public_id"
    list_display = ("name", "from_place", "to_place", "started", "state", "alarm")
    list_filter = (state_filter("state", _("State"), _STATES),)
    shown = ("who", "from_place", "to_place", "receives", "started", "state", "alarm", "reason")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the transfers from and to the division, with their legs."""
        found: Any = rows
        scoped: QuerySet[Any] = found.for_division(account.division).with_legs()
        return scoped

    def load_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Add what a reader may be told of whose transfer it is: outside their division a pseudonym."""
        account = account_of(request)
        for row in rows:
            row.is_known = is_in_jurisdiction(account, row.person)
            row.alarm_now = (
                None if row.called_off_at else alarm_of(row.chain(), row.destination, to_china(timezone.now()))
            )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the transfer with what a reader may be told."""
        row = super().get_object(request, object_id, from_field)
        self.load_rows(request, [row])
        return row

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> HttpResponse:
        """Show the transfer, and write down who looked."""
        by, at = account_of(request), timezone.now()
        record_read(by=by, person=options["obj"].person, purpose="transfer_page", at=at)
        return super().render_change_form(request, context, *args, **options)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let those start a transfer who may."""
        return bool(request.user.has_perm(self.permission("add")))

    def get_urls(self) -> list[Any]:
        """Add a page for each act."""
        views = {"leg": self.leg_view, "receive": self.receive_view, "call_off": self.call_off_view}
        pages = [
            path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"healthcode_transfer_{name}")
            for name, view in views.items()
        ]
        return [*pages, *super().get_urls()]

    # --- acts ------------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask who is brought from where to where, and start the transfer."""
        check_permission(request, self.has_add_permission(request))
        account = account_of(request)
        form = TransferForm(sent(request), account=account)

        def act(data: dict[str, Any]) -> None:
            way, division = (data["origin"], data["destination"]), data["destination_division"]
            start_transfer(by=account, person=data["person"], way=way, destination_division=division, at=timezone.now())

        then = reverse("admin:healthcode_transfer_changelist")
        page = FormPage(_("Start a transfer"), _("Start"), _("Started. Record each ride when it departs."), then)
        return self.form_page(request, form, act, page)

    def leg_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Record the next ride."""
        transfer, account = self.get_object(request, object_id), account_of(request)
        check_permission(request, can_receive(account, transfer))
        form = LegForm(sent(request), initial=next_leg(transfer))

        def act(data: dict[str, Any]) -> None:
            add_leg(by=account, transfer=transfer, leg=form.leg(), at=timezone.now())

        page = FormPage(_("Record a ride"), _("Record it"), _("The ride is recorded."), self.url_of(transfer))
        return self.form_page(request, form, act, page)

    def receive_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Record who received the person."""
        transfer, account = self.get_object(request, object_id), account_of(request)
        check_permission(request, can_receive(account, transfer))

        def act(data: dict[str, Any]) -> None:
            receive(by=account, transfer=transfer, at=timezone.now(), **data)

        page = FormPage(_("Receive the person"), _("Record the reception"), _("Received."), self.url_of(transfer))
        return self.form_page(request, ArrivalForm(sent(request)), act, page)

    def call_off_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Call off a transfer that nobody has set out on."""
        transfer, account = self.get_object(request, object_id), account_of(request)
        check_permission(request, can_transfer(account, transfer.person))

        def act(data: dict[str, Any]) -> None:
            call_off_transfer(by=account, transfer=transfer, reason=data["reason"], at=timezone.now())

        page = FormPage(_("Call the transfer off"), _("Call it off"), _("Called off."), self.url_of(transfer))
        return self.form_page(request, DropForm(sent(request)), act, page)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer what comes next to whoever may."""
        account, legs = account_of(request), row.chain()
        if row.finished_at or row.called_off_at:
            return []
        on_the_way = bool(legs) and legs[-1].arrived_at is None
        names = {}
        if can_receive(account, row):
            names = {"receive": _("Receive the person")} if on_the_way else {"leg": _("Record a ride")}
        if not legs and can_transfer(account, row.person):
            names["call_off"] = _("Call the transfer off")
        address = "admin:healthcode_transfer_{}"
        return [Link(reverse(address.format(name), args=[self.id_of(row)]), words) for name, words in names.items()]

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return the chain of rides."""
        columns = (
            *(_("Ride"), _("From where"), _("To where"), _("Vehicle"), _("Handed over by"), _("Sealed"), _("Departed")),
            *(_("Received by"), _("Arrived")),
        )
        rows = [self._leg_row(leg) for leg in row.legs.all()]
        return [Table(_("Rides"), columns, rows, _("No ride has begun yet."))]

    def _leg_row(self, leg: Any) -> tuple[object, ...]:
        arrival = getattr(leg, "arrival", None)
        received = (arrival.received_by, moment(arrival.arrived_at)) if arrival else ("–", "–")
        way = (leg.number, leg.place_from, leg.place_to, leg.vehicle, leg.handed_over_by)
        return (*way, moment(leg.sealed_at), moment(leg.departed_at), *received)

    # --- showing ---------------------------------------------------------------------------------------------

    @admin.display(description=_("Person"))
    def name(self, row: Any) -> str:
        """Return the masked name, or the pseudonym outside the reader's division."""
        return (mask_name(row.person.name) or "–") if row.is_known else str(row.pseudonym)

    @admin.display(description=_("Person"))
    def who(self, row: Any) -> str:
        """Return the masked name with its link, or the pseudonym outside the reader's division."""
        if not row.is_known:
            return self.name(row)
        return anchor(reverse("admin:healthcode_person_change", args=[str(row.person.public_id)]), self.name(row))

    @admin.display(description=_("From where"))
    def from_place(self, row: Transfer) -> str:
        """Return where it begins."""
        return row.origin

    @admin.display(description=_("To where"))
    def to_place(self, row: Transfer) -> str:
        """Return where it leads."""
        return row.destination

    @admin.display(description=_("Division that receives the person"))
    def receives(self, row: Transfer) -> str:
        """Return the code of the division."""
        return row.destination_division

    @admin.display(description=_("Started"))
    def started(self, row: Transfer) -> str:
        """Return when it was started."""
        return moment(row.started_at)

    @admin.display(description=_("State"))
    def state(self, row: Transfer) -> object:
        """Return the state."""
        if row.called_off_at:
            return badge(CALLED_OFF)
        return badge(FINISHED if row.finished_at else OPEN)

    @admin.display(description=_("Alarm"))
    def alarm(self, row: Any) -> object:
        """Return what is wrong with a chain that stands still."""
        return badge(ALARMS[row.alarm_now], "red") if row.alarm_now else "–"

    @admin.display(description=_("Reason"))
    def reason(self, row: Transfer) -> str:
        """Return why it was called off."""
        return row.called_off_reason or "–"
