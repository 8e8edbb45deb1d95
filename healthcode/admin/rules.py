"""Sources, which are saved through a service (N3.2)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from healthcode.admin.base import FormPage, Link, Names, RecordAdmin, account_of, check_permission, sent
from healthcode.admin.fields import PlaceField
from healthcode.admin.filters import word_filter
from healthcode.admin.forms import RECORDABLE
from healthcode.admin.labels import CATEGORIES, KINDS, yes_no
from healthcode.admin.site import Section
from healthcode.domain.evidence import Kind
from healthcode.models import Source, SourceCategory
from healthcode.services.sources import SourceFields, save_source


class SourceForm(forms.Form):
    """What is said of a source."""

    code = forms.CharField(
        label=_("Code"),
        max_length=32,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$", _("Small letters, digits and hyphens."))],
        help_text=_("Small letters, digits and hyphens. It never changes."),
    )
    name = forms.CharField(label=_("Name in Chinese"), max_length=64)
    name_en = forms.CharField(label=_("Name in English"), max_length=96)
    category = forms.ChoiceField(label=_("Category"))
    kinds = forms.MultipleChoiceField(label=_("May record"), widget=forms.CheckboxSelectMultiple)
    division = PlaceField(
        label=_("Division"), required=False, help_text=_("Code or name of the county it works in. Empty: the province.")
    )
    is_active = forms.BooleanField(label=_("In use"), required=False)

    def __init__(self, *args: Any, source: Source | None, **options: Any) -> None:
        super().__init__(*args, **options)
        category, kinds = self.fields["category"], self.fields["kinds"]
        if isinstance(category, forms.ChoiceField) and isinstance(kinds, forms.MultipleChoiceField):
            category.choices = [(word, CATEGORIES[word]) for word in SourceCategory]
            kinds.choices = [(kind.value, KINDS[kind]) for kind in RECORDABLE]
        self.fields["code"].disabled = source is not None

    def clean(self) -> dict[str, Any]:
        """Return the data with the service's form of them."""
        data = dict(self.cleaned_data)
        if not self.errors:
            data["fields"] = SourceFields(
                code=data["code"],
                category=SourceCategory(data["category"]),
                name=data["name"],
                name_en=data["name_en"],
                kinds=tuple(Kind(word) for word in data["kinds"]),
                division=data["division"],
                is_active=data["is_active"],
            )
        return data


@admin.register(Source)
class SourceAdmin(RecordAdmin):
    """Who may record evidence, and of which kinds."""

    section = Section.RULES
    names = Names(_("source"), _("sources"))
    lookup_field = "code"
    ordering = ("code",)
    list_display = ("code_words", "label", "category_words", "kind_words", "in_use")
    list_filter = (word_filter("category", _("Category"), CATEGORIES),)
    shown = ("code_words", "label", "name_en", "category_words", "kind_words", "division_words", "in_use")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let those add sources who may."""
        return bool(request.user.has_perm(self.permission("add")))

    def get_urls(self) -> list[Any]:
        """Add the page of changing."""
        change = self.admin_site.admin_view(self.save_view)
        return [path("<path:object_id>/save/", change, name="healthcode_source_save"), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for a new source and save it."""
        check_permission(request, self.has_add_permission(request))
        return self._save(request, None)

    def save_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for what changes and save it."""
        check_permission(request, request.user.has_perm(self.permission("change")))
        return self._save(request, self.get_object(request, object_id))

    def _save(self, request: HttpRequest, source: Source | None) -> HttpResponse:
        names = ("code", "name", "name_en", "category", "kinds", "division", "is_active")
        known = {name: getattr(source, name) for name in names} if source else {"is_active": True}
        form = SourceForm(sent(request), source=source, initial=known)

        def act(data: dict[str, Any]) -> None:
            source_id = source.pk if source else None
            save_source(by=account_of(request), source_id=source_id, fields=data["fields"], at=timezone.now())

        then = reverse("admin:healthcode_source_changelist")
        title = _("Change a source") if source else _("Add a source")
        return self.form_page(request, form, act, FormPage(title, _("Save"), _("Saved."), then))

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer changing to whoever may."""
        if not request.user.has_perm(self.permission("change")):
            return []
        return [Link(reverse("admin:healthcode_source_save", args=[row.code]), _("Change"))]

    @admin.display(description=_("Code"))
    def code_words(self, row: Source) -> str:
        """Return the code."""
        return row.code

    @admin.display(description=_("Name"))
    def label(self, row: Source) -> str:
        """Return the Chinese name."""
        return row.name

    @admin.display(description=_("Name in English"))
    def name_en(self, row: Source) -> str:
        """Return the English name."""
        return row.name_en

    @admin.display(description=_("Category"))
    def category_words(self, row: Source) -> object:
        """Return the category."""
        return CATEGORIES[row.category]

    @admin.display(description=_("May record"))
    def kind_words(self, row: Source) -> str:
        """Return the kinds it may assert."""
        return "、".join(str(KINDS[kind]) for kind in row.kinds if kind in KINDS)

    @admin.display(description=_("Division"))
    def division_words(self, row: Source) -> str:
        """Return its jurisdiction."""
        return row.division or "–"

    @admin.display(description=_("In use"))
    def in_use(self, row: Source) -> object:
        """Tell whether it may record at all."""
        return yes_no(row.is_active)
