"""What came late from departments, and what it changed (N3.2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from healthcode.admin.base import Names, Table, account_of
from healthcode.admin.filters import since_filter, state_filter
from healthcode.admin.labels import KINDS, anchor, colour_badge, moment
from healthcode.admin.lookup import find_people
from healthcode.admin.scope import CaseAdmin, scoped_people
from healthcode.admin.site import Section
from healthcode.domain.colours import Colour
from healthcode.domain.masking import mask_name
from healthcode.models import Account, DecisionRecord, LateRecord, Person
from healthcode.words.spans import span_words

_CHANGED = {
    "yes": (_("Changed the decision"), Q(decision__isnull=False)),
    "no": (_("Changed nothing"), Q(decision__isnull=True)),
}


@admin.register(LateRecord)
class LateRecordAdmin(CaseAdmin):
    """Records about people of the division that came late, each with the decision before and after."""

    section = Section.PEOPLE
    names = Names(_("late record"), _("late records"))
    lookup_field = "evidence__public_id"
    purpose = "late_record_page"
    list_display = ("kind", "person_name", "source_name", "happened", "received", "delay_words", "before", "after")
    list_filter = (state_filter("changed", _("What it changed"), _CHANGED), since_filter("marked_at", _("Received")))
    search_help_text = _("The whole number of the person's document, or the id of the person's record.")
    shown = ("kind", "person_name", "source_name", "happened", "received", "delay_words", "allowed_words")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the records about the division's people."""
        mine = rows.filter(evidence__person__in=Person.objects.for_division(account.division))
        return mine.select_related("evidence__person", "evidence__source", "decision")

    def id_of(self, row: Any) -> str:
        """Return the opaque id of the record."""
        return str(row.evidence.public_id)

    def load_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Add the decisions that were superseded; one query for all."""
        found = _superseded([row.decision for row in rows if row.decision])
        for row in rows:
            row.was = found.get((row.decision.person_id, row.decision.decided_at)) if row.decision else None

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the record with the decision before."""
        row = super().get_object(request, object_id, from_field)
        self.load_rows(request, [row])
        return row

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by the person's whole document number or id, and by nothing less."""
        if not search_term.strip():
            return queryset, False
        people = scoped_people(account_of(request), Person.objects)
        return queryset.filter(evidence__person__in=find_people(people, search_term, timezone.localdate())), False

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return what the record changed: the decision before it and the one it led to."""
        pairs = [(_("Before"), self.before(row), row.was), (_("After"), self.after(row), row.decision)]
        rows = [(words, colour, _decision_link(one)) for words, colour, one in pairs if one]
        columns = (_("When"), _("Colour"), _("Decided"))
        return [Table(_("What it changed"), columns, rows, _("It changed nothing."))]

    @admin.display(description=_("Kind of record"))
    def kind(self, row: LateRecord) -> object:
        """Return what kind of record it is."""
        return KINDS[row.evidence.kind]

    @admin.display(description=_("Person"))
    def person_name(self, row: LateRecord) -> str:
        """Return the person's name, masked."""
        return mask_name(row.person.name) or "–"

    @admin.display(description=_("Source"))
    def source_name(self, row: LateRecord) -> str:
        """Return whose record it is."""
        return row.evidence.source.name

    @admin.display(description=_("Happened"))
    def happened(self, row: LateRecord) -> str:
        """Return when that happened which the record states."""
        return moment(row.evidence.at)

    @admin.display(description=_("Received"))
    def received(self, row: LateRecord) -> str:
        """Return when it came."""
        return moment(row.evidence.recorded_at)

    @admin.display(description=_("Delay"))
    def delay_words(self, row: LateRecord) -> str:
        """Return how long after."""
        return span_words(row.delay)

    @admin.display(description=_("Records are late after"))
    def allowed_words(self, row: LateRecord) -> str:
        """Return the delay that was allowed when it came."""
        return span_words(row.allowed)

    @admin.display(description=_("Before"))
    def before(self, row: Any) -> object:
        """Return the colour that showed when it came."""
        return colour_badge(row.was.segment_at(row.decision.decided_at).colour) if row.was else "–"

    @admin.display(description=_("After"))
    def after(self, row: Any) -> object:
        """Return the colour it led to."""
        return colour_badge(Colour(row.decision.colour)) if row.decision else "–"


def _superseded(decisions: Sequence[DecisionRecord]) -> dict[tuple[int, datetime], DecisionRecord]:
    """Return what these decisions stood in place of, by person and instant."""
    rows = DecisionRecord.objects.filter(
        person__in=[one.person_id for one in decisions], superseded_at__in=[one.decided_at for one in decisions]
    )
    return {(row.person_id, row.superseded_at): row for row in rows.order_by("pk") if row.superseded_at}


def _decision_link(decision: DecisionRecord) -> str:
    address = reverse("admin:healthcode_decisionrecord_change", args=[str(decision.public_id)])
    return anchor(address, moment(decision.decided_at))
