"""What every page of the back office is: read only, scoped to the officer's division, found by an opaque id.

Django's own editing is switched off once, here. A page that may change something shows a form of its own that
calls one service.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.text import capfirst

from healthcode.access import NotPermitted
from healthcode.admin.site import Section
from healthcode.models import Account
from healthcode.services.errors import Refused
from healthcode.words import refusal_sentence

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _Paginator = Paginator[Any]
else:
    _ModelAdmin = admin.ModelAdmin
    _Paginator = Paginator

# Nobody pages further; counting a province's tables to the end would take seconds a page.
_COUNTED = 5_000


class Names(NamedTuple):
    """What one row and many rows are called on screen."""

    one: str | Promise
    many: str | Promise


class Link(NamedTuple):
    """A button of a record's page: where it leads and its words."""

    url: str
    words: str | Promise


class Table(NamedTuple):
    """A table below a record: its title, column titles, rows of cells, and the words where there is no row."""

    title: str | Promise
    columns: Sequence[str | Promise]
    rows: Sequence[Sequence[object]]
    nothing: str | Promise


class NamedOptions:
    """A model's options under the words of the back office.

    Were these names in the models, every change of wording would be a migration.
    """

    def __init__(self, options: Any, names: Names) -> None:
        self._options = options
        self.verbose_name = names.one
        self.verbose_name_plural = names.many

    def __getattr__(self, name: str) -> Any:
        return getattr(self._options, name)


class BoundedPaginator(_Paginator):
    """Counts at most ``_COUNTED`` rows."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, or the bound."""
        rows: Any = self.object_list
        return int(rows[:_COUNTED].count())


class RecordList(ChangeList):
    """A list whose rows are linked by their opaque id."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.opts = self.model_admin.opts
        self.title = capfirst(str(self.opts.verbose_name_plural))

    def get_results(self, request: HttpRequest) -> None:
        """Load the page of rows, then let the page add what is known of them as a set."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        page: Any = self.model_admin
        page.load_rows(request, self.result_list)

    def url_for_result(self, result: Model) -> str:
        """Return the address of a row."""
        page: Any = self.model_admin
        return str(page.url_of(result))


class RecordAdmin(_ModelAdmin):
    """A read-only page."""

    section: Section
    names: Names
    lookup_field = "pk"
    shown: Sequence[str] = ()
    ordering: ClassVar[Any] = ("-pk",)
    actions = None
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    sortable_by: ClassVar[tuple[str, ...]] = ()
    paginator = BoundedPaginator
    view_on_site = False
    change_form_template = "admin/record.html"
    change_list_template = "admin/records.html"

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.opts = NamedOptions(self.opts, self.names)  # type: ignore[assignment]  # it answers as Options do

    # --- who may ---------------------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: rows are made by services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse, whoever asks: nothing on record is edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse, whoever asks: nothing on record is deleted."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Answer by the view permission alone; being allowed to change something shows nothing."""
        return bool(request.user.has_perm(self.permission("view")))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Answer as for viewing."""
        return self.has_view_permission(request)

    def permission(self, verb: str) -> str:
        """Return the full name of a permission on this model."""
        return f"{self.opts.app_label}.{verb}_{self.opts.model_name}"

    # --- which rows ------------------------------------------------------------------------------------------

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows within the account's jurisdiction. Here: all, for rows that belong to no place."""
        return rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows the reader may see."""
        return self.scope(account_of(request), super().get_queryset(request))

    def load_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Add to one page of rows what takes a query for all of them."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row of this opaque id within the reader's jurisdiction, or answer 404."""
        try:
            return self.get_queryset(request).get(**{self.lookup_field: object_id})
        except (self.model.DoesNotExist, ValidationError, ValueError) as error:
            raise Http404 from error

    def url_of(self, row: Any) -> str:
        """Return the address of a row's page."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[self.id_of(row)])

    def id_of(self, row: Any) -> str:
        """Return the opaque id under which a row is found."""
        return str(getattr(row, self.lookup_field))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Allow the filters on the page and no others: a sealed or indexed column is not to be probed."""
        return lookup in {getattr(item, "parameter_name", "") for item in self.list_filter}

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Refuse: rows are found by their opaque id alone."""
        return False

    # --- how it is shown -------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        """Return our list."""
        return RecordList

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """Return what a record's page shows: columns of our own, with words."""
        return tuple(self.shown)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """Return every field: there is nothing to type."""
        return tuple(self.shown)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Return the buttons of a record's page: what may be done with it by whom reads it."""
        return []

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return the tables below a record."""
        return []

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> HttpResponse:
        """Show a record with its buttons and tables."""
        row = options.get("obj")
        context |= {"links": self.links(request, row), "tables": self.tables(request, row), "subtitle": None}
        context["title"] = capfirst(str(self.opts.verbose_name))
        return super().render_change_form(request, context, *args, **options)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Answer 404: what happened stands in the audit."""
        raise Http404

    # --- forms that call one service -------------------------------------------------------------------------

    def form_page(
        self, request: HttpRequest, form: forms.Form, act: Callable[[dict[str, Any]], Any], page: "FormPage"
    ) -> HttpResponse:
        """Show ``form``; when it is sent and right, call ``act`` once with its data and go to ``page.then``."""
        if request.method == "POST" and "preview" not in request.POST and form.is_valid() and self._done(form, act):
            messages.success(request, str(page.done))
            return HttpResponseRedirect(page.then)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": page.title,
            "form": form,
            "page": page,
            "list_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
        }
        return TemplateResponse(request, "admin/form.html", context)

    def _done(self, form: forms.Form, act: Callable[[dict[str, Any]], Any]) -> bool:
        try:
            act(form.cleaned_data)
        except NotPermitted as error:
            raise PermissionDenied from error
        except Refused as error:
            form.add_error(None, ValidationError(self.sentence_of(error.code), code=error.code))
            return False
        return True

    def sentence_of(self, code: str) -> str:
        """Return the sentence of a refusal."""
        return refusal_sentence(code)


class FormPage(NamedTuple):
    """The words around a form, and where to go when it is done."""

    title: str | Promise
    button: str | Promise
    done: str | Promise
    then: str
    intro: str | Promise = ""
    tables: Sequence[Table] = ()
    preview: str | Promise = ""


def account_of(request: HttpRequest) -> Account:
    """Return who is signed in; the admin lets nobody else come this far."""
    if not isinstance(request.user, Account):
        raise PermissionDenied
    return request.user


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what a form was sent with, or None when it was only asked for; a form without fields is sent empty."""
    return request.POST if request.method == "POST" else None


def check_permission(request: HttpRequest, allowed: bool) -> None:
    """Answer 403 unless ``allowed``."""
    if not allowed:
        raise PermissionDenied
