"""The trust list (N3.4): issuers elsewhere, proposed by one person and approved by another."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.admin.base import FormPage, Link, Names, RecordAdmin, Table, account_of, check_permission, sent
from healthcode.admin.fields import MomentField
from healthcode.admin.labels import badge, moment
from healthcode.admin.site import Section
from healthcode.domain.foreign import Use
from healthcode.domain.instants import parse_moment
from healthcode.models import Account, TrustedIssuer
from healthcode.services.issuers import APPROVE, PROPOSE, IssuerFields, approve_issuer, end_issuer, propose_issuer
from healthcode.words import country_choices, country_name
from healthcode.words.foreign import USES

WAITS = pgettext_lazy("state of an issuer", "Waits for approval")
TRUSTED = pgettext_lazy("state of an issuer", "Trusted")
OVER = pgettext_lazy("state of an issuer", "Ended")


class IssuerForm(forms.Form):
    """An issuer with its keys, and on what paper it is to be trusted."""

    code = forms.RegexField(r"^[a-z0-9-]{2,32}$", label=_("Code"), help_text=_("As its codes call it, such as sh."))
    country = forms.ChoiceField(label=_("Country or region"), initial="CHN")
    province = forms.RegexField(
        r"^\d{6}$", label=_("Province"), required=False, help_text=_("GB/T 2260, such as 310000; empty outside China.")
    )
    name = forms.CharField(label=_("Name"), max_length=96)
    name_en = forms.CharField(label=_("Name in English"), max_length=96)
    uses = forms.MultipleChoiceField(
        label=_("Trusted for"), choices=[(use.value, USES[use]) for use in Use], widget=forms.CheckboxSelectMultiple
    )
    keys = forms.CharField(
        label=_("Keys"),
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("JWK or JWKS, PEM certificates, or one base64 text a line: a certificate or a COSE_Key."),
    )
    valid_from = MomentField(label=_("Trusted from"))
    valid_until = MomentField(label=_("Trusted until"))
    document = forms.CharField(label=_("Number of the document"), max_length=96)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        countries: Any = self.fields["country"]
        countries.choices = [("CHN", country_name("CHN")), *country_choices()]

    def fields_of_issuer(self) -> IssuerFields:
        """Return what is said of the issuer. The form must be valid."""
        said = {name: self.cleaned_data[name] for name in IssuerFields._fields}
        said["uses"] = frozenset(map(Use, said["uses"]))
        said["valid_from"] = parse_moment(said["valid_from"]).begins
        said["valid_until"] = parse_moment(said["valid_until"]).ends
        return IssuerFields(**said)


class EndIssuerForm(forms.Form):
    """Why an issuer is trusted no longer."""

    reason = forms.CharField(label=_("Reason"), max_length=256, widget=forms.Textarea(attrs={"rows": 3}))


@admin.register(TrustedIssuer)
class IssuerAdmin(RecordAdmin):
    """Issuers of other provinces and countries."""

    section = Section.RULES
    names = Names(_("trusted issuer"), _("trusted issuers"))
    lookup_field = "public_id"
    list_display = ("label", "what_for", "where", "span", "state")
    shown = ("label", "what_for", "where", "span", "proposed", "approved", "ended", "state")

    def scope(self, account: Account, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep all, with who did what."""
        return rows.select_related("proposed_by", "approved_by", "ended_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let those propose who may; never an administrator."""
        return _may(account_of(request), PROPOSE)

    def get_urls(self) -> list[Any]:
        """Add the steps."""
        verbs = {"approve": self.approve_view, "end": self.end_view}
        return [
            path(f"<path:object_id>/{verb}/", self.admin_site.admin_view(v), name=f"healthcode_trustedissuer_{verb}")
            for verb, v in verbs.items()
        ] + super().get_urls()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Propose an issuer, or new keys of one."""
        check_permission(request, self.has_add_permission(request))
        form = IssuerForm(sent(request))

        def act(data: dict[str, Any]) -> None:
            by, at = account_of(request), timezone.now()
            propose_issuer(by=by, fields=form.fields_of_issuer(), document=data["document"], at=at)

        then = reverse("admin:healthcode_trustedissuer_changelist")
        page = FormPage(_("Propose an issuer"), _("Propose"), _("Proposed. Another person has to approve it."), then)
        return self.form_page(request, form, act, page)

    def approve_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Trust the issuer from now on."""
        issuer = self._step(request, object_id, "approve")

        def act(data: dict[str, Any]) -> None:
            approve_issuer(by=account_of(request), issuer=issuer, at=timezone.now())

        intro = _("Compare the fingerprints of the keys with those of the document before you approve.")
        page = FormPage(_("Trust an issuer"), _("Trust it"), _("Trusted from now on."), self.url_of(issuer))
        page = page._replace(intro=intro, tables=self.tables(request, issuer))
        return self.form_page(request, forms.Form(sent(request)), act, page)

    def end_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop trusting it."""
        issuer = self._step(request, object_id, "end")

        def act(data: dict[str, Any]) -> None:
            end_issuer(by=account_of(request), issuer=issuer, reason=data["reason"], at=timezone.now())

        page = FormPage(_("Stop trusting an issuer"), _("End it"), _("Ended."), self.url_of(issuer))
        return self.form_page(request, EndIssuerForm(sent(request)), act, page._replace(intro=issuer.name))

    def _step(self, request: HttpRequest, object_id: str, verb: str) -> TrustedIssuer:
        issuer: TrustedIssuer = self.get_object(request, object_id)
        check_permission(request, verb in _steps(account_of(request), issuer))
        return issuer

    def links(self, request: HttpRequest, row: Any) -> list[Link]:
        """Offer what may be done by whom reads it."""
        words = {"approve": _("Trust it"), "end": _("End it")}
        steps = _steps(account_of(request), row)
        return [
            Link(reverse(f"admin:healthcode_trustedissuer_{step}", args=[self.id_of(row)]), words[step])
            for step in steps
        ]

    def tables(self, request: HttpRequest, row: Any) -> list[Table]:
        """Show the keys by their fingerprints."""
        cells = [
            (key.kid.hex(), key.algorithm.value, moment(key.valid_from), moment(key.valid_until), key.fingerprint)
            for key in row.issuer_keys()
        ]
        columns = (_("Key"), _("Algorithm"), _("From"), _("Until"), _("Fingerprint (SHA-256)"))
        return [Table(_("Keys"), columns, cells, _("No key."))]

    @admin.display(description=_("Issuer"))
    def label(self, row: TrustedIssuer) -> str:
        """Return name and code."""
        return f"{row.name} · {row.name_en} ({row.code})"

    @admin.display(description=_("Trusted for"))
    def what_for(self, row: TrustedIssuer) -> str:
        """Return the uses."""
        return "、".join(str(USES[Use(use)]) for use in row.uses)

    @admin.display(description=_("Country or region"))
    def where(self, row: TrustedIssuer) -> str:
        """Return the country, and the province's code."""
        return f"{country_name(row.country)} {row.province}".strip()

    @admin.display(description=_("Trusted between"))
    def span(self, row: TrustedIssuer) -> str:
        """Return from when until when."""
        return f"{moment(row.valid_from)} – {moment(row.valid_until)}"

    @admin.display(description=_("Proposed"))
    def proposed(self, row: TrustedIssuer) -> str:
        """Return who proposed it when, on what paper."""
        return f"{moment(row.proposed_at)} · {row.proposed_by} · {row.document}"

    @admin.display(description=_("Approved"))
    def approved(self, row: TrustedIssuer) -> str:
        """Return who approved it when."""
        return f"{moment(row.approved_at)} · {row.approved_by}" if row.approved_by else "–"

    @admin.display(description=_("Ended"))
    def ended(self, row: TrustedIssuer) -> str:
        """Return who ended it when and why."""
        return f"{moment(row.ended_at)} · {row.ended_by} · {row.end_reason}" if row.ended_by else "–"

    @admin.display(description=_("State"))
    def state(self, row: TrustedIssuer) -> str:
        """Return how it stands."""
        if row.ended_at is not None or row.valid_until <= timezone.now():
            return badge(OVER)
        return badge(TRUSTED if row.approved_at else WAITS)


def _steps(account: Account, row: TrustedIssuer) -> list[str]:
    """Return what is this account's to do now."""
    if row.ended_at is not None:
        return []
    waits = row.approved_at is None and row.valid_until > timezone.now()
    may_approve = waits and _may(account, APPROVE) and account.pk != row.proposed_by_id
    may_end = _may(account, APPROVE) or _may(account, PROPOSE)
    return ["approve"] * may_approve + ["end"] * may_end


def _may(account: Account, permission: str) -> bool:
    return not account.is_superuser and account.has_perm(permission)
