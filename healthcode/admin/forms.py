"""Forms of the back office about evidence. Each asks what one kind of record needs and makes the domain's record.

No form has a field for the colour of a code: a control order says which measure it puts a person under.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from healthcode.admin.fields import MomentField, PersonField, PlaceField
from healthcode.admin.labels import KINDS, moment
from healthcode.admin.scope import scoped_people
from healthcode.domain.cases import CONTROL_COLOURS, DIAGNOSES, MODES, RELEASE_STAGES, RESULTS, Malformed, read_evidence
from healthcode.domain.divisions import covers
from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.instants import print_instant
from healthcode.models import Account, EvidenceRecord, Person, Source, SourceCategory
from healthcode.words import country_choices

# A withdrawal has a page of its own, and a control order comes from its approvals.
RECORDABLE = tuple(kind for kind in Kind if kind not in (Kind.RETRACTION, Kind.CONTROL_ORDER))
_EMPTY = ("", "---------")

_WORDS: Mapping[str, Promise] = {
    "confirmed": _("confirmed case"),
    "suspected": _("suspected case"),
    "asymptomatic": _("carrier without symptoms"),
    "excluded": _("ruled out"),
    "negative": _("negative"),
    "positive": _("positive"),
    "central": _("central isolation"),
    "home": _("observation at home"),
    "all": _("all stages"),
    "red": _("as for a red code"),
    "yellow": _("as for a yellow code"),
}


def _choice(words: tuple[str, ...], label: Any) -> Callable[[], forms.Field]:
    return lambda: forms.ChoiceField(label=label, choices=[_EMPTY, *((word, _WORDS[word]) for word in words)])


def _document() -> forms.Field:
    return forms.CharField(label=_("Number of the order"), max_length=96, help_text=_("As it stands on the paper."))


_FIELDS: Mapping[str, Callable[[], forms.Field]] = {
    "status": _choice(DIAGNOSES, _("Finding")),
    "result": _choice(RESULTS, _("Result")),
    "mode": _choice(MODES, _("Where")),
    "stage": _choice(RELEASE_STAGES, _("What ends")),
    "measure": _choice(CONTROL_COLOURS, _("Measure")),
    "reported_at": lambda: MomentField(label=_("Reported"), required=False),
    "until": lambda: MomentField(label=_("Until")),
    "left": lambda: MomentField(label=_("Left"), required=False, help_text=_("Empty: still there.")),
    "place": lambda: PlaceField(label=_("Place")),
    "community": lambda: forms.CharField(label=_("Community or market"), max_length=96, required=False),
    "country": lambda: forms.ChoiceField(label=_("Came from"), choices=[_EMPTY, *country_choices()], required=False),
    "document": _document,
}
_ASKED: Mapping[Kind, tuple[str, ...]] = {
    Kind.DIAGNOSIS: ("status",),
    Kind.OVERSEAS_ENTRY: ("country",),
    Kind.AREA_STAY: ("left", "place", "community"),
    Kind.ISOLATION_ORDER: ("until", "mode", "document"),
    Kind.RELEASE: ("stage",),
    Kind.NAT_RESULT: ("result", "reported_at"),
}
# How the domain's record calls what the form calls otherwise.
_DOMAIN_NAMES = {"measure": "colour", "left": "until"}
_WRONG: Mapping[str, Any] = {
    "at": _("Only an order may begin later than now."),
    "until": _("The end lies before the beginning."),
    "reported_at": _("The report lies before the sampling."),
}


class StartForm(forms.Form):
    """Whose record, and of which kind."""

    def __init__(self, *args: Any, account: Account, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["person"] = PersonField(
            scoped_people(account, Person.objects),
            label=_("Person"),
            help_text=_("The whole number of the document, or the id of the person's record."),
        )
        kinds = [(kind.value, KINDS[kind]) for kind in RECORDABLE]
        self.fields["kind"] = forms.ChoiceField(label=_("Kind of record"), choices=[_EMPTY, *kinds])


class RecordForm(forms.Form):
    """One record of ``kind`` about ``person``; its data hold ``source`` and, as ``evidence``, the domain's record."""

    form_id = forms.CharField(widget=forms.HiddenInput, max_length=43, initial=lambda: secrets.token_urlsafe(16))

    def __init__(self, *args: Any, kind: Kind, person: Person, account: Account, at: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind, self.at = kind, at
        self.fields["source"] = forms.ModelChoiceField(
            label=_("Source"), queryset=_sources(kind, account), help_text=_("Whose finding it is.")
        )
        self.fields["at"] = MomentField(label=_("Happened"))
        for name in _ASKED.get(kind, ()):
            self.fields[name] = _FIELDS[name]()
        if kind is Kind.RELEASE:
            self.fields["of"] = _records_field(person)
        self.fields["number"] = forms.CharField(
            label=_("Number of the record"),
            max_length=64,
            required=False,
            help_text=_("The source's own number, if there is one. The same number is never recorded twice."),
        )

    def clean(self) -> dict[str, Any]:
        """Make the domain's record; errors stand at the fields they are about."""
        data = dict(self.cleaned_data)
        if self.errors:
            return data
        try:
            data["evidence"] = read_evidence(self._said(data), "record")
        except Malformed as error:
            self.add_error(self._field_of(error), self._sentence(error))
        return data

    def _said(self, data: dict[str, Any]) -> dict[str, object]:
        given = {_DOMAIN_NAMES.get(name, name): data[name] for name in self.fields if data.get(name)}
        for name in ("form_id", "number"):
            given.pop(name, None)
        return {
            **given,
            "id": data["number"] or f"form-{data['form_id']}",
            "kind": self.kind.value,
            "source": data["source"].category,
            "symptom": "fever" if self.kind is Kind.SYMPTOM else None,
            "recorded_at": print_instant(self.at),
        }

    def _field_of(self, error: Malformed) -> str | None:
        said = error.where.split(".")[-1].split("[")[0]
        names = [name for name in self.fields if _DOMAIN_NAMES.get(name, name) == said]
        return names[0] if names else None

    def _sentence(self, error: Malformed) -> ValidationError:
        said = error.where.split(".")[-1]
        return ValidationError(_WRONG.get(said, _("This does not fit the kind of record.")), code=error.code)

    def evidence(self) -> Evidence:
        """Return the record made from what was typed. The form must be valid."""
        made: Evidence = self.cleaned_data["evidence"]
        return made


class ReasonForm(forms.Form):
    """Why a record is withdrawn."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=256,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What is wrong with the record. It stays on file; the right fact is recorded anew."),
    )


def _sources(kind: Kind, account: Account) -> Any:
    """Return the sources that may assert ``kind`` and lie in, or above, the officer's division."""
    sources = Source.objects.filter(is_active=True, kinds__contains=[kind.value])
    near = [
        source.pk
        for source in sources.exclude(category=SourceCategory.SELF).order_by("pk")
        if not source.division or covers(account.division, source.division) or covers(source.division, account.division)
    ]
    return Source.objects.filter(pk__in=near).order_by("code")


def _records_field(person: Person) -> forms.Field:
    """Return the choice of the records whose isolation ends."""
    kinds = (Kind.CLOSE_CONTACT, Kind.OVERSEAS_ENTRY, Kind.ISOLATION_ORDER, Kind.AREA_STAY, Kind.DIAGNOSIS)
    records = EvidenceRecord.objects.filter(
        person=person, kind__in=[kind.value for kind in kinds], retractions__isnull=True
    )
    choices = [
        (str(record.public_id), f"{KINDS[record.kind]} · {moment(record.at)}") for record in records.order_by("-at")
    ]
    return forms.MultipleChoiceField(label=_("Of these records"), choices=choices, widget=forms.CheckboxSelectMultiple)
