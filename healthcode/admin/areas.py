"""Risk areas as published, zones that are no division, and what each list changed (N1.2, N1.4)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.admin.base import FormPage, Link, Names, RecordAdmin, Table, account_of, check_permission, sent
from healthcode.admin.fields import PlaceField
from healthcode.admin.filters import state_filter, word_filter
from healthcode.admin.labels import CHANGES, LEVELS, badge, moment, names_of_places
from healthcode.admin.site import Section
from healthcode.models import (
    Account,
    AreaChange,
    AreaChangeKind,
    AreaDesignation,
    AreaSnapshot,
    Cause,
    Recolouring,
    Zone,
)
from healthcode.services.areas import map_zone
from healthcode.words import place_name

IN_FORCE = pgettext_lazy("state of a risk area", "In force")
ENDED = pgettext_lazy("state of a risk area", "Ended")
_STATES = {"open": (IN_FORCE, Q(valid_until__isnull=True)), "ended": (ENDED, Q(valid_until__isnull=False))}
_MAPPED = {"no": (_("To be assigned"), Q(code="")), "yes": (_("Assigned"), ~Q(code=""))}


@admin.register(AreaDesignation)
class AreaDesignationAdmin(RecordAdmin):
    """Places at risk. They are published, so everyone in the back office sees all of them."""

    section = Section.AREAS
    names = Names(_("risk area"), _("risk areas"))
    lookup_field = "public_id"
    list_display = ("label", "level_words", "code", "where", "begins", "ends", "state")
    list_filter = (word_filter("level", _("Level"), LEVELS), state_filter("state", _("State"), _STATES))
    search_fields = ("name", "code")
    shown = ("label", "level_words", "code", "where", "begins", "ends", "state", "origin")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep all, with the list they came from."""
        return rows.select_related("snapshot")

    @admin.display(description=_("Name"))
    def label(self, row: AreaDesignation) -> str:
        """Return the name as published."""
        return row.name

    @admin.display(description=_("Level"))
    def level_words(self, row: AreaDesignation) -> object:
        """Return the level."""
        return LEVELS[row.level]

    @admin.display(description=_("Division"))
    def code(self, row: AreaDesignation) -> str:
        """Return the division's code."""
        return row.code

    @admin.display(description=_("Communities"))
    def where(self, row: AreaDesignation) -> str:
        """Return the communities listed."""
        return "、".join(row.communities) or str(_("the whole division"))

    @admin.display(description=_("From"))
    def begins(self, row: AreaDesignation) -> str:
        """Return from when it holds."""
        return moment(row.valid_from)

    @admin.display(description=_("Until"))
    def ends(self, row: AreaDesignation) -> str:
        """Return until when it held."""
        return moment(row.valid_until)

    @admin.display(description=_("State"))
    def state(self, row: AreaDesignation) -> object:
        """Tell whether an end is recorded."""
        return badge(IN_FORCE if row.valid_until is None else ENDED)

    @admin.display(description=_("Published list"))
    def origin(self, row: AreaDesignation) -> str:
        """Return the list or the document it came from."""
        return row.snapshot.file_name if row.snapshot else row.document or "–"


class ZoneForm(forms.Form):
    """The county that a zone counts as."""

    code = PlaceField(label=_("County"))


@admin.register(Zone)
class ZoneAdmin(RecordAdmin):
    """Places of published lists that are no division. Those nobody has assigned come first."""

    section = Section.AREAS
    names = Names(_("zone"), _("zones"))
    list_display = ("label", "county", "first_seen", "mapped")
    list_filter = (state_filter("mapped", _("State"), _MAPPED),)
    search_fields = ("path",)
    shown = ("label", "county", "first_seen", "mapped")
    ordering = (F("mapped_at").desc(nulls_first=True), "-pk")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep all, with who assigned them."""
        return rows.select_related("mapped_by")

    def load_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Add the names of the counties."""
        places = names_of_places({row.code for row in rows})
        for row in rows:
            row.places = places

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the zone with the name of its county."""
        zone = super().get_object(request, object_id, from_field)
        self.load_rows(request, [zone])
        return zone

    def get_urls(self) -> list[Any]:
        """Add the page of assigning."""
        assign = self.admin_site.admin_view(self.map_view)
        return [path("<path:object_id>/map/", assign, name="healthcode_zone_map"), *super().get_urls()]

    def map_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the county and assign the zone to it."""
        check_permission(request, request.user.has_perm(self.permission("change")))
        zone = self.get_object(request, object_id)

        def act(data: dict[str, Any]) -> None:
            map_zone(by=account_of(request), zone=zone, code=data["code"], at=timezone.now())

        page = FormPage(
            _("Assign a zone to a county"),
            _("Assign"),
            _("Assigned. The next list counts it as this county."),
            reverse("admin:healthcode_zone_changelist"),
            intro=zone.path,
        )
        return self.form_page(request, ZoneForm(sent(request), initial={"code": zone.code}), act, page)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer assigning to whoever may."""
        if not request.user.has_perm(self.permission("change")):
            return []
        return [Link(reverse("admin:healthcode_zone_map", args=[row.pk]), _("Assign to a county"))]

    @admin.display(description=_("As published"))
    def label(self, row: Zone) -> str:
        """Return the place as the list writes it."""
        return row.path

    @admin.display(description=_("Counts as"))
    def county(self, row: Any) -> object:
        """Return the county it counts as."""
        return place_name(row.code, row.places) if row.code else badge(_("To be assigned"))

    @admin.display(description=_("First seen"))
    def first_seen(self, row: Zone) -> str:
        """Return when a list named it first."""
        return moment(row.first_seen_at)

    @admin.display(description=_("Assigned"))
    def mapped(self, row: Zone) -> str:
        """Return when it was assigned, and by whom."""
        who = f" · {row.mapped_by}" if row.mapped_by else ""
        return f"{moment(row.mapped_at)}{who}"


@admin.register(AreaSnapshot)
class AreaSnapshotAdmin(RecordAdmin):
    """The published lists that were loaded."""

    section = Section.AREAS
    names = Names(_("published list"), _("published lists"))
    list_display = ("taken", "file_name", "count", "opened", "closed", "other", "not_mapped", "reached", "loaded")
    shown = ("taken", "file_name", "count", "opened", "closed", "other", "not_mapped", "reached", "loaded")
    ordering = ("-taken_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the lists with what each did, counted."""
        rows = super().get_queryset(request)
        kinds = {"opened_n": AreaChangeKind.STARTED.value, "closed_n": AreaChangeKind.ENDED.value}
        counted = {name: Count("changes", filter=Q(changes__change=kind)) for name, kind in kinds.items()}
        annotated: QuerySet[Any] = rows.annotate(changes_n=Count("changes"), **counted)
        return annotated

    def load_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Add how the lists were carried to people; one query for all."""
        found = Recolouring.objects.filter(cause=Cause.AREAS.value, effective_at__in=[row.taken_at for row in rows])
        carried = {one.effective_at: one for one in found.order_by("pk")}
        for row in rows:
            row.carried = carried.get(row.taken_at)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the list with how it was carried to people."""
        row = super().get_object(request, object_id, from_field)
        self.load_rows(request, [row])
        return row

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Lead to the recolouring that carried the list to people."""
        if row.carried is None or not request.user.has_perm("healthcode.view_recolouring"):
            return []
        address = reverse("admin:healthcode_recolouring_change", args=[row.carried.pk])
        return [Link(address, _("How it reached people"))]

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return what the list changed, and the places that it was the first to name and nobody could find."""
        changes = AreaChange.objects.filter(snapshot=row).order_by("pk")[:500]
        rows = [(CHANGES[one.change], one.name, _level(one.before), _level(one.after)) for one in changes]
        columns = (_("What happened"), _("Place"), _("Before"), _("After"))
        zones = Zone.objects.filter(first_seen_at=row.loaded_at).order_by("path")
        lost = [(zone.path, zone.code or badge(_("To be assigned"))) for zone in zones]
        return [
            Table(_("What it changed"), columns, rows, _("It changed nothing.")),
            Table(_("Named here first, and no division"), (_("As published"), _("Counts as")), lost, _("None.")),
        ]

    @admin.display(description=pgettext_lazy("change of a risk area", "Listed"))
    def opened(self, row: Any) -> int:
        """Return how many places it opened."""
        return int(row.opened_n)

    @admin.display(description=pgettext_lazy("change of a risk area", "Ended"))
    def closed(self, row: Any) -> int:
        """Return how many places it ended."""
        return int(row.closed_n)

    @admin.display(description=_("Otherwise changed"))
    def other(self, row: Any) -> int:
        """Return how many places it raised, lowered or drew anew."""
        return int(row.changes_n - row.opened_n - row.closed_n)

    @admin.display(description=_("Decisions changed"))
    def reached(self, row: Any) -> object:
        """Return how many decisions changed by it, of how many people it concerned."""
        return f"{row.carried.changed:,} / {row.carried.people:,}" if row.carried else "–"

    @admin.display(description=_("As of"))
    def taken(self, row: AreaSnapshot) -> str:
        """Return the instant the list speaks of."""
        return moment(row.taken_at)

    @admin.display(description=_("File"))
    def file_name(self, row: AreaSnapshot) -> str:
        """Return the file it was read from."""
        return row.file_name

    @admin.display(description=_("Places"))
    def count(self, row: AreaSnapshot) -> int:
        """Return how many places it lists."""
        return row.listed

    @admin.display(description=_("Not assigned"))
    def not_mapped(self, row: AreaSnapshot) -> int:
        """Return how many places nobody could find."""
        return row.unmapped

    @admin.display(description=_("Loaded"))
    def loaded(self, row: AreaSnapshot) -> str:
        """Return when it was loaded."""
        return moment(row.loaded_at)


@admin.register(AreaChange)
class AreaChangeAdmin(RecordAdmin):
    """What the lists changed, newest first."""

    section = Section.AREAS
    names = Names(_("change of a risk area"), _("changes of risk areas"))
    list_display = ("what", "place", "before_words", "after_words", "taken")
    list_display_links = None
    list_filter = (word_filter("change", _("What happened"), CHANGES),)
    search_fields = ("name", "code")
    shown = ("what", "place", "before_words", "after_words", "taken")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep all, with the list that made the change."""
        return rows.select_related("snapshot")

    @admin.display(description=_("What happened"))
    def what(self, row: AreaChange) -> object:
        """Return what happened to the place."""
        return CHANGES[row.change]

    @admin.display(description=_("Place"))
    def place(self, row: AreaChange) -> str:
        """Return the place."""
        return row.name

    @admin.display(description=_("Before"))
    def before_words(self, row: AreaChange) -> object:
        """Return the level before."""
        return _level(row.before)

    @admin.display(description=_("After"))
    def after_words(self, row: AreaChange) -> object:
        """Return the level after."""
        return _level(row.after)

    @admin.display(description=_("As of"))
    def taken(self, row: AreaChange) -> str:
        """Return the instant of the list."""
        return moment(row.snapshot.taken_at)


def _level(word: str) -> object:
    return LEVELS.get(word, "–")
