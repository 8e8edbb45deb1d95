"""Batches of evidence: what came together, and withdrawing the whole of it in one act (N3.2, N3.8)."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from healthcode.access import can_withdraw_batch
from healthcode.admin.base import FormPage, Link, Names, Table, account_of, check_permission, sent
from healthcode.admin.cases import COUNTS, WITHDRAWN
from healthcode.admin.filters import state_filter
from healthcode.admin.forms import ReasonForm
from healthcode.admin.imports import ImportPages, import_links
from healthcode.admin.labels import KINDS, badge, colour_badge, moment
from healthcode.admin.site import Section
from healthcode.models import Account, BatchWithdrawal, EvidenceBatch
from healthcode.services.withdrawals import WithdrawalPreview, carried, preview_withdrawal, withdraw_batch

BEING_WITHDRAWN = _("Being withdrawn")
_STATES = {
    "no": (COUNTS, Q(withdrawal__isnull=True)),
    "yes": (WITHDRAWN, Q(withdrawal__isnull=False)),
}
# What one request does at once; a larger batch is finished by the workers.
_AT_ONCE = 2


@admin.register(EvidenceBatch)
class BatchAdmin(ImportPages):
    """Files and requests of departments. No person is shown here."""

    section = Section.PEOPLE
    names = Names(_("batch of evidence"), _("batches of evidence"))
    lookup_field = "public_id"
    list_display = ("label", "source_name", "received", "state")
    list_filter = (state_filter("withdrawn", _("State"), _STATES),)
    list_select_related = ("source", "received_by", "withdrawal")
    shown = ("label", "source_name", "received", "size", "state")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep all: a batch names no person."""
        return rows.select_related("source", "received_by", "withdrawal__withdrawn_by")

    def get_urls(self) -> list[Any]:
        """Add the pages of importing and of withdrawing."""
        withdraw = self.admin_site.admin_view(self.withdraw_view)
        return [
            *self.import_urls(),
            path("<path:object_id>/withdraw/", withdraw, name="healthcode_evidencebatch_withdraw"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, with the way to importing."""
        return super().changelist_view(request, {**(extra_context or {}), **import_links(request)})

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what withdrawing the batch would change, ask for the reason, and withdraw it."""
        batch = self.get_object(request, object_id)
        account, at = account_of(request), timezone.now()
        check_permission(request, can_withdraw_batch(account, batch))

        def act(data: dict[str, Any]) -> None:
            withdraw_batch(by=account, batch=batch, reason=data["reason"], at=at, limit=_AT_ONCE)

        page = FormPage(
            _("Withdraw a batch"),
            _("Withdraw the whole batch"),
            _("Withdrawn. The codes follow, and everyone touched is told."),
            self.url_of(batch),
            intro=_("Every record of the batch is withdrawn, for good. It counts as a system error."),
            tables=_preview_tables(preview_withdrawal(batch=batch, at=at)) if _is_open(batch) else [],
        )
        return self.form_page(request, ReasonForm(sent(request)), act, page)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer withdrawing to whoever may, once."""
        if not (_is_open(row) and can_withdraw_batch(account_of(request), row)):
            return []
        address = reverse("admin:healthcode_evidencebatch_withdraw", args=[self.id_of(row)])
        return [Link(address, _("Withdraw this batch"))]

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return the kinds of record in the batch, and its withdrawal."""
        kinds = row.evidence.values_list("kind").annotate(n=Count("pk")).order_by("kind")
        found = [Table(_("Records"), (_("Kind of record"), _("How many")), _kinds(kinds), _("There is no record."))]
        if not _is_open(row):
            found.append(_withdrawal_table(row.withdrawal))
        return found

    @admin.display(description=_("Name"))
    def label(self, row: EvidenceBatch) -> str:
        """Return the name of the file or request."""
        return row.name

    @admin.display(description=_("Source"))
    def source_name(self, row: EvidenceBatch) -> str:
        """Return who sent it."""
        return row.source.name

    @admin.display(description=_("Received"))
    def received(self, row: EvidenceBatch) -> str:
        """Return when it came, and who took it."""
        who = f" · {row.received_by}" if row.received_by else ""
        return f"{moment(row.received_at)}{who}"

    @admin.display(description=_("Records"))
    def size(self, row: Any) -> int:
        """Return how many records came with it."""
        return int(row.evidence.count())

    @admin.display(description=_("State"))
    def state(self, row: EvidenceBatch) -> str:
        """Tell whether it counts."""
        if _is_open(row):
            return badge(COUNTS)
        return badge(WITHDRAWN if row.withdrawal.finished_at else BEING_WITHDRAWN)


def _is_open(batch: EvidenceBatch) -> bool:
    return not hasattr(batch, "withdrawal")


def _kinds(counted: Any) -> list[tuple[object, int]]:
    return [(KINDS[kind], number) for kind, number in counted]


def _preview_tables(preview: WithdrawalPreview) -> list[Table]:
    what = [
        (_("Records to withdraw"), preview.records),
        (_("Withdrawn before"), preview.withdrawn),
        (_("Withdrawals, which stay"), preview.final),
        (_("People"), preview.people),
    ]
    turns = [
        (colour_badge(was), colour_badge(then), number)
        for (was, then), number in sorted(preview.turns.items(), key=str)
    ]
    asked = ngettext(
        "Codes that would turn, of the first %(n)s person",
        "Codes that would turn, of the first %(n)s people",
        preview.asked,
    )
    return [
        Table(_("The batch"), (_("What"), _("How many")), what, ""),
        Table(
            asked % {"n": preview.asked},
            (_("Colour now"), _("Colour then"), _("People")),
            turns,
            _("No code would turn."),
        ),
    ]


def _withdrawal_table(row: BatchWithdrawal) -> Table:
    done = carried([row])[row.pk]
    who = str(row.withdrawn_by or "–")
    cells = (moment(row.withdrawn_at), who, row.reason, done.records, done.people, done.changed, done.told)
    columns = (_("When"), _("By"), _("Reason"), _("Records"), _("People"), _("Decisions changed"), _("People told"))
    return Table(_("Withdrawn"), columns, [cells], "")
