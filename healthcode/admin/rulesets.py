"""Versions of the rules on their way: drafting, proposing, simulating, approving, scheduling, withdrawing (N3.1).

Each act is a page of its own that shows what follows from it and calls one service. Nobody edits what is in force.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from healthcode.access import can_act_on_rules, can_draft_rules, can_simulate_rules
from healthcode.admin.base import FormPage, Link, Names, RecordAdmin, Table, account_of, check_permission, sent
from healthcode.admin.filters import word_filter
from healthcode.admin.labels import badge, moment
from healthcode.admin.rule_forms import ApprovalForm, DraftForm, EmptyForm, ReasonForm, ScheduleForm, title_of
from healthcode.admin.simulations import result_tables
from healthcode.admin.site import Section
from healthcode.domain.governance import CLAUSES, LANGUAGES, RuleAct, RuleState
from healthcode.domain.rulesets import texts_in
from healthcode.models import Account, RuleSetVersion, Simulation
from healthcode.services import governance
from healthcode.services.decisions import ruleset_in_force
from healthcode.services.rules import verify
from healthcode.services.simulations import request_simulation
from healthcode.words import PARAMETERS, RULE_ACTS, RULE_STATES, clause_label, differences

Act = Callable[[Account, RuleSetVersion, dict[str, Any]], Any]


class Step(NamedTuple):
    """A page that does one act: its form, its words, the service behind it."""

    act: RuleAct
    form: type[forms.Form]
    title: str | Promise
    button: str | Promise
    done: str | Promise
    intro: str | Promise
    call: Act


def _propose(by: Account, version: RuleSetVersion, data: dict[str, Any]) -> None:
    governance.propose_ruleset(by=by, code=version.code, reason=data["reason"], at=timezone.now())


def _approve(by: Account, version: RuleSetVersion, data: dict[str, Any]) -> None:
    at = timezone.now()
    governance.approve_ruleset(by=by, code=version.code, seen=data["seen"], reason=data["reason"], at=at)


def _schedule(by: Account, version: RuleSetVersion, data: dict[str, Any]) -> None:
    governance.schedule_ruleset(by=by, code=version.code, valid_from=data["valid_from"], at=timezone.now())


def _withdraw(by: Account, version: RuleSetVersion, data: dict[str, Any]) -> None:
    governance.withdraw_ruleset(by=by, code=version.code, reason=data["reason"], at=timezone.now())


STEPS: dict[str, Step] = {
    "propose": Step(
        RuleAct.PROPOSE,
        ReasonForm,
        _("Propose these rules"),
        _("Propose"),
        _("Proposed. Two people of the provincial office have to approve it."),
        _("From now on the text stays as it is. Two people of the provincial office decide; you are neither."),
        _propose,
    ),
    "approve": Step(
        RuleAct.APPROVE,
        ApprovalForm,
        _("Approve these rules"),
        _("Approve"),
        _("Your approval is on record."),
        _("Two people of the provincial office have to approve, neither of them the author. This is what it does:"),
        _approve,
    ),
    "schedule": Step(
        RuleAct.SCHEDULE,
        ScheduleForm,
        _("Schedule these rules"),
        _("Schedule"),
        _("Scheduled and signed. The rules hold everywhere from that instant."),
        _("At that instant every code in the province follows these rules, and the rules in force are retired."),
        _schedule,
    ),
    "withdraw": Step(
        RuleAct.WITHDRAW,
        ReasonForm,
        _("Withdraw these rules"),
        _("Withdraw"),
        _("Withdrawn."),
        _("The version ends here. It cannot be taken up again; a new draft can."),
        _withdraw,
    ),
}


@admin.register(RuleSetVersion)
class RuleSetAdmin(RecordAdmin):
    """The versions of the rules."""

    section = Section.RULES
    names = Names(_("rule set"), _("rule sets"))
    lookup_field = "code"
    list_display = ("code_words", "title_words", "state_words", "begins", "ends", "recorded")
    list_filter = (word_filter("state", _("State"), RULE_STATES),)
    shown = (
        *("code_words", "title_words", "state_words", "author_words", "approvals", "begins", "ends", "recorded"),
        *("digest", "signature_words"),
    )

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what is proposed or more, and the reader's own drafts."""
        rows = rows.select_related("author", "first_approval_by", "second_approval_by", "signed_with")
        return rows.filter(~Q(state=RuleState.DRAFT.value) | Q(author=account.pk))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let those write drafts who may propose."""
        return can_draft_rules(account_of(request))

    def get_urls(self) -> list[Any]:
        """Add a page for each act."""
        wrap = self.admin_site.admin_view
        pages = [
            path(f"<path:object_id>/{name}/", wrap(self._step_view(step)), name=f"healthcode_rulesetversion_{name}")
            for name, step in STEPS.items()
        ]
        pages.append(path("<path:object_id>/revise/", wrap(self.revise_view), name="healthcode_rulesetversion_revise"))
        pages.append(
            path("<path:object_id>/simulate/", wrap(self.simulate_view), name="healthcode_rulesetversion_simulate")
        )
        return [*pages, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for a draft that starts from the rules in force."""
        check_permission(request, self.has_add_permission(request))
        now = ruleset_in_force(timezone.now())
        form = DraftForm(sent(request), base=now, now=now)

        def act(data: dict[str, Any]) -> None:
            governance.draft_ruleset(by=account_of(request), fields=data["fields"], at=timezone.now())

        return self._draft_page(request, form, act)

    def revise_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the author's own draft anew."""
        version = self.get_object(request, object_id)
        at = timezone.now()
        check_permission(request, can_act_on_rules(account_of(request), version, RuleAct.REVISE, at))
        known = {"code": version.code, **{f"title_{name}": text for name, text in version.data["title"].items()}}
        form = DraftForm(sent(request), base=version, now=ruleset_in_force(at), initial=known)

        def act(data: dict[str, Any]) -> None:
            by = account_of(request)
            governance.draft_ruleset(by=by, fields=data["fields"], revises=version.code, at=timezone.now())

        return self._draft_page(request, form, act)

    def _draft_page(self, request: HttpRequest, form: DraftForm, act: Callable[[dict[str, Any]], Any]) -> HttpResponse:
        then = reverse("admin:healthcode_rulesetversion_changelist")
        intro = _("A draft changes nothing. It can be simulated, and goes on by being proposed.")
        page = FormPage(_("Draft of rules"), _("Save the draft"), _("The draft is saved."), then, intro=intro)
        return self.form_page(request, form, act, page)

    def _step_view(self, step: Step) -> Callable[[HttpRequest, str], HttpResponse]:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            version = self.get_object(request, object_id)
            by = account_of(request)
            check_permission(request, can_act_on_rules(by, version, step.act, timezone.now()))
            form = step.form(sent(request), initial={"seen": version.fingerprint})
            then = self.url_of(version)
            tables = (*_changes(version), *result_tables(_newest(version), by))
            page = FormPage(step.title, step.button, step.done, then, intro=step.intro, tables=tables)
            return self.form_page(request, form, lambda data: step.call(by, version, data), page)

        return view

    def simulate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a simulation of the version as it stands."""
        version = self.get_object(request, object_id)
        by = account_of(request)
        check_permission(request, can_simulate_rules(by, version))

        def act(data: dict[str, Any]) -> None:
            request_simulation(by=by, version=version, at=timezone.now())

        page = FormPage(
            _("Simulate these rules"),
            _("Simulate"),
            _("The simulation will begin within seconds. Reload the page to see how far it is."),
            reverse("admin:healthcode_simulation_changelist"),
            intro=_("Everybody is decided under these rules and under those in force. Nobody's code changes."),
            tables=_changes(version),
        )
        return self.form_page(request, EmptyForm(sent(request)), act, page)

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer what the reader may do now."""
        by, at = account_of(request), timezone.now()
        found = [(name, step.button) for name, step in STEPS.items() if can_act_on_rules(by, row, step.act, at)]
        if can_simulate_rules(by, row):
            found.insert(0, ("simulate", _("Simulate")))
        if can_act_on_rules(by, row, RuleAct.REVISE, at):
            found.insert(0, ("revise", _("Revise the draft")))
        return [Link(reverse(f"admin:healthcode_rulesetversion_{name}", args=[row.code]), word) for name, word in found]

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Return parameters, wording, what differs from the rules in force, simulations and what was done."""
        return [
            _parameters(row),
            *_changes(row),
            _texts(row),
            *result_tables(_newest(row), account_of(request)),
            _events(row),
        ]

    @admin.display(description=_("Rule set"))
    def code_words(self, row: RuleSetVersion) -> str:
        """Return the id."""
        return row.code

    @admin.display(description=_("Title"))
    def title_words(self, row: RuleSetVersion) -> str:
        """Return the title in the reader's language."""
        return title_of(row.data)

    @admin.display(description=_("State"))
    def state_words(self, row: RuleSetVersion) -> object:
        """Return where it stands now."""
        return badge(RULE_STATES[row.state_at(timezone.now())])

    @admin.display(description=_("Author"))
    def author_words(self, row: RuleSetVersion) -> str:
        """Return who wrote it."""
        return str(row.author or _("came with the software"))

    @admin.display(description=_("Approved by"))
    def approvals(self, row: RuleSetVersion) -> str:
        """Return who approved, and when."""
        given = [(row.first_approval_by, row.first_approval_at), (row.second_approval_by, row.second_approval_at)]
        return "; ".join(f"{who} · {moment(when)}" for who, when in given if who) or "–"

    @admin.display(description=_("From"))
    def begins(self, row: RuleSetVersion) -> str:
        """Return from when it is in force."""
        return moment(row.valid_from)

    @admin.display(description=_("Until"))
    def ends(self, row: RuleSetVersion) -> str:
        """Return until when it is in force."""
        return moment(row.valid_until)

    @admin.display(description=_("Recorded"))
    def recorded(self, row: RuleSetVersion) -> str:
        """Return when it was put in."""
        return moment(row.recorded_at)

    @admin.display(description=_("Fingerprint"))
    def digest(self, row: RuleSetVersion) -> str:
        """Return the SHA-256 of its data."""
        return row.fingerprint

    @admin.display(description=_("Signature"))
    def signature_words(self, row: RuleSetVersion) -> object:
        """Return the signature with what checking it now finds."""
        if not row.signature:
            return "–"
        word = _("holds") if verify(row).holds else _("does not hold")
        return format_html("{} <code>{}</code>", badge(word), row.signature)


def _newest(version: RuleSetVersion) -> Simulation | None:
    same = version.simulations.filter(fingerprint=version.fingerprint)
    return same.order_by("-pk").first()


def _parameters(version: RuleSetVersion) -> Table:
    rows = [
        (words, days, ", ".join(clause_label(clause) for clause in clauses), name)
        for name, (words, clauses) in PARAMETERS.items()
        if (days := version.data.get("days", {}).get(name)) is not None
    ]
    return Table(_("Parameters"), (_("Period"), _("Days"), _("Clauses"), _("Parameter")), rows, "")


def _changes(version: RuleSetVersion) -> list[Table]:
    """Return what differs from the rules in force, for a version that is not (or no longer) binding itself."""
    if version.state in (RuleState.IN_FORCE, RuleState.RETIRED):
        return []
    now = ruleset_in_force(timezone.now())
    rows = list(dict.fromkeys(row for language in LANGUAGES for row in differences(now.data, version.data, language)))
    columns = (_("What"), _("Rules in force"), _("These rules"))
    return [Table(_("What differs from the rules in force"), columns, rows, _("Nothing differs."))]


def _texts(version: RuleSetVersion) -> Table:
    texts = texts_in(version.data)
    rows = [(clause_label(clause), *(texts[clause][language] for language in LANGUAGES)) for clause in CLAUSES]
    return Table(_("Wording of the clauses"), (_("Clause"), _("Chinese"), _("English")), rows, "")


def _events(version: RuleSetVersion) -> Table:
    events = version.events.select_related("actor").order_by("pk")
    rows = [(moment(e.at), RULE_ACTS[e.act], str(e.actor or _("the system")), e.reason or "–") for e in events]
    return Table(_("What was done"), (_("When"), _("Act"), _("Who"), _("Reason")), rows, _("Nothing yet."))
