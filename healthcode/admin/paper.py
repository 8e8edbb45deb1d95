"""Printing somebody's code at the service desk (N3.7): by an officer of the division, each time written down."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from healthcode.access import can_print_code
from healthcode.admin.base import FormPage, Link, RecordAdmin, account_of, check_permission, sent
from healthcode.domain.paper_sheet import SheetSize
from healthcode.models import Person
from healthcode.services.errors import Refused
from healthcode.services.keys import NoSigningKey
from healthcode.services.paper import issue_paper_code, live_paper_code, revoke_paper_code
from healthcode.services.reads import record_read
from healthcode.words.paper import SIZES, file_name, paper_pdf

_PRINTED = _("The code is ready. Print it as a page or as a card, and give the paper to nobody else.")


class PaperPages(RecordAdmin):
    """The pages about paper below a person's record."""

    def get_urls(self) -> list[Any]:
        """Add a page for each act."""
        views = {"print": self.print_view, "take_back": self.take_back_view}
        pages = [
            path(f"<path:object_id>/paper/{name}/", self.admin_site.admin_view(view), name=f"healthcode_person_{name}")
            for name, view in views.items()
        ]
        sheet = path(
            "<path:object_id>/paper/<slug:size>.pdf",
            self.admin_site.admin_view(self.sheet_view),
            name="healthcode_person_sheet",
        )
        return [sheet, *pages, *super().get_urls()]

    def print_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make a code for paper; the one before counts no more."""
        person = self._person(request, object_id)

        def act(data: dict[str, Any]) -> None:
            try:
                issue_paper_code(by=account_of(request), person=person, at=timezone.now())
            except NoSigningKey as error:
                raise Refused("no_signing_key") from error

        intro = _("Compare the person with their document first. A code printed before counts no more afterwards.")
        page = FormPage(_("Print a code on paper"), _("Make the code"), _PRINTED, self.url_of(person), intro=intro)
        return self.form_page(request, forms.Form(sent(request)), act, page)

    def take_back_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take back the code that was printed and lost."""
        person, at = self._person(request, object_id), timezone.now()
        code = live_paper_code(person=person, at=at)
        if code is None:
            raise Http404

        def act(data: dict[str, Any]) -> None:
            revoke_paper_code(by=account_of(request), code=code, at=at)

        title, button = _("Take back the printed code"), _("Take it back")
        page = FormPage(title, button, _("Taken back: no gate accepts it any more."), self.url_of(person))
        return self.form_page(request, forms.Form(sent(request)), act, page)

    def sheet_view(self, request: HttpRequest, object_id: str, size: str) -> HttpResponse:
        """Answer with the PDF of the code that counts, and write down who printed it."""
        person, at = self._person(request, object_id), timezone.now()
        code = live_paper_code(person=person, at=at)
        if code is None or size not in SIZES:
            raise Http404
        record_read(by=account_of(request), person=person, purpose="print_paper", at=at)
        response = HttpResponse(paper_pdf(code, SheetSize(size)), content_type="application/pdf")
        response.headers["Content-Disposition"] = f'attachment; filename="{file_name(code, SheetSize(size))}"'
        return response

    def _person(self, request: HttpRequest, object_id: str) -> Person:
        person: Person = self.get_object(request, object_id)
        check_permission(request, can_print_code(account_of(request), person, timezone.now()))
        return person

    def paper_links(self, request: HttpRequest, row: Person) -> list[Link]:
        """Offer printing, and what was printed, to whoever may."""
        at = timezone.now()
        if row.applied_at is None or not can_print_code(account_of(request), row, at):
            return []
        links = [Link(self._address("print", row), _("Print a code on paper"))]
        if live_paper_code(person=row, at=at) is not None:
            sheets = [Link(self._address("sheet", row, size), words) for size, words in SIZES.items()]
            links += [*sheets, Link(self._address("take_back", row), _("Take back the printed code"))]
        return links

    def _address(self, name: str, row: Person, *more: str) -> str:
        return reverse(f"admin:healthcode_person_{name}", args=[self.id_of(row), *more])
