"""The audit: who did what to whom, when and why. Read only, for auditors (N4.2)."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from healthcode.admin.base import Names, RecordAdmin, account_of
from healthcode.admin.filters import since_filter, word_filter
from healthcode.admin.labels import ACTIONS, moment
from healthcode.admin.lookup import find_people
from healthcode.admin.scope import scoped_people
from healthcode.admin.site import Section
from healthcode.domain.masking import mask_name
from healthcode.models import Account, AuditEntry, Person


@admin.register(AuditEntry)
class AuditAdmin(RecordAdmin):
    """Entries about people of the division, and those that concern nobody in particular."""

    section = Section.AUDIT
    names = Names(_("audit entry"), _("audit entries"))
    list_display = ("when", "who", "what", "whom", "told", "why")
    list_display_links = None
    list_filter = (word_filter("action", _("Action"), ACTIONS), since_filter("at", _("When")))
    search_fields = ("actor_label",)
    search_help_text = _("The name an account signs in with, or a person's whole document number or id.")
    shown = ("when", "who", "what", "whom", "told", "why")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the entries about the division's people and those about nobody."""
        mine = Q(person__in=Person.objects.for_division(account.division)) | Q(person__isnull=True)
        return rows.filter(mine).select_related("actor", "person")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by the actor's name, or by the person's whole number or id."""
        term = search_term.strip()
        if not term:
            return queryset, False
        people = find_people(scoped_people(account_of(request), Person.objects), term, timezone.localdate())
        return queryset.filter(Q(actor_label=term) | Q(person__in=people)), False

    @admin.display(description=_("When"))
    def when(self, row: AuditEntry) -> str:
        """Return the instant."""
        return moment(row.at)

    @admin.display(description=_("Who"))
    def who(self, row: AuditEntry) -> str:
        """Return who acted; a citizen's sign-in name is random and says nothing."""
        return row.actor_label

    @admin.display(description=_("Action"))
    def what(self, row: AuditEntry) -> object:
        """Return what was done."""
        return ACTIONS.get(row.action, row.action)

    @admin.display(description=_("Person"))
    def whom(self, row: AuditEntry) -> str:
        """Return whom it concerns, masked."""
        return mask_name(row.person.name) or "–" if row.person else "–"

    @admin.display(description=_("Detail"))
    def told(self, row: AuditEntry) -> str:
        """Return what was written down with it."""
        return "; ".join(f"{name}: {value}" for name, value in row.detail.items())

    @admin.display(description=_("Reason"))
    def why(self, row: AuditEntry) -> str:
        """Return the reason given."""
        return row.reason
