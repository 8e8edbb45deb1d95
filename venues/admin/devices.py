"""Devices: the machines that verify codes, and their keys."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.admin.base import FormPage, Link, Names, account_of, check_permission, sent
from healthcode.admin.labels import badge, moment
from healthcode.models import Account
from venues.admin.base import VenuePage, within
from venues.models import Device, Venue
from venues.services.devices import IssuedKey, issue_device, renew_device_key, suspend_device

IN_USE = pgettext_lazy("state of a device", "In use")
SUSPENDED = pgettext_lazy("state of a device", "Suspended")


class DeviceForm(forms.Form):
    """A new device."""

    venue = forms.ModelChoiceField(label=_("Venue"), queryset=Venue.objects.none())
    name = forms.CharField(label=_("Name of the device"), max_length=96, help_text=_("As people there call it."))

    def __init__(self, *args: Any, account: Account, **options: Any) -> None:
        super().__init__(*args, **options)
        venues = Venue.objects.filter(within(account.division, "division"), closed_at__isnull=True)
        self.fields["venue"] = forms.ModelChoiceField(
            label=_("Venue"), queryset=venues.order_by("name"), to_field_name="public_id"
        )


@admin.register(Device)
class DeviceAdmin(VenuePage):
    """The machines that verify codes, and their keys, each shown once."""

    names = Names(_("device"), _("devices"))
    lookup_field = "public_id"
    list_display = ("label", "where", "made", "seen", "state")
    shown = ("label", "where", "made", "seen", "state")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the devices of the division's venues."""
        return rows.filter(within(account.division, "venue__division")).select_related("venue").defer("key_digest")

    def get_urls(self) -> list[Any]:
        """Add the pages of a new key and of suspending."""
        renew, suspend = self.admin_site.admin_view(self.renew_view), self.admin_site.admin_view(self.suspend_view)
        return [
            path("<path:object_id>/renew/", renew, name="venues_device_renew"),
            path("<path:object_id>/suspend/", suspend, name="venues_device_suspend"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer what may be done with the key to whoever may."""
        if not self.has_add_permission(request):
            return []
        renew = Link(reverse("admin:venues_device_renew", args=[row.public_id]), _("Give a new key"))
        suspend = Link(reverse("admin:venues_device_suspend", args=[row.public_id]), _("Suspend"))
        return [renew] if row.suspended_at else [renew, suspend]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for a device, make it, and show its key."""
        check_permission(request, self.has_add_permission(request))
        issued: list[IssuedKey] = []

        def act(data: dict[str, Any]) -> None:
            issued.append(issue_device(by=account_of(request), at=timezone.now(), **data))

        page = FormPage(_("Add a device"), _("Give a key"), _("The key was made."), self._list())
        response = self.form_page(request, DeviceForm(sent(request), account=account_of(request)), act, page)
        return self._key_page(request, issued) if issued else response

    def renew_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask once more, give the device a new key and show it."""
        check_permission(request, self.has_add_permission(request))
        device = self.get_object(request, object_id)
        issued: list[IssuedKey] = []

        def act(data: dict[str, Any]) -> None:
            issued.append(renew_device_key(by=account_of(request), device=device, at=timezone.now()))

        intro = _("The old key ends at once, and a suspension with it.")
        page = FormPage(_("Give a new key"), _("Give a new key"), _("The key was made."), self._list(), intro=intro)
        response = self.form_page(request, forms.Form(sent(request)), act, page)
        return self._key_page(request, issued) if issued else response

    def suspend_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask once more and suspend the device."""
        check_permission(request, self.has_add_permission(request))
        device = self.get_object(request, object_id)

        def act(data: dict[str, Any]) -> None:
            suspend_device(by=account_of(request), device=device, at=timezone.now())

        intro = _("Its key counts no more from now on. To take it into use again, give it a new key.")
        page = FormPage(_("Suspend the device"), _("Suspend"), _("Suspended."), self.url_of(device), intro=intro)
        return self.form_page(request, forms.Form(sent(request)), act, page)

    def _list(self) -> str:
        return reverse("admin:venues_device_changelist")

    def _key_page(self, request: HttpRequest, issued: list[IssuedKey]) -> HttpResponse:
        """Show the key in the answer itself, so that it stands in no session, message or address."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, "list_url": self._list()}
        context |= {"title": _("The key of the device"), "device": issued[-1].device, "key": issued[-1].key}
        return TemplateResponse(request, "admin/device_key.html", context)

    @admin.display(description=_("Name"))
    def label(self, row: Device) -> str:
        """Return the name."""
        return row.name

    @admin.display(description=_("Venue"))
    def where(self, row: Device) -> str:
        """Return the venue."""
        return row.venue.name

    @admin.display(description=_("Made"))
    def made(self, row: Device) -> str:
        """Return when it was made."""
        return moment(row.made_at)

    @admin.display(description=_("Last seen"))
    def seen(self, row: Device) -> str:
        """Return when it called last."""
        return moment(row.last_seen_at)

    @admin.display(description=_("State"))
    def state(self, row: Device) -> object:
        """Tell whether its key counts."""
        return badge(SUSPENDED if row.suspended_at else IN_USE)
