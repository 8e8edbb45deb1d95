"""Feeds of departments: how fresh each is, and the keys they sign with (N3.2)."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.access import can_keep_keys
from healthcode.admin.base import FormPage, Link, Names, RecordAdmin, Table, account_of, check_permission, sent
from healthcode.admin.filters import state_filter
from healthcode.admin.labels import badge, moment
from healthcode.admin.site import Section
from healthcode.models import Account, Delivery, Feed, HeldRecord, Source, SystemKey
from healthcode.services.feeds import age_of, save_feed
from healthcode.services.systems import register_key, revoke_key, rotate_key
from healthcode.words.spans import span_words

ON_TIME = pgettext_lazy("state of a feed", "On time")
LATE = pgettext_lazy("state of a feed", "Late")
NO_RHYTHM = pgettext_lazy("state of a feed", "No rhythm expected")
RECORDED = pgettext_lazy("rows of a delivery", "Recorded")
REFUSED = pgettext_lazy("rows of a delivery", "Refused")
FROZEN = pgettext_lazy("rows of a delivery", "Frozen by an alarm")
_HOUR = timedelta(hours=1)


class FeedForm(forms.Form):
    """What is expected of a feed, in hours."""

    expected_every = forms.IntegerField(
        label=_("Expected every … hours"),
        min_value=1,
        max_value=24 * 90,
        required=False,
        help_text=_("Empty: it sends when it has something to say."),
    )
    late_after = forms.IntegerField(
        label=_("A record is late after … hours"),
        min_value=1,
        max_value=24 * 90,
        help_text=_("Counted from what it states to its arrival. Records on file keep their mark."),
    )


@admin.register(Feed)
class FeedAdmin(RecordAdmin):
    """The feeds, their age and what was delivered last. A late feed changes nobody's colour."""

    section = Section.RULES
    names = Names(_("feed"), _("feeds"))
    lookup_field = "source__code"
    ordering = ("source__code",)
    list_display = ("source_name", "received", "age", "expected", "state", "late_words")
    shown = ("source_name", "received", "age", "expected", "state", "late_words")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep all, with when each was received last."""
        feeds: QuerySet[Any] = Feed.objects.with_last_received().filter(source__is_active=True)
        return feeds.order_by("source__code")

    def load_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Add the age of each, all at one instant."""
        at = timezone.now()
        for row in rows:
            row.freshness = age_of(row, at)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the feed with its age."""
        feed = super().get_object(request, object_id, from_field)
        self.load_rows(request, [feed])
        return feed

    def id_of(self, row: Any) -> str:
        """Return the code of the source."""
        return str(row.source.code)

    def get_urls(self) -> list[Any]:
        """Add the page of changing what is expected."""
        save = self.admin_site.admin_view(self.save_view)
        return [path("<path:object_id>/save/", save, name="healthcode_feed_save"), *super().get_urls()]

    def save_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask what is expected and save it."""
        check_permission(request, request.user.has_perm("healthcode.change_source"))
        feed = self.get_object(request, object_id)
        every = feed.expected_every // _HOUR if feed.expected_every else None
        form = FeedForm(sent(request), initial={"expected_every": every, "late_after": feed.late_after // _HOUR})

        def act(data: dict[str, Any]) -> None:
            hours = data["expected_every"]
            save_feed(
                by=account_of(request),
                source=feed.source,
                expected_every=hours * _HOUR if hours else None,
                late_after=data["late_after"] * _HOUR,
                at=timezone.now(),
            )

        page = FormPage(
            _("What is expected of a feed"), _("Save"), _("Saved."), self.url_of(feed), intro=feed.source.name
        )
        return self.form_page(request, form, act, page)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer changing to whoever may."""
        if not request.user.has_perm("healthcode.change_source"):
            return []
        return [Link(reverse("admin:healthcode_feed_save", args=[row.source.code]), _("Change what is expected"))]

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return the last deliveries through the interface."""
        newest = Delivery.objects.filter(source=row.source_id).select_related("key").order_by("-received_at")[:20]
        deliveries = list(newest)
        records = HeldRecord.objects.filter(held__batch__in=[one.batch_id for one in deliveries if one.batch_id])
        frozen = dict(records.order_by().values_list("held__batch").annotate(Count("pk")))
        rows = [
            (
                *(moment(one.received_at), one.key.key_id),
                *(_count(number) for number in (one.recorded, one.duplicates, one.refused)),
                frozen.get(one.batch_id, 0),
            )
            for one in deliveries
        ]
        columns = (_("Received"), _("Key"), RECORDED, _("On record before"), REFUSED, FROZEN)
        return [Table(_("Last deliveries"), columns, rows, _("Nothing has come through the interface yet."))]

    @admin.display(description=_("Source"))
    def source_name(self, row: Any) -> str:
        """Return whose feed it is."""
        return str(row.source.name)

    @admin.display(description=_("Last received"))
    def received(self, row: Any) -> str:
        """Return when a delivery or a file came last."""
        return moment(row.last_received_at)

    @admin.display(description=_("Age"))
    def age(self, row: Any) -> str:
        """Return how long ago that was."""
        return span_words(row.freshness.age) if row.last_received_at else "–"

    @admin.display(description=_("Expected every"))
    def expected(self, row: Any) -> str:
        """Return how often it is expected to send."""
        return span_words(row.expected_every) if row.expected_every else "–"

    @admin.display(description=_("State"))
    def state(self, row: Any) -> object:
        """Tell whether it is late."""
        if row.expected_every is None:
            return badge(NO_RHYTHM)
        return badge(LATE if row.freshness.is_late else ON_TIME)

    @admin.display(description=_("Records are late after"))
    def late_words(self, row: Any) -> str:
        """Return the delay from which a record is late."""
        return span_words(row.late_after)


def _count(number: int | None) -> object:
    return "–" if number is None else number


# --- keys ---------------------------------------------------------------------------------------------------

USABLE = pgettext_lazy("state of a system's key", "In use")
ENDED = pgettext_lazy("state of a system's key", "Ended")
REVOKED = pgettext_lazy("state of a system's key", "Revoked")


class KeyForm(forms.Form):
    """The public half of a system's key."""

    public_key = forms.CharField(
        label=_("Public key"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Ed25519, as PEM or base64. The department makes the pair; the private half never comes here."),
    )


class NewKeyForm(KeyForm):
    """Whose key, and of which system."""

    field_order = ("source", "label", "public_key")
    source = forms.ModelChoiceField(label=_("Source"), queryset=Source.objects.none())
    label = forms.CharField(label=_("System"), max_length=96, help_text=_("What the department calls its system."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        source = self.fields["source"]
        if isinstance(source, forms.ModelChoiceField):
            source.queryset = Source.objects.filter(is_active=True, feed__isnull=False).order_by("code")


class RevokeForm(forms.Form):
    """Why a key ends at once."""

    reason = forms.CharField(label=_("Reason"), max_length=256, widget=forms.Textarea(attrs={"rows": 3}))


@admin.register(SystemKey)
class SystemKeyAdmin(RecordAdmin):
    """The public keys of departments' systems."""

    section = Section.RULES
    names = Names(_("key of a system"), _("keys of systems"))
    lookup_field = "key_id"
    list_display = ("key_words", "source_name", "system", "begins", "ends", "state")
    list_filter = (
        state_filter(
            "state",
            _("State"),
            {"usable": (USABLE, Q(revoked_at__isnull=True)), "revoked": (REVOKED, Q(revoked_at__isnull=False))},
        ),
    )
    shown = ("key_words", "source_name", "system", "public", "begins", "ends", "state", "registered", "revoked")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep all, with their sources."""
        return rows.select_related("source", "registered_by", "revoked_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let those register keys who may."""
        return can_keep_keys(account_of(request)) if request.user.is_authenticated else False

    def get_urls(self) -> list[Any]:
        """Add the pages of changing and revoking."""
        rotate, revoke = self.admin_site.admin_view(self.rotate_view), self.admin_site.admin_view(self.revoke_view)
        return [
            path("<path:object_id>/rotate/", rotate, name="healthcode_systemkey_rotate"),
            path("<path:object_id>/revoke/", revoke, name="healthcode_systemkey_revoke"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for a public key and register it."""
        check_permission(request, self.has_add_permission(request))

        def act(data: dict[str, Any]) -> None:
            register_key(by=account_of(request), at=timezone.now(), **data)

        page = FormPage(_("Register a key"), _("Register"), _("Registered."), self._list())
        return self.form_page(request, NewKeyForm(sent(request)), act, page)

    def rotate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the successor of a key."""
        check_permission(request, self.has_add_permission(request))
        key = self.get_object(request, object_id)

        def act(data: dict[str, Any]) -> None:
            rotate_key(by=account_of(request), key=key, public_key=data["public_key"], at=timezone.now())

        intro = _("The old key goes on for seven days, so that the department can change over.")
        page = FormPage(_("Change a key"), _("Register the new key"), _("Registered."), self._list(), intro=intro)
        return self.form_page(request, KeyForm(sent(request)), act, page)

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the reason and revoke the key."""
        check_permission(request, self.has_add_permission(request))
        key = self.get_object(request, object_id)

        def act(data: dict[str, Any]) -> None:
            revoke_key(by=account_of(request), key=key, reason=data["reason"], at=timezone.now())

        intro = _("The key ends at once. What was delivered with it stays until its batches are withdrawn.")
        page = FormPage(_("Revoke a key"), _("Revoke"), _("Revoked."), self.url_of(key), intro=intro)
        return self.form_page(request, RevokeForm(sent(request)), act, page)

    def _list(self) -> str:
        return reverse("admin:healthcode_systemkey_changelist")

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer what may still be done with the key to whoever may."""
        if row.revoked_at is not None or not self.has_add_permission(request):
            return []
        change = Link(reverse("admin:healthcode_systemkey_rotate", args=[row.key_id]), _("Change a key"))
        revoke = Link(reverse("admin:healthcode_systemkey_revoke", args=[row.key_id]), _("Revoke"))
        return [revoke] if row.valid_until else [change, revoke]

    @admin.display(description=_("Key"))
    def key_words(self, row: SystemKey) -> str:
        """Return the id of the key, which each request names."""
        return row.key_id

    @admin.display(description=_("Source"))
    def source_name(self, row: SystemKey) -> str:
        """Return whose key it is."""
        return row.source.name

    @admin.display(description=_("System"))
    def system(self, row: SystemKey) -> str:
        """Return the system."""
        return row.label

    @admin.display(description=_("Public key"))
    def public(self, row: SystemKey) -> str:
        """Return the key in hex."""
        return bytes(row.public_key).hex()

    @admin.display(description=_("From"))
    def begins(self, row: SystemKey) -> str:
        """Return from when it may sign."""
        return moment(row.valid_from)

    @admin.display(description=_("Until"))
    def ends(self, row: SystemKey) -> str:
        """Return until when it may sign."""
        return moment(row.revoked_at or row.valid_until)

    @admin.display(description=_("State"))
    def state(self, row: SystemKey) -> object:
        """Tell whether it may sign."""
        if row.revoked_at is not None:
            return badge(REVOKED)
        return badge(ENDED if row.valid_until and row.valid_until <= timezone.now() else USABLE)

    @admin.display(description=_("Registered"))
    def registered(self, row: SystemKey) -> str:
        """Return by whom it was registered."""
        return str(row.registered_by or "–")

    @admin.display(description=_("Revoked"))
    def revoked(self, row: SystemKey) -> str:
        """Return by whom it was revoked."""
        return str(row.revoked_by or "–")
