"""Importing a department's file in the back office: upload, preview, confirmation of what was shown (N3.2)."""

from io import BytesIO
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from healthcode.access import NotPermitted, can_import
from healthcode.admin.base import FormPage, Link, RecordAdmin, Table, account_of, check_permission, sent
from healthcode.admin.labels import colour_badge
from healthcode.domain.cases import Malformed
from healthcode.domain.colours import Colour
from healthcode.gateways.tables import opened_stream
from healthcode.models import Account, EvidenceUpload, Source
from healthcode.services.errors import Refused
from healthcode.services.uploads import (
    MAX_BYTES,
    SHOWN,
    File,
    Preview,
    confirm_upload,
    read_preview,
    upload_evidence,
)
from healthcode.words.countries import codes_by_name
from healthcode.words.orders import ANOMALIES
from healthcode.words.rows import row_sentence

_COUNTS = {
    "new": _("New records"),
    "duplicate": _("On record before"),
    "refused": _("Refused"),
    "held": _("Frozen by an alarm"),
    "turned": _("People whose code would turn"),
    "elsewhere": _("of them in other divisions"),
}


class UploadForm(forms.Form):
    """A file, and whose it is."""

    def __init__(self, *args: Any, account: Account, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["source"] = forms.ModelChoiceField(
            label=_("Source"), queryset=_sources(account), help_text=_("Who sent the file.")
        )
        self.fields["file"] = forms.FileField(
            label=_("File"),
            help_text=_("CSV in UTF-8 or GB 18030, or XLSX, at most 2 MB. The first line names the columns."),
            max_length=160,
        )

    def clean_file(self) -> File:
        """Read the file's first line; an error says what is wrong with it."""
        given = self.cleaned_data["file"]
        if given.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 2 MB. Load it with the command load_evidence."))
        data = given.read()
        try:
            with opened_stream(BytesIO(data)):
                return File(given.name, data, codes_by_name())
        except Malformed as error:
            raise forms.ValidationError(
                _("This file cannot be read: %(what)s"), code="malformed", params={"what": error.what}
            ) from error


class ConfirmForm(forms.Form):
    """The digest of what was shown."""

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)


class ImportPages(RecordAdmin):
    """The two pages of an import, beside those of a list of records."""

    def import_urls(self) -> list[Any]:
        """Return the addresses of the two pages."""
        site = self.admin_site
        return [
            path("import/", site.admin_view(self.upload_view), name="healthcode_evidencebatch_import"),
            path("import/<uuid:upload>/", site.admin_view(self.confirm_view), name="healthcode_evidencebatch_confirm"),
        ]

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file, try it out and lead to what it would do."""
        account = account_of(request)
        check_permission(request, may_import(account))
        form = UploadForm(sent(request), request.FILES or None, account=account)
        made: list[EvidenceUpload] = []

        def act(data: dict[str, Any]) -> None:
            made.append(upload_evidence(by=account, source=data["source"], file=data["file"], at=timezone.now()))

        page = FormPage(
            _("Import a file"),
            _("Show what it would do"),
            _("Nothing is recorded yet. Look at what the file would do, and confirm it."),
            "",
            intro=_("The file is tried out first. It is kept sealed for an hour, and destroyed when it is confirmed."),
        )
        response = self.form_page(request, form, act, page)
        return HttpResponseRedirect(_confirm_url(made[0])) if made else response

    def confirm_view(self, request: HttpRequest, upload: UUID) -> HttpResponse:
        """Show what an uploaded file would do; sent back with the digest of that, record it."""
        account = account_of(request)
        row = EvidenceUpload.objects.select_related("source", "batch").filter(public_id=upload).first()
        if row is None or row.uploaded_by_id != account.pk or not can_import(account, row.source):
            raise Http404
        if request.method == "POST":
            return HttpResponseRedirect(self._confirmed(request, account, row))
        if row.confirmed_at is not None or row.expires_at <= timezone.now():
            return HttpResponseRedirect(self._after(row))
        page = FormPage(
            _("What the file would do"),
            _("Record this"),
            "",
            "",
            intro=f"{row.source.name} · {row.name}",
            tables=_tables(read_preview(row)),
        )
        form = ConfirmForm(initial={"digest": row.preview_digest})
        return self.form_page(request, form, lambda data: None, page)

    def _confirmed(self, request: HttpRequest, account: Account, row: EvidenceUpload) -> str:
        """Record what was shown, tell what came of it, and return where to go."""
        digest = request.POST.get("digest", "")[:64]
        try:
            row = confirm_upload(by=account, upload=row, digest=digest, countries=codes_by_name(), at=timezone.now())
        except NotPermitted as error:
            raise PermissionDenied from error
        except Refused as error:
            messages.error(request, self.sentence_of(error.code))
            return self._after(row) if error.code == "upload_expired" else request.path
        words = _("Recorded: %(new)s new, %(duplicate)s on record before, %(refused)s refused.")
        messages.success(request, str(words) % row.counts)
        if row.counts["held"]:
            messages.warning(request, self.sentence_of("batch_frozen"))
        return self._after(row)

    def _after(self, row: EvidenceUpload) -> str:
        """Return the batch that the file became, or the list where it became none."""
        if row.batch is not None:
            return reverse("admin:healthcode_evidencebatch_change", args=[str(row.batch.public_id)])
        return reverse("admin:healthcode_evidencebatch_changelist")


def may_import(account: Account) -> bool:
    """Tell whether there is a source whose files the account may import."""
    return any(can_import(account, source) for source in Source.objects.filter(is_active=True))


def import_links(request: HttpRequest) -> dict[str, list[Link]]:
    """Return the button of a list that leads to importing, for whoever may."""
    if not may_import(account_of(request)):
        return {"list_links": []}
    return {"list_links": [Link(reverse("admin:healthcode_evidencebatch_import"), _("Import a file"))]}


def _sources(account: Account) -> Any:
    sources = Source.objects.filter(is_active=True).order_by("code")
    return sources.filter(pk__in=[source.pk for source in sources if can_import(account, source)])


def _confirm_url(upload: EvidenceUpload) -> str:
    return reverse("admin:healthcode_evidencebatch_confirm", args=[upload.public_id])


def _tables(preview: Preview) -> list[Table]:
    counts = [(words, getattr(preview, name)) for name, words in _COUNTS.items()]
    tables = [Table(_("The file"), (_("What"), _("How many")), counts, "")]
    if preview.alarms:
        alarms = [(ANOMALIES[one.anomaly], f"{one.number} / {one.of}", one.about) for one in preview.alarms]
        tables.append(Table(_("Alarms that it would raise"), (_("Alarm"), _("How many"), _("About")), alarms, ""))
    turns = [(one.name or "–", one.number, _colour(one.was), _colour(one.then)) for one in preview.turns]
    faults = [(one.line, one.column, row_sentence(one.code, one.what)) for one in preview.faults]
    return [
        *tables,
        Table(
            _first(_("Codes that would turn"), preview.turned - preview.elsewhere),
            (_("Person"), _("Number of the document"), _("Colour now"), _("Colour then")),
            turns,
            _("No code would turn."),
        ),
        Table(
            _first(_("Rows that would be refused"), preview.refused),
            (_("Line"), _("Column"), _("What is wrong")),
            faults,
            _("No row would be refused."),
        ),
    ]


def _first(title: Any, number: int) -> str:
    """Return the title of a table, with how many rows it leaves out."""
    if number <= SHOWN:
        return str(title)
    left = number - SHOWN
    more = ngettext("%(title)s, and %(left)s more", "%(title)s, and %(left)s more", left)
    return more % {"title": title, "left": left}


def _colour(word: str) -> Any:
    return colour_badge(Colour(word) if word else None)
