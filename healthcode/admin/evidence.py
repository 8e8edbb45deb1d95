"""Evidence: added by recording, corrected by retracting, never edited (N3.2, N3.8)."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from healthcode.access import can_record
from healthcode.admin.base import FormPage, Link, Names, Table, account_of, check_permission, sent
from healthcode.admin.cases import (
    COUNTS,
    WITHDRAWN,
    evidence_url,
    ground_rows,
    state_of,
    timeline_rows,
)
from healthcode.admin.filters import since_filter, state_filter, word_filter
from healthcode.admin.forms import RECORDABLE, ReasonForm, RecordForm, StartForm
from healthcode.admin.imports import import_links
from healthcode.admin.labels import KINDS, anchor, badge, moment, names_of_places
from healthcode.admin.lookup import find_people
from healthcode.admin.scope import CaseAdmin, scoped_people
from healthcode.admin.site import Section
from healthcode.domain.decide import Decision, Ground
from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.masking import mask_name
from healthcode.models import Account, EvidenceRecord, Person
from healthcode.services.errors import Refused
from healthcode.services.evidence import record_evidence, retract_evidence
from healthcode.services.reads import current_timeline, preview_decision
from healthcode.words import evidence_sentence, kind_name

_STATES = {"counts": (COUNTS, Q(retractions__isnull=True)), "withdrawn": (WITHDRAWN, Q(retractions__isnull=False))}


@admin.register(EvidenceRecord)
class EvidenceAdmin(CaseAdmin):
    """The evidence about people of the division."""

    section = Section.PEOPLE
    names = Names(_("evidence"), _("evidence"))
    purpose = "evidence_page"
    list_display = ("sentence", "person_name", "happened", "source_name", "recorded", "state")
    list_filter = (
        word_filter("kind", _("Kind of record"), KINDS),
        state_filter("state", _("State"), _STATES),
        since_filter("recorded_at", _("Recorded")),
    )
    search_help_text = _("The whole number of the person's document, or the id of the person's record.")
    shown = ("sentence", "person_link", "happened", "ended", "reported", "source_name", "number", "recorded", "state")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the division's records, with what a row shows."""
        rows = super().scope(account, rows).select_related("source", "retracts", "recorded_by")
        return rows.prefetch_related("retractions")

    def load_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Add the names of the places."""
        places = names_of_places({row.place for row in rows})
        for row in rows:
            row.places = places

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let those record who may."""
        return bool(request.user.has_perm(self.permission("add")))

    def get_urls(self) -> list[Any]:
        """Add the page of withdrawing."""
        retract = self.admin_site.admin_view(self.retract_view)
        return [
            path("<path:object_id>/retract/", retract, name="healthcode_evidencerecord_retract"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, with the way to importing."""
        return super().changelist_view(request, {**(extra_context or {}), **import_links(request)})

    # --- recording -------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask whose record and of which kind, then what this kind needs, then record it."""
        check_permission(request, self.has_add_permission(request))
        person = _person_asked_for(request)
        kind = request.GET.get("kind", "")
        if person is None or kind not in [one.value for one in RECORDABLE]:
            return self._start(request, person)
        return self._record(request, person, Kind(kind))

    def _start(self, request: HttpRequest, person: Person | None) -> HttpResponse:
        known = {"person": str(person.public_id) if person else "", "kind": request.GET.get("kind", "")}
        form = StartForm(sent(request), account=account_of(request), initial=known)
        if request.method == "POST" and form.is_valid():
            chosen = {"person": form.cleaned_data["person"].public_id, "kind": form.cleaned_data["kind"]}
            return HttpResponseRedirect(f"{request.path}?{urlencode(chosen)}")
        page = FormPage(_("Record evidence"), _("Go on"), "", "")
        return self.form_page(request, form, _nothing, page)

    def _record(self, request: HttpRequest, person: Person, kind: Kind) -> HttpResponse:
        account, at = account_of(request), timezone.now()
        form = RecordForm(sent(request), kind=kind, person=person, account=account, at=at)

        def act(data: dict[str, Any]) -> None:
            done = record_evidence(by=account, source=data["source"], person=person, evidence=data["evidence"], at=at)
            if done.held is not None:
                # Kept in quarantine, and said so: the page must not tell that the code follows.
                raise Refused("batch_frozen")

        then = reverse("admin:healthcode_person_change", args=[str(person.public_id)])
        words = {"kind": kind_name(kind), "person": mask_name(person.name)}
        page = FormPage(
            _("%(kind)s: %(person)s") % words,
            _("Record it"),
            _("Recorded. The code follows it at once."),
            then,
            intro=_("What is recorded cannot be changed, only withdrawn with a reason. The colour is decided from it."),
            preview=_("What would it change?"),
        )
        if "preview" in request.POST and form.is_valid():
            page = page._replace(tables=[_preview_table(person, form.evidence(), at)])
        return self.form_page(request, form, act, page)

    # --- withdrawing -----------------------------------------------------------------------------------------

    def retract_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what withdrawing the record would change, ask for the reason, and withdraw it."""
        record = self.get_object(request, object_id)
        check_permission(request, self._may_retract(request, record))
        account, at = account_of(request), timezone.now()

        def act(data: dict[str, Any]) -> None:
            retract_evidence(by=account, record=record, reason=data["reason"], at=at)

        page = FormPage(
            _("Withdraw a record"),
            _("Withdraw"),
            _("Withdrawn. The code follows it at once."),
            evidence_url(record),
            intro=self.sentence(record),
            tables=[_preview_table(record.person, _retraction(record, at), at)],
        )
        return self.form_page(request, ReasonForm(sent(request)), act, page)

    def _may_retract(self, request: HttpRequest, record: EvidenceRecord) -> bool:
        final = record.kind == Kind.RETRACTION or bool(record.retractions.all())
        allowed = self.has_add_permission(request) and can_record(account_of(request), record.source, [record.person])
        return allowed and not final

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer withdrawing to whoever may."""
        if not self._may_retract(request, row):
            return []
        address = reverse("admin:healthcode_evidencerecord_retract", args=[self.id_of(row)])
        return [Link(address, _("Withdraw this record"))]

    # --- showing ---------------------------------------------------------------------------------------------

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the record with the names of its places."""
        record = super().get_object(request, object_id, from_field)
        self.load_rows(request, [record])
        return record

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return what the record does to the code, and its withdrawal."""
        tables = []
        if request.user.has_perm("healthcode.view_decisionrecord"):
            columns = (_("Ground"), _("Clause"), _("Colour"), _("Since"), _("Until"), _("What lifts it"))
            rows = ground_rows(_grounds_resting_on(row), [row], timezone.now())
            nothing = _("No ground rests on this record now or later.")
            tables.append(Table(_("What rests on it"), columns, rows, nothing))
        if row.retractions.all():
            withdrawals = [
                (anchor(evidence_url(one), moment(one.recorded_at)), one.reason) for one in row.retractions.all()
            ]
            tables.append(Table(_("Withdrawn"), (_("When"), _("Reason")), withdrawals, ""))
        return tables

    @admin.display(description=_("Record"))
    def sentence(self, row: Any) -> str:
        """Return the record in one line."""
        said = evidence_sentence(row.as_domain(), row.places)
        return f"{said} · {row.reason}" if row.reason else said

    @admin.display(description=_("Person"))
    def person_name(self, row: EvidenceRecord) -> str:
        """Return the person's name, masked."""
        return mask_name(row.person.name) or "–"

    @admin.display(description=_("Person"))
    def person_link(self, row: EvidenceRecord) -> str:
        """Return the person's name, masked, linked to the record of the person."""
        address = reverse("admin:healthcode_person_change", args=[str(row.person.public_id)])
        return anchor(address, self.person_name(row))

    @admin.display(description=_("Happened"))
    def happened(self, row: EvidenceRecord) -> str:
        """Return when it happened."""
        return moment(row.at)

    @admin.display(description=_("Until"))
    def ended(self, row: EvidenceRecord) -> str:
        """Return when it ended, where that was said."""
        return moment(row.until)

    @admin.display(description=_("Reported"))
    def reported(self, row: EvidenceRecord) -> str:
        """Return when a test was reported."""
        return moment(row.reported_at)

    @admin.display(description=_("Source"))
    def source_name(self, row: EvidenceRecord) -> str:
        """Return whose finding it is."""
        return row.source.name

    @admin.display(description=_("Number of the record"))
    def number(self, row: EvidenceRecord) -> str:
        """Return the source's own number."""
        return row.source_ref

    @admin.display(description=_("Recorded"))
    def recorded(self, row: EvidenceRecord) -> str:
        """Return when it was recorded, and by whom."""
        who = f" · {row.recorded_by}" if row.recorded_by else ""
        return f"{moment(row.recorded_at)}{who}"

    @admin.display(description=_("State"))
    def state(self, row: EvidenceRecord) -> str:
        """Tell whether the record counts."""
        return badge(state_of(row))


def _nothing(data: dict[str, Any]) -> None:
    """Do nothing: the first step only leads to the second."""


def _person_asked_for(request: HttpRequest) -> Person | None:
    asked = request.GET.get("person", "")
    if not asked:
        return None
    person: Person | None = find_people(
        scoped_people(account_of(request), Person.objects), asked, timezone.localdate()
    ).first()
    return person


def _retraction(record: EvidenceRecord, at: datetime) -> Evidence:
    return Evidence(
        id="preview", kind=Kind.RETRACTION, at=at, ended_at=at, recorded_at=at, retracts=str(record.public_id)
    )


def _preview_table(person: Person, extra: Evidence, at: datetime) -> Table:
    """Return what the code would show from now on. Decided, and not written."""
    decision: Decision = preview_decision(person=person, extra=extra, at=at)
    records = EvidenceRecord.objects.of([person.pk]).order_by("pk")
    rows = timeline_rows(decision.timeline, records, at)
    return Table(_("The code would then show"), (_("From"), _("Colour"), _("Ground")), rows, "")


def _grounds_resting_on(record: EvidenceRecord) -> list[Ground]:
    found: dict[tuple[object, ...], Ground] = {}
    for segment in current_timeline(person_id=record.person_id, at=timezone.now()):
        for ground in segment.grounds:
            if str(record.public_id) in ground.evidence:
                found.setdefault((ground.rule, ground.since, ground.colour), ground)
    return list(found.values())
