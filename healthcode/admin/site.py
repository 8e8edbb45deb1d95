"""The site of the back office: sections by subject, figures on its first page, a limit on wrong passwords."""

from enum import StrEnum
from typing import Any

from allauth.core import ratelimit
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from healthcode.admin.dashboard import charts, tiles


class Section(StrEnum):
    """The sections of the first page, in their order."""

    PEOPLE = "people"
    QUARANTINE = "quarantine"
    AREAS = "areas"
    VENUES = "venues"
    RULES = "rules"
    AUDIT = "audit"
    TECHNICAL = "technical"
    STAFF = "staff"


SECTIONS: dict[str, Promise] = {
    Section.PEOPLE: _("People and evidence"),
    Section.QUARANTINE: _("Isolation and transfers"),
    Section.AREAS: _("Risk areas"),
    Section.VENUES: _("Venues"),
    Section.RULES: _("Rules and sources"),
    Section.AUDIT: _("Audit"),
    Section.TECHNICAL: _("Operation"),
    Section.STAFF: _("Staff"),
}


class BackOffice(admin.AdminSite):
    """The stock admin with our sections. Takes only pages that name their section.

    What packages register for themselves (groups, e-mail addresses, schedules) writes without a service and
    without an audit entry, so it is left out.
    """

    site_title = _("Zhejiang Health Code")
    site_header = _("Zhejiang Health Code · Back office")
    index_title = _("Overview")
    # A page that nobody in particular asked for must not lose the reader's place: the header links the portal.
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register pages that name their section; pass over all others."""
        if getattr(admin_class, "section", None) is not None:
            super().register(model_or_iterable, admin_class, **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the reader's pages by section; the name is that of the page, not of the table."""
        found: dict[str, list[dict[str, Any]]] = {section: [] for section in Section}
        for app in super().get_app_list(request, app_label):
            for entry in app["models"]:
                page: Any = self._registry[entry["model"]]
                entry["name"] = page.opts.verbose_name_plural
                found[page.section].append(entry)
        return [
            {"name": SECTIONS[section], "app_label": section, "app_url": "", "has_module_perms": True, "models": models}
            for section, models in found.items()
            if models
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the figures, then the sections."""
        at = timezone.now()
        context = {"tiles": tiles(request.user, at), **charts(request.user, at), **(extra_context or {})}
        return super().index(request, context)

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign staff in by name and password, at the rates of ``ACCOUNT_RATE_LIMITS``."""
        name = request.POST.get("username", "").casefold()[:64]
        if request.method == "POST" and not ratelimit.consume(request, action="login_failed", key=name, dry_run=True):
            limited: HttpResponse = ratelimit.respond_429(request)
            return limited
        response = super().login(request, extra_context)
        if request.method == "POST" and not request.user.is_authenticated:
            ratelimit.consume(request, action="login_failed", key=name)
        return response
