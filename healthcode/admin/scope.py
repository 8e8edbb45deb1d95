"""Whose rows an officer sees: those of people who live or stay in the officer's division."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from healthcode.admin.base import RecordAdmin, account_of
from healthcode.admin.lookup import find_people
from healthcode.models import Account, Person
from healthcode.services.reads import record_read


def scoped_people(account: Account, people: Any) -> QuerySet[Any]:
    """Keep the people of the account's division."""
    found: QuerySet[Any] = people.for_division(account.division)
    return found


class CaseAdmin(RecordAdmin):
    """A page of rows that belong to a person: scoped by the person, found by the person, reading noted."""

    search_fields = ("public_id",)
    lookup_field = "public_id"
    purpose = ""

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of the division's people."""
        return rows.filter(person__in=Person.objects.for_division(account.division)).select_related("person")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by the person's whole document number or id, and by nothing less."""
        if not search_term.strip():
            return queryset, False
        people = scoped_people(account_of(request), Person.objects)
        return queryset.filter(person__in=find_people(people, search_term, timezone.localdate())), False

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> Any:
        """Show the row, and write down who looked."""
        at = timezone.now()
        record_read(by=account_of(request), person=options["obj"].person, purpose=self.purpose, at=at)
        return super().render_change_form(request, context, *args, **options)
