"""Accounts of staff, for the administrator of the installation alone. Citizens' accounts are not shown."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from healthcode.admin.base import FormPage, Link, Names, RecordAdmin, account_of, check_permission, sent
from healthcode.admin.fields import PlaceField
from healthcode.admin.labels import ROLES, moment, yes_no
from healthcode.admin.site import Section
from healthcode.models import Account
from healthcode.services.staff import StaffFields, save_staff


class StaffForm(forms.Form):
    """What is said of a member of staff, and a password where a new one is wanted."""

    username = forms.CharField(label=_("Name to sign in with"), max_length=64)
    display_name = forms.CharField(label=_("Name shown"), max_length=64)
    division = PlaceField(
        label=_("Division"), required=False, help_text=_("Code or name. Empty: sees no person of any county.")
    )
    roles = forms.MultipleChoiceField(label=_("Roles"), required=False, widget=forms.CheckboxSelectMultiple)
    is_staff = forms.BooleanField(label=_("Works in the back office"), required=False)
    is_active = forms.BooleanField(label=_("May sign in"), required=False)
    password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, account: Account | None, **options: Any) -> None:
        super().__init__(*args, **options)
        roles = self.fields["roles"]
        if isinstance(roles, forms.MultipleChoiceField):
            roles.choices = list(ROLES.items())
        self.fields["password"].required = account is None
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean(self) -> dict[str, Any]:
        """Check the password and return the data with the service's form of them."""
        data = dict(self.cleaned_data)
        if data.get("password"):
            try:
                validate_password(data["password"], Account(username=data.get("username", "")))
            except ValidationError as error:
                self.add_error("password", error)
        if not self.errors:
            data["fields"] = StaffFields(**{**data, "roles": tuple(data["roles"])})
        return data


@admin.register(Account)
class StaffAdmin(RecordAdmin):
    """Those who sign in by name and password."""

    section = Section.STAFF
    names = Names(_("account of staff"), _("accounts of staff"))
    lookup_field = "username"
    ordering = ("username",)
    list_display = ("label", "shown_name", "division_words", "role_words", "active", "last_seen")
    shown = ("label", "shown_name", "division_words", "role_words", "staff", "active", "last_seen")
    search_fields = ("username", "display_name")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let the administrator alone see accounts."""
        return account_of(request).is_superuser if request.user.is_authenticated else False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let the administrator alone open accounts."""
        return self.has_view_permission(request)

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the accounts without a phone: citizens sign in by phone."""
        return rows.filter(phone_index__isnull=True).prefetch_related("groups")

    def get_urls(self) -> list[Any]:
        """Add the page of changing."""
        change = self.admin_site.admin_view(self.save_view)
        return [path("<path:object_id>/save/", change, name="healthcode_account_save"), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for a new member of staff and open the account."""
        check_permission(request, self.has_add_permission(request))
        return self._save(request, None)

    def save_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for what changes and save it."""
        check_permission(request, self.has_view_permission(request))
        return self._save(request, self.get_object(request, object_id))

    def _save(self, request: HttpRequest, account: Account | None) -> HttpResponse:
        known: dict[str, Any] = {"is_staff": True, "is_active": True}
        if account is not None:
            names = ("username", "display_name", "division", "is_staff", "is_active")
            known = {name: getattr(account, name) for name in names}
            known["roles"] = [group.name for group in account.groups.all()]
        form = StaffForm(sent(request), account=account, initial=known)

        def act(data: dict[str, Any]) -> None:
            account_id = account.pk if account else None
            save_staff(by=account_of(request), account_id=account_id, fields=data["fields"], at=timezone.now())

        then = reverse("admin:healthcode_account_changelist")
        title = _("Change an account") if account else _("Add an account")
        return self.form_page(request, form, act, FormPage(title, _("Save"), _("Saved."), then))

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer changing."""
        return [Link(reverse("admin:healthcode_account_save", args=[row.username]), _("Change"))]

    @admin.display(description=_("Name to sign in with"))
    def label(self, row: Account) -> str:
        """Return the name to sign in with."""
        return row.username

    @admin.display(description=_("Name shown"))
    def shown_name(self, row: Account) -> str:
        """Return the name others see."""
        return row.display_name or "–"

    @admin.display(description=_("Division"))
    def division_words(self, row: Account) -> str:
        """Return the jurisdiction."""
        return row.division or "–"

    @admin.display(description=_("Roles"))
    def role_words(self, row: Account) -> str:
        """Return the roles."""
        if row.is_superuser:
            return str(_("Administrator"))
        return "、".join(str(ROLES.get(group.name, group.name)) for group in row.groups.all()) or "–"

    @admin.display(description=_("Works in the back office"))
    def staff(self, row: Account) -> object:
        """Tell whether the back office is open to it."""
        return yes_no(row.is_staff)

    @admin.display(description=_("May sign in"))
    def active(self, row: Account) -> object:
        """Tell whether it may sign in."""
        return yes_no(row.is_active)

    @admin.display(description=_("Signed in last"))
    def last_seen(self, row: Account) -> str:
        """Return when it signed in last."""
        return moment(row.last_login)
