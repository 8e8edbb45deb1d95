"""People: masked, read only, within the officer's division. Opening one is written down for the person to see."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.admin.base import Link, Names, Table, account_of
from healthcode.admin.cases import decision_rows, evidence_rows, ground_rows
from healthcode.admin.filters import ColourNow
from healthcode.admin.labels import colour_badge, moment, names_of_places
from healthcode.admin.lookup import find_by_id, find_people
from healthcode.admin.paper import PaperPages
from healthcode.admin.scope import scoped_people
from healthcode.admin.site import Section
from healthcode.domain.identity import DocumentType
from healthcode.domain.masking import mask_name, mask_number, mask_phone
from healthcode.models import Account, DecisionRecord, EvidenceRecord, Person
from healthcode.services.decisions import CodeStatus
from healthcode.services.reads import colours_now, current_status, record_read
from healthcode.words import country_name, document_label, place_name

# A record has few decisions and records; somebody with more has them in the lists.
_SHOWN = 50


@admin.register(Person)
class PersonAdmin(PaperPages):
    """The people of the division. Names, numbers and phones are never shown whole."""

    section = Section.PEOPLE
    names = Names(_("person"), _("people"))
    lookup_field = "public_id"
    list_display = ("masked_name", "masked_number", "colour", "residence", "stay", "applied")
    list_filter = (ColourNow,)
    search_fields = ("public_id",)
    search_method = "post"
    search_help_text = _(
        "The whole number of the document, or the id of the record. For a passport, the country first: GBR E1234567"
    )
    shown = ("colour", "masked_name", "document", "masked_number", "masked_phone", "residence", "stay", "applied")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the people who live or stay in the division."""
        return scoped_people(account, rows)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Find a person by what was typed; sent by POST, so that no number stands in an address or a log."""
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        if not self.has_view_permission(request):
            raise PermissionDenied
        person = find_people(self.get_queryset(request), request.POST.get("q", ""), timezone.localdate()).first()
        if person is None:
            messages.warning(request, _("Nobody was found. Type the whole number of the document."))
            return redirect(f"{request.path}?q=-")
        return redirect(f"{request.path}?q={person.public_id}")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Keep the person of this public id; an address knows nobody by a number."""
        if not search_term.strip():
            return queryset, False
        return find_by_id(queryset, search_term), False

    def load_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Add what each code shows now and the names of the places."""
        colours = colours_now(person_ids=[row.pk for row in rows], at=timezone.now())
        places = names_of_places({code for row in rows for code in (row.residence_code, row.stay_code)})
        for row in rows:
            row.colour_now, row.places = colours.get(row.pk), places

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the person with what the page shows."""
        person = super().get_object(request, object_id, from_field)
        person.status = current_status(person=person, at=timezone.now())
        person.colour_now = person.status.colour if person.status else None
        person.places = names_of_places({person.residence_code, person.stay_code})
        return person

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> HttpResponse:
        """Show the record, and write down who looked."""
        record_read(by=account_of(request), person=options["obj"], purpose="person_page", at=timezone.now())
        return super().render_change_form(request, context, *args, **options)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer recording and printing to whoever may."""
        printing = self.paper_links(request, row)
        if not request.user.has_perm("healthcode.add_evidencerecord"):
            return printing
        address = reverse("admin:healthcode_evidencerecord_add")
        return [Link(f"{address}?person={row.public_id}", _("Record evidence")), *printing]

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return grounds, evidence and decisions, each for those who may see them."""
        at, tables = timezone.now(), []
        records = list(EvidenceRecord.objects.of([row.pk]).prefetch_related("retractions").order_by("-at", "-pk"))
        if request.user.has_perm("healthcode.view_decisionrecord"):
            tables.append(ground_table(row.status, records, at))
        if request.user.has_perm("healthcode.view_evidencerecord"):
            columns = (_("Record"), _("Happened"), _("Source"), _("Recorded"), _("State"))
            tables.append(Table(_("Evidence"), columns, evidence_rows(records[:_SHOWN]), _("There is no evidence.")))
        if request.user.has_perm("healthcode.view_decisionrecord"):
            columns = (_("From"), _("Colour"), _("Cause"), _("Decided"), _("Next change"))
            decisions = DecisionRecord.objects.filter(person=row).order_by("-at", "-pk")[:_SHOWN]
            tables.append(Table(_("Decisions"), columns, decision_rows(decisions), _("Nothing was decided yet.")))
        return tables

    @admin.display(description=pgettext_lazy("of a person", "Name"))
    def masked_name(self, row: Person) -> str:
        """Return the name, masked."""
        return mask_name(row.name) or "–"

    @admin.display(description=_("Number"))
    def masked_number(self, row: Person) -> str:
        """Return the number, masked."""
        return mask_number(DocumentType(row.document_type), row.number)

    @admin.display(description=_("Phone"))
    def masked_phone(self, row: Person) -> str:
        """Return the phone, masked."""
        return mask_phone(row.phone) if row.phone else "–"

    @admin.display(description=_("Document"))
    def document(self, row: Person) -> str:
        """Return the kind of document, and the country of a foreign one."""
        label = document_label(DocumentType(row.document_type))
        return f"{label} · {country_name(row.nationality)}" if row.nationality else label

    @admin.display(description=_("Colour now"))
    def colour(self, row: Any) -> object:
        """Return what the code shows now."""
        return colour_badge(row.colour_now)

    @admin.display(description=_("Lives in"))
    def residence(self, row: Any) -> str:
        """Return the division of residence."""
        return place_name(row.residence_code, row.places) or "–"

    @admin.display(description=_("Stays in"))
    def stay(self, row: Any) -> str:
        """Return the division of the present stay."""
        return place_name(row.stay_code, row.places) or "–"

    @admin.display(description=_("Applied"))
    def applied(self, row: Person) -> str:
        """Return when a code was applied for."""
        return moment(row.applied_at)


def ground_table(status: CodeStatus | None, records: list[EvidenceRecord], at: datetime) -> Table:
    """Return why the code has its colour now, as a table."""
    grounds = status.grounds if status else ()
    columns = (_("Ground"), _("Clause"), _("Colour"), _("Since"), _("Until"), _("What lifts it"))
    title = _("Grounds now")
    return Table(title, columns, ground_rows(grounds, records, at), _("There is no ground for yellow or red."))
