"""Decisions: read only. What was decided, on which grounds, under which rules, and what it becomes."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.admin.base import Names, Table
from healthcode.admin.cases import ground_rows, timeline_rows
from healthcode.admin.filters import since_filter, state_filter, word_filter
from healthcode.admin.labels import CAUSES, anchor, badge, colour_badge, colour_words, moment
from healthcode.admin.scope import CaseAdmin
from healthcode.admin.site import Section
from healthcode.domain.colours import Colour
from healthcode.domain.masking import mask_name
from healthcode.models import Account, DecisionRecord, EvidenceRecord

CURRENT = pgettext_lazy("state of a decision", "Holds")
SUPERSEDED = pgettext_lazy("state of a decision", "Superseded")
_STATES = {
    "current": (CURRENT, Q(superseded_at__isnull=True)),
    "superseded": (SUPERSEDED, Q(superseded_at__isnull=False)),
}
_COLOURS = {colour.value: (colour_words(colour), Q(colour=colour.value)) for colour in reversed(Colour)}


@admin.register(DecisionRecord)
class DecisionAdmin(CaseAdmin):
    """The decisions on people of the division."""

    section = Section.PEOPLE
    names = Names(_("decision"), _("decisions"))
    purpose = "decision_page"
    list_display = ("decided_colour", "person_name", "since", "cause_words", "decided", "next_change", "state")
    list_filter = (
        state_filter("decided", _("Colour"), _COLOURS),
        word_filter("cause", _("Cause"), CAUSES),
        state_filter("state", _("State"), _STATES),
        since_filter("decided_at", _("Decided")),
    )
    search_help_text = _("The whole number of the person's document, or the id of the person's record.")
    shown = ("decided_colour", "person_link", "since", "next_change", "cause_words", "decided", "rules", "state")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the division's decisions, with their rule set."""
        return super().scope(account, rows).select_related("ruleset")

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return the grounds and the timeline as they were decided."""
        at = timezone.now()
        records = list(EvidenceRecord.objects.of([row.person_id]).order_by("pk"))
        grounds = row.segments()[0].grounds
        columns = (_("Ground"), _("Clause"), _("Colour"), _("Since"), _("Until"), _("What lifts it"))
        nothing = _("There is no ground for yellow or red.")
        timeline = timeline_rows(row.segments(), records, at)
        return [
            Table(_("Grounds"), columns, ground_rows(grounds, records, at), nothing),
            Table(_("Timeline"), (_("From"), _("Colour"), _("Ground")), timeline, ""),
        ]

    @admin.display(description=_("Colour"))
    def decided_colour(self, row: DecisionRecord) -> object:
        """Return the colour decided."""
        return colour_badge(Colour(row.colour))

    @admin.display(description=_("Person"))
    def person_name(self, row: DecisionRecord) -> str:
        """Return the person's name, masked."""
        return mask_name(row.person.name) or "–"

    @admin.display(description=_("Person"))
    def person_link(self, row: DecisionRecord) -> str:
        """Return the person's name, masked, linked to the record of the person."""
        address = reverse("admin:healthcode_person_change", args=[str(row.person.public_id)])
        return anchor(address, self.person_name(row))

    @admin.display(description=_("From"))
    def since(self, row: DecisionRecord) -> str:
        """Return from when the decision holds."""
        return moment(row.at)

    @admin.display(description=_("Cause"))
    def cause_words(self, row: DecisionRecord) -> object:
        """Return what led to it."""
        return CAUSES[row.cause]

    @admin.display(description=_("Decided"))
    def decided(self, row: DecisionRecord) -> str:
        """Return when it was decided."""
        return moment(row.decided_at)

    @admin.display(description=_("Next change"))
    def next_change(self, row: DecisionRecord) -> str:
        """Return when the colour changes by itself."""
        return moment(row.changes_at)

    @admin.display(description=_("Rule set"))
    def rules(self, row: DecisionRecord) -> str:
        """Return the rule set it was decided under."""
        return row.ruleset.code

    @admin.display(description=_("State"))
    def state(self, row: DecisionRecord) -> object:
        """Tell whether the decision holds."""
        return badge(CURRENT if row.superseded_at is None else SUPERSEDED)
