"""The machines: signing keys, messages waiting, periodic tasks. No person is shown here."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import PeriodicTask

from healthcode.access import can_withdraw_key
from healthcode.admin.base import FormPage, Link, Names, RecordAdmin, account_of, check_permission, sent
from healthcode.admin.filters import state_filter, word_filter
from healthcode.admin.labels import KEY_STATES, TOPICS, badge, moment, yes_no
from healthcode.admin.site import Section
from healthcode.domain.tokens import KeyState
from healthcode.models import CodeKey, Outbox
from healthcode.services.keys import withdraw_code_key
from healthcode.services.schedule import switch_task

WAITING, SENT, GIVEN_UP = _("Waiting"), _("Sent"), _("Given up")
_OUTBOX = {
    "waiting": (WAITING, Q(sent_at__isnull=True, failed_at__isnull=True)),
    "sent": (SENT, Q(sent_at__isnull=False)),
    "failed": (GIVEN_UP, Q(failed_at__isnull=False)),
}


class WithdrawalForm(forms.Form):
    """Why a key is withdrawn."""

    reason = forms.CharField(label=_("Reason"), max_length=256, widget=forms.Textarea(attrs={"rows": 3}))


@admin.register(CodeKey)
class CodeKeyAdmin(RecordAdmin):
    """Signing keys: their public side and where they stand. The private half is shown to nobody."""

    section = Section.TECHNICAL
    names = Names(_("signing key"), _("signing keys"))
    list_display = ("key_id", "issuer_words", "kinds", "state_words", "begins", "ends")
    list_filter = (word_filter("state", _("State"), KEY_STATES),)
    shown = (
        *("key_id", "issuer_words", "kinds", "state_words", "made", "signing_since", "signed_until_words"),
        *("begins", "ends", "list_name", "withdrawn", "reason"),
    )
    list_select_related = ("status_list",)

    def get_urls(self) -> list[Any]:
        """Add the page of withdrawing."""
        withdraw = self.admin_site.admin_view(self.withdraw_view)
        page = path("<path:object_id>/withdraw/", withdraw, name="healthcode_codekey_withdraw")
        return [page, *super().get_urls()]

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the reason and withdraw the key at once."""
        account = account_of(request)
        key = self.get_object(request, object_id)
        check_permission(request, can_withdraw_key(account))

        def act(data: dict[str, Any]) -> None:
            withdraw_code_key(by=account, key=key, reason=data["reason"], at=timezone.now())

        intro = _("Every code it has signed is refused from now on. If it signs now, the next key takes over at once.")
        title, button, done = _("Withdraw a signing key"), _("Withdraw it now"), _("Withdrawn.")
        page = FormPage(title, button, done, self.url_of(key), intro=f"{key} · {intro}")
        return self.form_page(request, WithdrawalForm(sent(request)), act, page)

    def links(self, request: HttpRequest, row: CodeKey) -> list[Link]:
        """Offer the withdrawal to the provincial office."""
        if row.state == KeyState.WITHDRAWN or not can_withdraw_key(account_of(request)):
            return []
        return [Link(reverse("admin:healthcode_codekey_withdraw", args=[self.id_of(row)]), _("Withdraw this key"))]

    @admin.display(description=_("Signing since"))
    def signing_since(self, row: CodeKey) -> str:
        """Return since when it signs."""
        return moment(row.signs_from)

    @admin.display(description=_("Signed until"))
    def signed_until_words(self, row: CodeKey) -> str:
        """Return until when it signed."""
        return moment(row.signed_until)

    @admin.display(description=_("Status list"))
    def list_name(self, row: CodeKey) -> str:
        """Return the list of its codes."""
        return row.status_list.list_id if row.status_list else "–"

    @admin.display(description=_("Withdrawn"))
    def withdrawn(self, row: CodeKey) -> str:
        """Return when it was withdrawn."""
        return moment(row.withdrawn_at)

    @admin.display(description=_("Reason"))
    def reason(self, row: CodeKey) -> str:
        """Return why it was withdrawn."""
        return row.withdrawal_reason or "–"

    @admin.display(description=_("Key"))
    def key_id(self, row: CodeKey) -> str:
        """Return the key's id in hex."""
        return bytes(row.kid).hex()

    @admin.display(description=_("Issuer"))
    def issuer_words(self, row: CodeKey) -> str:
        """Return the issuer."""
        return row.issuer

    @admin.display(description=_("Kinds of code"))
    def kinds(self, row: CodeKey) -> str:
        """Return the numbers of the kinds of code it may sign."""
        return ", ".join(str(number) for number in row.scope)

    @admin.display(description=_("State"))
    def state_words(self, row: CodeKey) -> object:
        """Return where it stands."""
        return badge(KEY_STATES[row.state])

    @admin.display(description=_("From"))
    def begins(self, row: CodeKey) -> str:
        """Return from when it may sign."""
        return moment(row.valid_from)

    @admin.display(description=_("Until"))
    def ends(self, row: CodeKey) -> str:
        """Return until when it may sign."""
        return moment(row.valid_until)

    @admin.display(description=_("Made"))
    def made(self, row: CodeKey) -> str:
        """Return when it was made."""
        return moment(row.made_at)


@admin.register(Outbox)
class OutboxAdmin(RecordAdmin):
    """Messages: topic and state. Neither whom they are for nor what they say."""

    section = Section.TECHNICAL
    names = Names(_("message"), _("messages"))
    list_display = ("topic_words", "state", "created", "due", "attempts_made", "fault")
    list_display_links = None
    list_filter = (state_filter("state", _("State"), _OUTBOX), word_filter("topic", _("Topic"), TOPICS))
    shown = ("topic_words", "state", "created", "due", "attempts_made", "fault")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the person and the parameters in the database."""
        return super().get_queryset(request).defer("person", "params", "dedupe_key")

    @admin.display(description=_("Topic"))
    def topic_words(self, row: Outbox) -> object:
        """Return what it tells."""
        return TOPICS.get(row.topic, row.topic)

    @admin.display(description=_("State"))
    def state(self, row: Outbox) -> object:
        """Tell whether it went out."""
        return badge(SENT if row.sent_at else GIVEN_UP if row.failed_at else WAITING)

    @admin.display(description=_("Written"))
    def created(self, row: Outbox) -> str:
        """Return when it was written."""
        return moment(row.created_at)

    @admin.display(description=_("Due"))
    def due(self, row: Outbox) -> str:
        """Return when it is sent next."""
        return moment(row.due_at)

    @admin.display(description=_("Attempts"))
    def attempts_made(self, row: Outbox) -> int:
        """Return how often it was tried in vain."""
        return row.attempts

    @admin.display(description=_("Fault"))
    def fault(self, row: Outbox) -> str:
        """Return the last fault."""
        return row.error


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(RecordAdmin):
    """Periodic tasks: when each ran last. An operator may switch one off and on."""

    section = Section.TECHNICAL
    names = Names(_("periodic task"), _("periodic tasks"))
    ordering = ("name",)
    list_display = ("label", "enabled_words", "rhythm", "ran", "runs")
    shown = ("label", "task_name", "enabled_words", "rhythm", "ran", "runs")
    list_select_related = ("interval", "crontab", "solar", "clocked")

    def get_urls(self) -> list[Any]:
        """Add the page of switching."""
        switch = self.admin_site.admin_view(self.switch_view)
        return [
            path("<path:object_id>/switch/", switch, name="django_celery_beat_periodictask_switch"),
            *super().get_urls(),
        ]

    def switch_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask once more and switch the task off or on."""
        check_permission(request, request.user.has_perm(self.permission("change")))
        task = self.get_object(request, object_id)

        def act(data: dict[str, Any]) -> None:
            switch_task(by=account_of(request), task_id=task.pk, enabled=not task.enabled, at=timezone.now())

        title = _("Switch off a periodic task") if task.enabled else _("Switch on a periodic task")
        button = _("Switch off") if task.enabled else _("Switch on")
        intro = _("Codes stay right while conversions rest: what is shown is decided when it is read.")
        then = reverse("admin:django_celery_beat_periodictask_changelist")
        page = FormPage(title, button, _("Switched."), then, intro=f"{task.name} · {intro}")
        return self.form_page(request, forms.Form(sent(request)), act, page)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer switching to whoever may."""
        if not request.user.has_perm(self.permission("change")):
            return []
        address = reverse("admin:django_celery_beat_periodictask_switch", args=[row.pk])
        return [Link(address, _("Switch off") if row.enabled else _("Switch on"))]

    @admin.display(description=_("Name"))
    def label(self, row: Any) -> str:
        """Return the name."""
        return str(row.name)

    @admin.display(description=_("Task"))
    def task_name(self, row: Any) -> str:
        """Return what it runs."""
        return str(row.task)

    @admin.display(description=_("In use"))
    def enabled_words(self, row: Any) -> object:
        """Tell whether it is switched on."""
        return yes_no(row.enabled)

    @admin.display(description=_("How often"))
    def rhythm(self, row: Any) -> str:
        """Return the schedule."""
        return str(row.scheduler or "–")

    @admin.display(description=_("Ran last"))
    def ran(self, row: Any) -> str:
        """Return when it was sent last."""
        return moment(row.last_run_at)

    @admin.display(description=_("Runs"))
    def runs(self, row: Any) -> int:
        """Return how often it was sent."""
        return int(row.total_run_count)
