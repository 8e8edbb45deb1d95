"""Outbreak areas (N1.4): proposed by the control office, assessed by the health commission, consented to by the
leading group; three people, each with a document.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.access import body_of
from healthcode.admin.base import FormPage, Link, Names, RecordAdmin, Table, account_of, check_permission, sent
from healthcode.admin.fields import PlaceField
from healthcode.admin.labels import anchor, badge, moment
from healthcode.admin.site import Section
from healthcode.domain.attachments import FORMS, MAX_BYTES
from healthcode.domain.orders import Body
from healthcode.models import Account, OutbreakDocument, OutbreakProposal
from healthcode.services.outbreaks import (
    OutbreakPlace,
    Paper,
    assess_outbreak,
    consent_outbreak,
    end_outbreak,
    propose_outbreak,
)
from healthcode.words import refusal_sentence

PROPOSED = pgettext_lazy("state of an outbreak area", "Waits for assessment")
ASSESSED = pgettext_lazy("state of an outbreak area", "Waits for consent")
IN_FORCE = pgettext_lazy("state of an outbreak area", "In force")
ENDED = pgettext_lazy("state of an outbreak area", "Ended")


# Of an official paper; that of an identity document is another word in Chinese.
NUMBER = pgettext_lazy("official paper", "Number of the document")


def _document() -> forms.CharField:
    return forms.CharField(label=NUMBER, max_length=96)


class DocumentForm(forms.Form):
    """The paper a step rests on: its number and its file."""

    document = _document()
    file = forms.FileField(
        label=_("File of the document"),
        max_length=255,
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(FORMS.values())}),
        help_text=_("A PDF, a PNG or a JPEG picture, 10 MB at most. It stays on record as it is."),
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse a file that is too large before it is read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if file.size is None or file.size > MAX_BYTES:
            raise forms.ValidationError(refusal_sentence("file_too_large"), code="file_too_large")
        return file

    def paper(self) -> Paper:
        """Return the document. The form must be valid."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        return Paper(self.cleaned_data["document"], file.name or "", file.read())


class OutbreakForm(DocumentForm):
    """Where, and on what paper."""

    code = PlaceField(label=_("Division"))
    name = forms.CharField(label=_("Name"), max_length=160)
    communities = forms.CharField(
        label=_("Communities"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line. Empty: the whole division."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=256, widget=forms.Textarea(attrs={"rows": 3}))
    field_order = ("code", "name", "communities", "reason", "document", "file")

    def place(self) -> OutbreakPlace:
        """Return the place. The form must be valid."""
        communities = [line.strip() for line in self.cleaned_data["communities"].splitlines() if line.strip()]
        return OutbreakPlace(self.cleaned_data["code"], self.cleaned_data["name"], communities)


class EndForm(forms.Form):
    """Why an outbreak area ends."""

    reason = forms.CharField(label=_("Reason"), max_length=256, widget=forms.Textarea(attrs={"rows": 3}))


@admin.register(OutbreakProposal)
class OutbreakAdmin(RecordAdmin):
    """Places proposed as outbreak areas, and how far each has come."""

    section = Section.AREAS
    names = Names(_("outbreak area"), _("outbreak areas"))
    lookup_field = "public_id"
    list_display = ("label", "code_words", "proposed", "state")
    shown = ("label", "code_words", "where", "why", "proposed", "assessed", "consented", "state")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep all, with who did what."""
        people = ("proposed_by", "assessed_by", "consented_by")
        files = ("document_file", "assessment_file", "consent_file")
        return rows.select_related(*people, *files, "designation").defer(*(f"{name}__content" for name in files))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let those propose who may; never an administrator."""
        account = account_of(request)
        return not account.is_superuser and account.has_perm(self.permission("add"))

    def get_urls(self) -> list[Any]:
        """Add the steps."""
        verbs: dict[str, Callable[..., HttpResponse]] = {
            "assess": self.assess_view,
            "consent": self.consent_view,
            "end": self.end_view,
            "file/<uuid:file_id>": self.file_view,
        }
        return [
            path(
                f"<path:object_id>/{verb}/",
                self.admin_site.admin_view(view),
                name=f"healthcode_outbreakproposal_{verb.partition('/')[0]}",
            )
            for verb, view in verbs.items()
        ] + super().get_urls()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Propose an outbreak area."""
        check_permission(request, self.has_add_permission(request))
        form = OutbreakForm(sent(request), request.FILES or None)

        def act(data: dict[str, Any]) -> None:
            by, at = account_of(request), timezone.now()
            propose_outbreak(by=by, place=form.place(), paper=form.paper(), reason=data["reason"], at=at)

        then = reverse("admin:healthcode_outbreakproposal_changelist")
        page = FormPage(
            _("Propose an outbreak area"), _("Propose"), _("Proposed. The health commission assesses it."), then
        )
        return self.form_page(request, form, act, page)

    def assess_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put the health commission's assessment on record."""
        proposal = self._step(request, object_id, "assess")
        form = DocumentForm(sent(request), request.FILES or None)

        def act(data: dict[str, Any]) -> None:
            assess_outbreak(by=account_of(request), proposal=proposal, paper=form.paper(), at=timezone.now())

        page = FormPage(_("Assess an outbreak"), _("Put on record"), _("On record."), self.url_of(proposal))
        return self.form_page(request, form, act, page._replace(intro=proposal.name, tables=[self._papers(proposal)]))

    def consent_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put the leading group's consent on record; the area is in force from then on."""
        proposal = self._step(request, object_id, "consent")
        form = DocumentForm(sent(request), request.FILES or None)

        def act(data: dict[str, Any]) -> None:
            consent_outbreak(by=account_of(request), proposal=proposal, paper=form.paper(), at=timezone.now())

        page = FormPage(_("Consent to an outbreak area"), _("Consent"), _("In force."), self.url_of(proposal))
        return self.form_page(request, form, act, page._replace(intro=proposal.name, tables=[self._papers(proposal)]))

    def file_view(self, request: HttpRequest, object_id: str, file_id: UUID) -> HttpResponse:
        """Give out the file of one of the proposal's documents, as it was attached."""
        check_permission(request, self.has_view_permission(request))
        proposal: OutbreakProposal = self.get_object(request, object_id)
        kept = [one.pk for one in _files(proposal) if one.public_id == file_id]
        if request.method not in ("GET", "HEAD") or not kept:
            raise Http404
        file = OutbreakDocument.objects.get(pk=kept[0])
        answer = HttpResponse(bytes(file.content), content_type=file.form)
        answer["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
        return answer

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return the documents with their files."""
        return [self._papers(row)]

    def _papers(self, row: OutbreakProposal) -> Table:
        steps = [
            (_("Proposal"), row.document, row.document_file),
            (_("Assessment"), row.assessment, row.assessment_file),
            (_("Consent"), row.consent, row.consent_file),
        ]
        rows = [(step, number, self._link(row, file), moment(file.added_at)) for step, number, file in steps if file]
        columns = (_("Step"), NUMBER, _("File"), _("Attached"))
        return Table(_("Documents"), columns, rows, _("None."))

    def _link(self, row: OutbreakProposal, file: OutbreakDocument) -> str:
        address = reverse("admin:healthcode_outbreakproposal_file", args=[self.id_of(row), file.public_id])
        return anchor(address, f"{file.name} ({filesizeformat(file.size)})")

    def end_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the area."""
        proposal = self._step(request, object_id, "end")

        def act(data: dict[str, Any]) -> None:
            end_outbreak(by=account_of(request), proposal=proposal, reason=data["reason"], at=timezone.now())

        page = FormPage(_("End an outbreak area"), _("End it"), _("Ended."), self.url_of(proposal))
        return self.form_page(request, EndForm(sent(request)), act, page._replace(intro=proposal.name))

    def _step(self, request: HttpRequest, object_id: str, verb: str) -> OutbreakProposal:
        proposal: OutbreakProposal = self.get_object(request, object_id)
        check_permission(request, verb == _next_step(account_of(request), proposal))
        return proposal

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer the next step to whose it is."""
        words = {"assess": _("Assess"), "consent": _("Consent"), "end": _("End this area")}
        verb = _next_step(account_of(request), row)
        if not verb:
            return []
        return [Link(reverse(f"admin:healthcode_outbreakproposal_{verb}", args=[self.id_of(row)]), words[verb])]

    @admin.display(description=_("Name"))
    def label(self, row: OutbreakProposal) -> str:
        """Return the name."""
        return row.name

    @admin.display(description=_("Division"))
    def code_words(self, row: OutbreakProposal) -> str:
        """Return the division's code."""
        return row.code

    @admin.display(description=_("Communities"))
    def where(self, row: OutbreakProposal) -> str:
        """Return the communities."""
        return "、".join(row.communities) or str(_("the whole division"))

    @admin.display(description=_("Reason"))
    def why(self, row: OutbreakProposal) -> str:
        """Return the reason."""
        return row.reason

    @admin.display(description=_("Proposed"))
    def proposed(self, row: OutbreakProposal) -> str:
        """Return who proposed it when, on what paper."""
        return f"{moment(row.proposed_at)} · {row.proposed_by} · {row.document}"

    @admin.display(description=_("Assessed by the health commission"))
    def assessed(self, row: OutbreakProposal) -> str:
        """Return who assessed it when, on what paper."""
        return f"{moment(row.assessed_at)} · {row.assessed_by} · {row.assessment}" if row.assessed_by else "–"

    @admin.display(description=_("Consented to by the leading group"))
    def consented(self, row: OutbreakProposal) -> str:
        """Return who consented when, on what paper."""
        return f"{moment(row.consented_at)} · {row.consented_by} · {row.consent}" if row.consented_by else "–"

    @admin.display(description=_("State"))
    def state(self, row: OutbreakProposal) -> str:
        """Return how far it has come."""
        if row.designation is None:
            return badge(ASSESSED if row.assessed_at else PROPOSED)
        return badge(IN_FORCE if row.designation.valid_until is None else ENDED)


def _files(row: OutbreakProposal) -> list[OutbreakDocument]:
    return [one for one in (row.document_file, row.assessment_file, row.consent_file) if one]


def _next_step(account: Account, row: OutbreakProposal) -> str:
    """Return the step that is this account's to take now, or nothing."""
    body = body_of(account)
    if row.designation is not None:
        may_end = body in (Body.HEALTH_COMMISSION, Body.LEADING_GROUP) and row.designation.valid_until is None
        return "end" if may_end else ""
    if row.assessed_at is None:
        may = body is Body.HEALTH_COMMISSION and account.pk != row.proposed_by_id
        return "assess" if may else ""
    may = body is Body.LEADING_GROUP and account.pk not in (row.proposed_by_id, row.assessed_by_id)
    return "consent" if may else ""
