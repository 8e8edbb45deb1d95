"""What the pages of this app share: the division they are kept to, and the sentences of refusals."""

from django.db.models import Q
from django.http import HttpRequest

from healthcode.admin.base import RecordAdmin
from healthcode.admin.site import Section
from healthcode.domain.divisions import prefix_of
from venues.words import REFUSALS


def within(division: str, field: str) -> Q:
    """Return the condition that ``field`` lies in the division; nothing lies in none."""
    return Q(**{f"{field}__startswith": prefix_of(division)}) if division else Q(pk__in=[])


class VenuePage(RecordAdmin):
    """A page of this app: venues of the officer's division."""

    section = Section.VENUES

    def sentence_of(self, code: str) -> str:
        """Return the sentence of a refusal: this app's own, or one of the core's."""
        return str(REFUSALS[code]) if code in REFUSALS else super().sentence_of(code)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let those add who may."""
        return bool(request.user.has_perm(self.permission("add")))
