"""What people showed from elsewhere (N3.4, N2.6): reports that name nobody wait for an officer with the document."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.access import RECORD_EVIDENCE
from healthcode.admin.base import FormPage, Link, Names, account_of, check_permission, sent
from healthcode.admin.labels import badge, moment
from healthcode.admin.scope import CaseAdmin
from healthcode.admin.site import Section
from healthcode.domain.masking import mask_name
from healthcode.models import Account, ForeignReport
from healthcode.services.foreign import confirm_report, decline_report
from healthcode.words.foreign import became_sentence, shown_words

WAITS = pgettext_lazy("state of a shown report", "Waits for the document")
SETTLED = pgettext_lazy("state of a shown report", "Done")


class DeclineForm(forms.Form):
    """Why a report is not taken."""

    reason = forms.CharField(label=_("Reason"), max_length=256, widget=forms.Textarea(attrs={"rows": 3}))


@admin.register(ForeignReport)
class ForeignReportAdmin(CaseAdmin):
    """Codes and reports of other provinces and countries that people of the division showed."""

    section = Section.PEOPLE
    names = Names(_("report from elsewhere"), _("reports from elsewhere"))
    purpose = "foreign_report"
    list_display = ("who", "what", "issued", "when", "state")
    shown = ("who", "what", "issued", "sampled", "when", "outcome", "state")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the division's rows, with whose they are."""
        return super().get_queryset(request).select_related("issuer", "settled_by")

    def get_urls(self) -> list[Any]:
        """Add the two answers."""
        verbs = {"confirm": self.confirm_view, "decline": self.decline_view}
        return [
            path(f"<path:object_id>/{verb}/", self.admin_site.admin_view(v), name=f"healthcode_foreignreport_{verb}")
            for verb, v in verbs.items()
        ] + super().get_urls()

    def confirm_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put on record that report and document were seen together; the result counts from now on."""
        report = self._waiting(request, object_id)

        def act(data: dict[str, Any]) -> None:
            confirm_report(by=account_of(request), report=report, at=timezone.now())

        intro = _("You have the person's document and the report in front of you, and both are of the same person.")
        page = FormPage(_("Confirm a report"), _("Confirm"), _("Recorded."), self.url_of(report), intro)
        return self.form_page(request, forms.Form(sent(request)), act, page)

    def decline_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put on record that the report is not this person's."""
        report = self._waiting(request, object_id)

        def act(data: dict[str, Any]) -> None:
            decline_report(by=account_of(request), report=report, reason=data["reason"], at=timezone.now())

        page = FormPage(_("Decline a report"), _("Decline"), _("Declined."), self.url_of(report))
        return self.form_page(request, DeclineForm(sent(request)), act, page)

    def _waiting(self, request: HttpRequest, object_id: str) -> ForeignReport:
        report: ForeignReport = self.get_object(request, object_id)
        check_permission(request, _may_settle(account_of(request), report))
        return report

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer the two answers while it waits."""
        if not _may_settle(account_of(request), row):
            return []
        words = {"confirm": _("Confirm"), "decline": _("Decline")}
        return [
            Link(reverse(f"admin:healthcode_foreignreport_{verb}", args=[self.id_of(row)]), word)
            for verb, word in words.items()
        ]

    @admin.display(description=_("Person"))
    def who(self, row: ForeignReport) -> str:
        """Return the masked name."""
        return mask_name(row.person.name)

    @admin.display(description=_("Shown"))
    def what(self, row: ForeignReport) -> str:
        """Return what was shown."""
        return shown_words(row)

    @admin.display(description=_("Issuer"))
    def issued(self, row: ForeignReport) -> str:
        """Return who issued it."""
        return f"{row.issuer.name} ({row.issuer.code})"

    @admin.display(description=_("Sample taken"))
    def sampled(self, row: ForeignReport) -> str:
        """Return when the sample was taken."""
        return moment(row.sampled_at) if row.sampled_at else "–"

    @admin.display(description=_("Shown at"))
    def when(self, row: ForeignReport) -> str:
        """Return when it was shown."""
        return moment(row.shown_at)

    @admin.display(description=_("Outcome"))
    def outcome(self, row: ForeignReport) -> str:
        """Return what became of it and through whom."""
        if row.settled_at is None:
            return became_sentence(row)
        return f"{became_sentence(row)} {moment(row.settled_at)} · {row.settled_by} {row.declined or ''}".strip()

    @admin.display(description=_("State"))
    def state(self, row: ForeignReport) -> str:
        """Return whether somebody has to look at it."""
        return badge(WAITS if row.waits else SETTLED)


def _may_settle(account: Account, row: ForeignReport) -> bool:
    return row.waits and not account.is_superuser and account.has_perm(RECORD_EVIDENCE)
