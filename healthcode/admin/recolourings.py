"""Changes of areas and rules on their way to the people they touch: how far, how fast, stopping and going on."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.access import can_steer_recolouring
from healthcode.admin.base import FormPage, Link, Names, RecordAdmin, Table, account_of, check_permission, sent
from healthcode.admin.filters import state_filter
from healthcode.admin.labels import CAUSES, badge, moment, names_of_places
from healthcode.admin.site import Section
from healthcode.models import Recolouring
from healthcode.services.recolouring import people_a_second, resume_recolouring, stop_recolouring
from healthcode.words import place_name
from healthcode.words.spans import span_words

UNDER_WAY, FINISHED = _("Under way"), _("Finished")
STOPPED = pgettext_lazy("state of a recolouring", "Stopped")
_STATES = {
    "no": (UNDER_WAY, Q(finished_at__isnull=True)),
    "stopped": (STOPPED, Q(finished_at__isnull=True, stopped_at__isnull=False)),
    "yes": (FINISHED, Q(finished_at__isnull=False)),
}
_SHOWN = 50


class SteeringForm(forms.Form):
    """Why the work is stopped, or why it goes on."""

    reason = forms.CharField(label=_("Reason"), max_length=256, widget=forms.Textarea(attrs={"rows": 3}))


@admin.register(Recolouring)
class RecolouringAdmin(RecordAdmin):
    """Changes of areas or rules on their way to the people they touch. No person is shown here."""

    section = Section.TECHNICAL
    names = Names(_("recolouring"), _("recolourings"))
    list_display = ("cause_words", "takes_effect", "progress", "counted", "turned", "state")
    list_filter = (state_filter("finished", _("State"), _STATES),)
    shown = (
        *("cause_words", "takes_effect", "announced", "where", "progress", "counted", "pace", "left", "turned"),
        *("state", "stopped", "finished"),
    )

    def scope(self, account: Any, rows: Any) -> Any:
        """Keep all, with who announced and who stopped them."""
        return rows.select_related("created_by", "stopped_by")

    def get_urls(self) -> list[Any]:
        """Add the pages of stopping and going on."""
        pages = {"stop": self.stop_view, "resume": self.resume_view}
        return [
            *(
                path(
                    f"<path:object_id>/{name}/", self.admin_site.admin_view(page), name=f"healthcode_recolouring_{name}"
                )
                for name, page in pages.items()
            ),
            *super().get_urls(),
        ]

    def stop_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and stop before the next batch is committed."""
        row = self._steered(request, object_id)
        words = (_("Stop a recolouring"), _("Stop"), _("Stopped. What was decided stays."))
        intro = _("Codes stay right meanwhile: everyone's is decided when it is read. Messages and conversions wait.")
        page = FormPage(*words, self.url_of(row), intro=intro)

        def act(data: dict[str, Any]) -> None:
            stop_recolouring(by=account_of(request), recolouring=row, reason=data["reason"], at=timezone.now())

        return self.form_page(request, SteeringForm(sent(request)), act, page)

    def resume_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and let the work go on with the first batch that is not done."""
        row = self._steered(request, object_id)
        words = (_("Let a recolouring go on"), _("Go on"), _("It goes on within half a minute."))
        page = FormPage(*words, self.url_of(row))

        def act(data: dict[str, Any]) -> None:
            resume_recolouring(by=account_of(request), recolouring=row, reason=data["reason"], at=timezone.now())

        return self.form_page(request, SteeringForm(sent(request)), act, page)

    def _steered(self, request: HttpRequest, object_id: str) -> Any:
        check_permission(request, can_steer_recolouring(account_of(request)))
        return self.get_object(request, object_id)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer stopping, or going on, to whoever may."""
        if row.finished_at or not can_steer_recolouring(account_of(request)):
            return []
        name, words = ("resume", _("Go on")) if row.stopped_at else ("stop", _("Stop"))
        return [Link(reverse(f"admin:healthcode_recolouring_{name}", args=[row.pk]), words)]

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return the counties concerned and the last batches."""
        places = names_of_places(set(row.counties[:_SHOWN]))
        counties = [(code, place_name(code, places)) for code in row.counties[:_SHOWN]]
        done = row.batches.filter(done_at__isnull=False).order_by("-done_at", "-number")[:_SHOWN]
        batches = [(one.number + 1, one.size, one.changed, moment(one.done_at)) for one in done]
        columns = (_("Batch"), _("People"), _("Decisions changed"), _("Done"))
        nothing = _("No batch is done yet.")
        return [
            Table(_("Counties"), (_("Division"), _("Name")), counties, _("Everywhere: the rules changed.")),
            Table(_("Last batches"), columns, batches, nothing),
        ]

    @admin.display(description=_("Cause"))
    def cause_words(self, row: Recolouring) -> object:
        """Return what changed."""
        return CAUSES[row.cause]

    @admin.display(description=_("Takes effect"))
    def takes_effect(self, row: Recolouring) -> str:
        """Return from when it holds."""
        return moment(row.effective_at)

    @admin.display(description=_("Announced"))
    def announced(self, row: Recolouring) -> str:
        """Return when it was announced, and by whom."""
        who = f" · {row.created_by}" if row.created_by else ""
        return f"{moment(row.created_at)}{who}"

    @admin.display(description=_("Counties"))
    def where(self, row: Recolouring) -> int:
        """Return how many counties it concerns."""
        return len(row.counties)

    @admin.display(description=_("Progress"))
    def progress(self, row: Recolouring) -> object:
        """Return a bar; reloading the page moves it."""
        percent = 100 if row.finished_at else 100 * row.touched // row.people if row.people else 0
        label = _("%(percent)d %% done") % {"percent": percent}
        return format_html('<progress max="100" value="{}" aria-label="{}"></progress> {}', percent, label, label)

    @admin.display(description=_("People"))
    def counted(self, row: Recolouring) -> str:
        """Return how many people are done, and of how many."""
        return f"{row.touched:,} / {max(row.people, row.touched):,}"

    @admin.display(description=_("People a second"))
    def pace(self, row: Recolouring) -> str:
        """Return how fast people are being decided."""
        rate = people_a_second(row)
        return f"{rate:,.0f}" if rate else "–"

    @admin.display(description=_("Left"))
    def left(self, row: Recolouring) -> object:
        """Return how long it will take yet at this pace."""
        rate = people_a_second(row)
        if not rate or row.finished_at or row.stopped_at:
            return "–"
        return span_words(timedelta(seconds=(row.people - row.touched) / rate))

    @admin.display(description=_("Decisions changed"))
    def turned(self, row: Recolouring) -> int:
        """Return how many decisions changed."""
        return row.changed

    @admin.display(description=_("State"))
    def state(self, row: Recolouring) -> object:
        """Tell whether it reached everyone, goes on, or is stopped."""
        return badge(FINISHED if row.finished_at else STOPPED if row.stopped_at else UNDER_WAY)

    @admin.display(description=STOPPED)
    def stopped(self, row: Recolouring) -> str:
        """Return when it was stopped, by whom and why."""
        return f"{moment(row.stopped_at)} · {row.stopped_by} · {row.stop_reason}" if row.stopped_at else "–"

    @admin.display(description=_("Finished"))
    def finished(self, row: Recolouring) -> str:
        """Return when it had reached everyone."""
        return moment(row.finished_at)
