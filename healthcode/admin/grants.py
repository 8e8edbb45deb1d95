"""What systems of departments may ask for in a person's name: granted call by call (N4.1)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.access import can_keep_keys
from healthcode.admin.base import FormPage, Link, Names, RecordAdmin, account_of, check_permission, sent
from healthcode.admin.labels import badge, moment
from healthcode.admin.site import Section
from healthcode.models import Account, Source, SystemGrant, SystemScope
from healthcode.services.interfaces import grant_scope, revoke_scope

SCOPES = {
    SystemScope.DECLARE_HEALTH: _("Health declaration"),
    SystemScope.DECLARE_TRIP: _("Trip declaration"),
    SystemScope.QUERY: _("Query of the code"),
    SystemScope.APPLY: _("Code application at a service point"),
    SystemScope.MAKE_CODE: _("Make a code for the holder"),
    SystemScope.VERIFY_CODE: _("Verify a code"),
    SystemScope.CORRECT: _("Correction of where the holder lives or stays"),
}
GRANTED = pgettext_lazy("state of a grant", "Granted")
TAKEN_BACK = pgettext_lazy("state of a grant", "Taken back")


class GrantForm(forms.Form):
    """To whose systems, which call, on what paper."""

    source = forms.ModelChoiceField(Source.objects.none(), label=_("Department"))
    scope = forms.ChoiceField(label=_("Call"), choices=[(scope.value, SCOPES[scope]) for scope in SystemScope])
    document = forms.CharField(label=_("Number of the document"), max_length=96)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        sources: Any = self.fields["source"]
        sources.queryset = Source.objects.filter(is_active=True).order_by("code")


@admin.register(SystemGrant)
class GrantAdmin(RecordAdmin):
    """Calls granted to systems."""

    section = Section.RULES
    names = Names(_("call of a system"), _("calls of systems"))
    lookup_field = "public_id"
    list_display = ("of", "call", "granted", "state")
    shown = ("of", "call", "granted", "taken_back", "state")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep all, with who did what."""
        return rows.select_related("source", "granted_by", "revoked_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let those grant who keep the systems' keys."""
        return can_keep_keys(account_of(request))

    def get_urls(self) -> list[Any]:
        """Add taking back."""
        view = self.admin_site.admin_view(self.revoke_view)
        return [path("<path:object_id>/revoke/", view, name="healthcode_systemgrant_revoke"), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Grant a call."""
        check_permission(request, self.has_add_permission(request))

        def act(data: dict[str, Any]) -> None:
            scope, document = SystemScope(data["scope"]), data["document"]
            grant_scope(
                by=account_of(request), source=data["source"], scope=scope, document=document, at=timezone.now()
            )

        then = reverse("admin:healthcode_systemgrant_changelist")
        page = FormPage(_("Grant a call"), _("Grant"), _("Granted."), then)
        return self.form_page(request, GrantForm(sent(request)), act, page)

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a call back."""
        grant: SystemGrant = self.get_object(request, object_id)
        check_permission(request, self._may_revoke(request, grant))

        def act(data: dict[str, Any]) -> None:
            revoke_scope(by=account_of(request), grant=grant, at=timezone.now())

        page = FormPage(_("Take a call back"), _("Take it back"), _("Taken back."), self.url_of(grant))
        return self.form_page(request, forms.Form(sent(request)), act, page._replace(intro=self.of(grant)))

    def _may_revoke(self, request: HttpRequest, row: SystemGrant) -> bool:
        return row.revoked_at is None and can_keep_keys(account_of(request))

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer taking it back."""
        if not self._may_revoke(request, row):
            return []
        return [Link(reverse("admin:healthcode_systemgrant_revoke", args=[self.id_of(row)]), _("Take it back"))]

    @admin.display(description=_("Department"))
    def of(self, row: SystemGrant) -> str:
        """Return whose systems."""
        return str(row.source)

    @admin.display(description=_("Call"))
    def call(self, row: SystemGrant) -> str:
        """Return which call."""
        return str(SCOPES[SystemScope(row.scope)])

    @admin.display(description=_("Granted"))
    def granted(self, row: SystemGrant) -> str:
        """Return who granted it when, on what paper."""
        return f"{moment(row.granted_at)} · {row.granted_by} · {row.document}"

    @admin.display(description=_("Taken back"))
    def taken_back(self, row: SystemGrant) -> str:
        """Return who took it back when."""
        return f"{moment(row.revoked_at)} · {row.revoked_by}" if row.revoked_by else "–"

    @admin.display(description=_("State"))
    def state(self, row: SystemGrant) -> str:
        """Return how it stands."""
        return badge(TAKEN_BACK if row.revoked_at else GRANTED)
