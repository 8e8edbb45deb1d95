"""Filters of the lists. Each names its parameter, and no other parameter is accepted."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from healthcode.domain.colours import Colour
from healthcode.models import DecisionRecord
from healthcode.services.figures import showing
from healthcode.words import colour_word


def word_filter(field: str, heading: Promise, words: Mapping[str, Any]) -> type[SimpleListFilter]:
    """Return a filter on an enum column, with its words."""

    class WordFilter(SimpleListFilter):
        title = heading  # type: ignore[assignment]  # a lazy text does
        parameter_name = field

        def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
            """Return the words."""
            return [(str(value), word) for value, word in words.items()]

        def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
            """Keep the rows of the chosen word."""
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    return WordFilter


def state_filter(parameter: str, heading: Promise, states: Mapping[str, tuple[Any, Any]]) -> type[SimpleListFilter]:
    """Return a filter on conditions: parameter value → words and ``Q``."""

    class StateFilter(SimpleListFilter):
        title = heading  # type: ignore[assignment]  # a lazy text does
        parameter_name = parameter

        def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
            """Return the states."""
            return [(value, words) for value, (words, _condition) in states.items()]

        def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
            """Keep the rows in the chosen state."""
            chosen = self.value() or ""
            return queryset.filter(states[chosen][1]) if chosen in states else queryset

    return StateFilter


class ColourNow(SimpleListFilter):
    """People by what their code shows now, swept or not."""

    title = _("Colour now")
    parameter_name = "shows"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        """Return the colours."""
        return [(colour.value, colour_word(colour)) for colour in reversed(Colour)]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the people whose current code shows the colour."""
        chosen = self.value() or ""
        if chosen not in {colour.value for colour in Colour}:
            return queryset
        shown = DecisionRecord.objects.current().filter(showing(Colour(chosen), timezone.now()))
        return queryset.filter(pk__in=shown.values("person_id"))


def since_filter(field: str, heading: Promise) -> type[SimpleListFilter]:
    """Return a filter on an instant: today, the last seven days, the last thirty."""

    class SinceFilter(SimpleListFilter):
        title = heading  # type: ignore[assignment]  # a lazy text does
        parameter_name = f"{field}_since"

        def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
            """Return the spans."""
            return [("0", _("Today")), ("6", _("Last 7 days")), ("29", _("Last 30 days"))]

        def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
            """Keep the rows of the chosen span."""
            if self.value() not in {"0", "6", "29"}:
                return queryset
            return queryset.filter(**{f"{field}__gte": _days_ago(int(self.value() or 0))})

    return SinceFilter


def _days_ago(days: int) -> datetime:
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days)
