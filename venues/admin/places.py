"""Venues and their guards."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from healthcode.admin.base import FormPage, Link, Names, account_of, check_permission, sent
from healthcode.admin.fields import PlaceField
from healthcode.admin.filters import word_filter
from healthcode.admin.labels import moment, yes_no
from healthcode.models import Account
from venues.admin.base import VenuePage, within
from venues.domain.policy import Category
from venues.models import Guard, Venue
from venues.services.places import appoint_guard, open_venue, set_takes_once
from venues.words import CATEGORIES


class VenueForm(forms.Form):
    """A new venue."""

    name = forms.CharField(label=_("Name"), max_length=96)
    category = forms.ChoiceField(label=_("Kind of place"))
    division = PlaceField(label=_("Division"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        category = self.fields["category"]
        if isinstance(category, forms.ChoiceField):
            category.choices = [(one.value, CATEGORIES[one]) for one in Category]


class OnceForm(forms.Form):
    """How a venue takes codes."""

    takes_once = forms.BooleanField(
        label=_("Takes each code once"),
        required=False,
        help_text=_("As at a turnstile: who comes in again shows the code of the next minute. Paper codes are exempt."),
    )


@admin.register(Venue)
class VenueAdmin(VenuePage):
    """The places with a gate."""

    names = Names(_("venue"), _("venues"))
    lookup_field = "public_id"
    list_display = ("label", "category_words", "division_words", "opened", "closed")
    list_filter = (word_filter("category", _("Kind of place"), {one.value: CATEGORIES[one] for one in Category}),)
    search_fields = ("name",)
    shown = ("label", "category_words", "division_words", "once", "opened", "closed")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the venues of the division."""
        return rows.filter(within(account.division, "division"))

    def get_urls(self) -> list[Any]:
        """Add the page of taking each code once."""
        save = self.admin_site.admin_view(self.save_view)
        return [path("<path:object_id>/save/", save, name="venues_venue_save"), *super().get_urls()]

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer changing to whoever may."""
        if not self.has_add_permission(request):
            return []
        return [Link(reverse("admin:venues_venue_save", args=[row.public_id]), _("Change how codes are taken"))]

    def save_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether a code lets in once and save it."""
        check_permission(request, self.has_add_permission(request))
        venue = self.get_object(request, object_id)

        def act(data: dict[str, Any]) -> None:
            set_takes_once(by=account_of(request), venue=venue, at=timezone.now(), **data)

        form = OnceForm(sent(request), initial={"takes_once": venue.takes_once})
        page = FormPage(_("How codes are taken"), _("Save"), _("Saved."), self.url_of(venue), intro=venue.name)
        return self.form_page(request, form, act, page)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for a new venue and open it."""
        check_permission(request, self.has_add_permission(request))
        account = account_of(request)
        form = VenueForm(sent(request), initial={"division": account.division})

        def act(data: dict[str, Any]) -> None:
            category = Category(data["category"])
            open_venue(by=account, name=data["name"], category=category, division=data["division"], at=timezone.now())

        then = reverse("admin:venues_venue_changelist")
        return self.form_page(request, form, act, FormPage(_("Open a venue"), _("Open"), _("Opened."), then))

    @admin.display(description=_("Name"))
    def label(self, row: Venue) -> str:
        """Return the name."""
        return row.name

    @admin.display(description=_("Kind of place"))
    def category_words(self, row: Venue) -> object:
        """Return the kind of place."""
        return CATEGORIES[Category(row.category)]

    @admin.display(description=_("Division"))
    def division_words(self, row: Venue) -> str:
        """Return the division."""
        return row.division

    @admin.display(description=_("Takes each code once"))
    def once(self, row: Venue) -> object:
        """Tell whether a code lets in once."""
        return yes_no(row.takes_once)

    @admin.display(description=_("Opened"))
    def opened(self, row: Venue) -> str:
        """Return when it was opened."""
        return moment(row.opened_at)

    @admin.display(description=_("Closed"))
    def closed(self, row: Venue) -> str:
        """Return when it was closed."""
        return moment(row.closed_at)


class GuardForm(forms.Form):
    """Who guards which venue."""

    username = forms.CharField(label=_("Name of the account"), max_length=64)
    venue = forms.ModelChoiceField(label=_("Venue"), queryset=Venue.objects.none())

    def __init__(self, *args: Any, account: Account, **options: Any) -> None:
        super().__init__(*args, **options)
        venues = Venue.objects.filter(within(account.division, "division"), closed_at__isnull=True)
        self.fields["venue"] = forms.ModelChoiceField(
            label=_("Venue"), queryset=venues.order_by("name"), to_field_name="public_id"
        )

    def clean_username(self) -> Account:
        """Return the account; citizens sign in by phone and guard nothing."""
        name = self.cleaned_data["username"].strip()
        account = Account.objects.filter(username=name, phone_index__isnull=True, is_active=True).first()
        if account is None:
            raise forms.ValidationError(_("There is no such account."), code="unknown_account")
        return account


@admin.register(Guard)
class GuardAdmin(VenuePage):
    """Who verifies codes where."""

    names = Names(_("guard"), _("guards"))
    list_display = ("who", "where", "begins", "ends", "on_duty")
    list_display_links = None
    shown = ("who", "where", "begins", "ends", "on_duty")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the guards of the division's venues."""
        return rows.filter(within(account.division, "venue__division")).select_related("account", "venue")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask who guards which venue and appoint them."""
        check_permission(request, self.has_add_permission(request))
        account = account_of(request)
        form = GuardForm(sent(request), account=account)

        def act(data: dict[str, Any]) -> None:
            appoint_guard(by=account, account=data["username"], venue=data["venue"], at=timezone.now())

        then = reverse("admin:venues_guard_changelist")
        page = FormPage(_("Appoint a guard"), _("Appoint"), _("Appointed."), then)
        return self.form_page(request, form, act, page)

    @admin.display(description=_("Guard"))
    def who(self, row: Guard) -> str:
        """Return the account's name."""
        return str(row.account)

    @admin.display(description=_("Venue"))
    def where(self, row: Guard) -> str:
        """Return the venue."""
        return row.venue.name

    @admin.display(description=_("From"))
    def begins(self, row: Guard) -> str:
        """Return from when."""
        return moment(row.valid_from)

    @admin.display(description=_("Until"))
    def ends(self, row: Guard) -> str:
        """Return until when."""
        return moment(row.valid_until)

    @admin.display(description=_("On duty"))
    def on_duty(self, row: Guard) -> object:
        """Tell whether the guard is on duty now."""
        return yes_no(row.is_on_duty(timezone.now()))
