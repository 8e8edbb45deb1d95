"""What was scanned, without anybody's name."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from healthcode.admin.base import Names
from healthcode.admin.filters import since_filter, word_filter
from healthcode.admin.labels import moment
from healthcode.domain.tokens import Reason, Verdict
from healthcode.models import Account
from venues.admin.base import VenuePage, within
from venues.models import Scan
from venues.words import REASONS, VERDICTS

_VERDICTS = {verdict.value: VERDICTS[verdict] for verdict in Verdict}
_REASONS = {reason.value: words.word for reason, words in REASONS.items()}


@admin.register(Scan)
class ScanAdmin(VenuePage):
    """What the gates answered: when, where, which result. Whose code it was is not shown."""

    names = Names(_("scan"), _("scans"))
    list_display = ("when", "where", "result")
    list_display_links = None
    list_filter = (
        word_filter("verdict", _("Verdict"), _VERDICTS),
        word_filter("reason", _("Result"), _REASONS),
        since_filter("scanned_at", _("When")),
    )
    shown = ("when", "where", "result")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a scan is made at a gate."""
        return False

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the scans at the division's venues, without the person."""
        rows = rows.filter(within(account.division, "venue__division"))
        return rows.select_related("venue").defer("person", "nonce", "colour", "condition")

    @admin.display(description=_("When"))
    def when(self, row: Scan) -> str:
        """Return the instant."""
        return moment(row.scanned_at)

    @admin.display(description=_("Venue"))
    def where(self, row: Scan) -> str:
        """Return the venue."""
        return row.venue.name

    @admin.display(description=_("Result"))
    def result(self, row: Scan) -> object:
        """Return the verdict, or why there was none."""
        return VERDICTS[Verdict(row.verdict)] if row.reason == Reason.OK else _REASONS[row.reason]
