"""Simulations of rules: how far they are and what they found; people appear under pseudonyms only (N3.1)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.admin.base import Names, RecordAdmin, Table
from healthcode.admin.labels import badge, moment, names_of_places
from healthcode.admin.site import Section
from healthcode.domain.colours import Colour
from healthcode.domain.divisions import covers
from healthcode.domain.governance import RuleState
from healthcode.domain.instants import parse_moment
from healthcode.domain.simulation import SAMPLES, total_of
from healthcode.models import Account, Simulation
from healthcode.services.simulations import LAST_WEEK, NOW
from healthcode.words import RULE_NAMES, colour_word, place_name

_LENSES: Mapping[str, Promise] = {
    NOW: pgettext_lazy("simulation", "Now"),
    LAST_WEEK: _("Had it been in force last week"),
}
_SHOWN_COUNTIES = 100


@admin.register(Simulation)
class SimulationAdmin(RecordAdmin):
    """Drafts tried on everybody."""

    section = Section.RULES
    names = Names(_("simulation"), _("simulations"))
    list_display = ("what", "as_of", "progress", "counted", "finished", "who")
    shown = ("what", "digest", "as_of", "progress", "counted", "finished", "who")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those of what is proposed or more, and of the reader's own drafts."""
        rows = rows.select_related("version", "requested_by")
        return rows.filter(~Q(version__state=RuleState.DRAFT.value) | Q(version__author=account.pk))

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return what was found."""
        account = request.user
        return result_tables(row, account) if isinstance(account, Account) else []

    @admin.display(description=_("Rule set"))
    def what(self, row: Simulation) -> str:
        """Return the version that was tried."""
        return row.version.code

    @admin.display(description=_("Fingerprint"))
    def digest(self, row: Simulation) -> str:
        """Return the SHA-256 of the text that was tried."""
        return row.fingerprint

    @admin.display(description=pgettext_lazy("simulation", "As of"))
    def as_of(self, row: Simulation) -> str:
        """Return the instant everybody was decided at."""
        return moment(row.at)

    @admin.display(description=_("Progress"))
    def progress(self, row: Simulation) -> object:
        """Return a bar; reloading the page moves it."""
        label = _("%(percent)d %% done") % {"percent": row.percent}
        return format_html('<progress max="100" value="{}" aria-label="{}"></progress> {}', row.percent, label, label)

    @admin.display(description=_("People"))
    def counted(self, row: Simulation) -> str:
        """Return how many people are done, and of how many."""
        return f"{row.done:,} / {max(row.total, row.done):,}"

    @admin.display(description=_("Finished"))
    def finished(self, row: Simulation) -> str:
        """Return when it was finished."""
        return moment(row.finished_at)

    @admin.display(description=_("Asked by"))
    def who(self, row: Simulation) -> str:
        """Return who asked for it."""
        return str(row.requested_by or _("the system"))


def result_tables(simulation: Simulation | None, reader: Account) -> list[Table]:
    """Return the tables of a simulation, complete or so far; one that says so where there is none.

    People, under pseudonyms, are shown of the reader's own division only.
    """
    if simulation is None:
        return [Table(_("Simulation"), (), (), _("These rules have not been simulated yet."))]
    found: list[Table] = []
    for name, words in _LENSES.items():
        totals = simulation.result.get(name)
        if totals is not None:
            found += _lens(totals, words, simulation, reader)
    return found or [Table(_("Simulation"), (), (), _("The simulation has not begun yet."))]


def _lens(totals: Mapping[str, Any], words: object, simulation: Simulation, reader: Account) -> list[Table]:
    state = _("complete") if simulation.finished_at else _("%(percent)d %% done") % {"percent": simulation.percent}
    places = names_of_places([*totals["counties"], *(row["county"] for row in totals["surprises"])])
    seen = _sampled(totals["samples"], reader)
    largest = [row for row in totals["surprises"] if covers(reader.division, row["county"])]
    counties = sorted(totals["counties"].items(), key=lambda item: -total_of(item[1]))[:_SHOWN_COUNTIES]
    figures = [
        (_("People"), totals["people"]),
        (_("Colour changes"), totals["changed"]),
        (_("Same colour, but longer"), totals["longer"]),
        (_("Same colour, but shorter"), totals["shorter"]),
        *((_move(move), count) for move, count in sorted(totals["moves"].items())),
    ]
    return [
        Table(f"{words} · {state}", (_("What"), _("People")), figures, ""),
        _split(f"{words} · {_('by county')}", _("County"), [(place_name(c, places), m) for c, m in counties]),
        _split(f"{words} · {_('by ground')}", _("Ground"), [(_ground(g), m) for g, m in totals["grounds"].items()]),
        _people(f"{words} · {_('some of them')}", seen, places),
        _people(f"{words} · {_('largest surprises')}", largest, places),
    ]


def _sampled(samples: Mapping[str, Mapping[str, list[Any]]], reader: Account) -> list[Mapping[str, Any]]:
    """Return the sample of each kind of change in the reader's division."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for county, moves in samples.items():
        if covers(reader.division, county):
            for move, rows in moves.items():
                found.setdefault(move, []).extend(rows)
    return [row for _move, rows in sorted(found.items()) for row in sorted(rows, key=lambda r: r["person"])[:SAMPLES]]


def _split(title: str, column: object, rows: Iterable[tuple[object, Mapping[str, int]]]) -> Table:
    said = [
        (
            name,
            total_of(moves),
            format_html_join("；", "{} {}", ((_move(move), count) for move, count in sorted(moves.items()))),
        )
        for name, moves in rows
    ]
    return Table(title, (str(column), _("People"), _("From what to what")), said, _("Nobody's colour changes."))


def _people(title: str, rows: Iterable[Mapping[str, Any]], places: Mapping[str, str]) -> Table:
    columns = (
        *(_("Pseudonym"), _("County"), _("Ground"), _("From what to what")),
        *(_("Green from, now"), _("Green from, then")),
    )
    said = [
        (
            row["person"],
            place_name(row["county"], dict(places)) if row["county"] else "–",
            _ground(row["rule"]),
            _move(f"{row['before']}>{row['after']}"),
            _instant(row["green_before"]),
            _instant(row["green_after"]),
        )
        for row in rows
    ]
    return Table(title, columns, said, _("Nobody."))


def _move(move: str) -> object:
    before, after = (Colour(word) for word in move.split(">"))
    return format_html("{} → {}", badge(colour_word(before), before.value), badge(colour_word(after), after.value))


def _ground(rule: str) -> object:
    return RULE_NAMES.get(rule, "–")


def _instant(text: str | None) -> object:
    return moment(parse_moment(text).begins) if text else _("open")
