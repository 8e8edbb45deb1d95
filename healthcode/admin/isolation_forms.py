"""Forms of the back office about isolation and transfers. None asks for a colour: it follows what is recorded."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from healthcode.admin.fields import MomentField, PersonField, PlaceField
from healthcode.admin.scope import scoped_people
from healthcode.domain.colours import Stage
from healthcode.domain.instants import parse_moment
from healthcode.domain.isolation import MODES_OF, Mode
from healthcode.models import Account, IsolationCase, Person, Transfer, VisitWay
from healthcode.services.isolation_orders import Moved, OrderFields
from healthcode.services.observation import VisitFields
from healthcode.services.transfers import LegFields
from healthcode.words.isolation import MODES, WAYS


def ends(text: str) -> datetime | None:
    """Return the instant of an end: a bare date is 24:00 of that day; nothing for nothing."""
    return parse_moment(text).ends if text else None


def begins(text: str) -> datetime | None:
    """Return the instant of a beginning: a bare date is 00:00 of that day; nothing for nothing."""
    return parse_moment(text).begins if text else None


def _document(*, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=_("Reference number of the paper"),
        max_length=96,
        required=required,
        help_text=_("As it stands on the paper."),
    )


def _reason() -> forms.CharField:
    return forms.CharField(label=_("Reason"), max_length=256, widget=forms.Textarea(attrs={"rows": 3}))


class ConfirmForm(forms.Form):
    """The order of a proposed case. ``case`` says how people are isolated in its stage."""

    mode = forms.ChoiceField(label=_("Type of isolation"))
    ordered_by = forms.CharField(label=_("Ordered by"), max_length=96, help_text=_("The body and who signed."))
    document = _document(required=False)
    verbal_at = MomentField(label=_("Given by word of mouth"), required=False)
    until = MomentField(
        label=_("Until"),
        required=False,
        help_text=_("Empty: as long as the rule asks. Longer needs a document and becomes a record."),
    )
    place = forms.CharField(label=_("Place of isolation"), max_length=160)
    supply_arranged = forms.BooleanField(label=_("Food and supplies are arranged"), required=False)
    supply = forms.CharField(label=_("By whom and how"), max_length=160, required=False)

    def __init__(self, *args: Any, case: IsolationCase, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["mode"]
        field.choices = [(mode.value, MODES[mode]) for mode in MODES_OF[Stage(case.stage)]]

    def order(self) -> OrderFields:
        """Return what a valid form orders."""
        given = self.cleaned_data
        return OrderFields(
            ordered_by=given["ordered_by"],
            place=given["place"],
            document=given["document"],
            verbal_at=begins(given["verbal_at"]),
            until=ends(given["until"]),
            supply_arranged=given["supply_arranged"],
            supply=given["supply"],
            mode=Mode(given["mode"]),
        )


class MoveForm(forms.Form):
    """A new planned end."""

    until = MomentField(label=_("New end"))
    reason = _reason()
    document = _document()

    def moved(self) -> Moved:
        """Return what a valid form says."""
        given = self.cleaned_data
        return Moved(parse_moment(given["until"]).ends, given["reason"], given["document"])


class PaperForm(forms.Form):
    """The paper of an order given by word of mouth."""

    document = _document()


class ReleaseForm(forms.Form):
    """A release with its document."""

    document = _document()
    whole = forms.BooleanField(
        label=_("Also the observation at home that would follow"),
        required=False,
    )


class DropForm(forms.Form):
    """Why a case is dropped."""

    reason = _reason()


class VisitForm(forms.Form):
    """What an officer found."""

    way = forms.ChoiceField(label=_("How"), choices=[(way.value, WAYS[way]) for way in VisitWay])
    visited_at = MomentField(label=_("When"))
    met = forms.BooleanField(label=_("The person was met at the place of isolation"), required=False)
    temperature = forms.DecimalField(
        label=_("Temperature in °C"),
        required=False,
        min_value=Decimal(34),
        max_value=Decimal(43),
        max_digits=3,
        decimal_places=1,
    )
    note = forms.CharField(label=_("Note"), max_length=256, required=False)

    def visit(self) -> VisitFields:
        """Return what a valid form says."""
        given = self.cleaned_data
        return VisitFields(
            VisitWay(given["way"]),
            parse_moment(given["visited_at"]).begins,
            given["met"],
            given["temperature"],
            given["note"],
        )


class TransferForm(forms.Form):
    """Who is brought from where to where."""

    origin = forms.CharField(label=_("From where"), max_length=160)
    destination = forms.CharField(label=_("To where"), max_length=160)
    destination_division = PlaceField(label=_("Division that receives the person"))

    def __init__(self, *args: Any, account: Account, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["person"] = PersonField(
            scoped_people(account, Person.objects),
            label=_("Person"),
            help_text=_("The whole number of the document, or the id of the person's record."),
        )
        self.order_fields(["person"])


class LegForm(forms.Form):
    """One ride."""

    place_from = forms.CharField(label=_("From where"), max_length=160)
    place_to = forms.CharField(label=_("To where"), max_length=160)
    vehicle = forms.CharField(label=_("Vehicle"), max_length=32)
    handed_over_by = forms.CharField(label=_("Handed over by"), max_length=64)
    sealed_at = MomentField(label=_("Sealed"))
    departed_at = MomentField(label=_("Departed"))

    def leg(self) -> LegFields:
        """Return what a valid form says."""
        given = dict(self.cleaned_data)
        for name in ("sealed_at", "departed_at"):
            given[name] = parse_moment(given[name]).begins
        return LegFields(**given)


class ArrivalForm(forms.Form):
    """Who received the person, and when."""

    received_by = forms.CharField(label=_("Received by"), max_length=64)
    arrived_at = MomentField(label=_("Arrived"))

    def clean_arrived_at(self) -> datetime:
        """Return the instant."""
        text: str = self.cleaned_data["arrived_at"]
        if not text:
            raise ValidationError(_("Please fill this in."), code="required")
        return parse_moment(text).begins


def next_leg(transfer: Transfer) -> dict[str, str]:
    """Return what is known of the next ride: it begins where the last one ended."""
    legs = transfer.chain()
    start = legs[-1].place_to if legs else transfer.origin
    return {"place_from": start, "place_to": transfer.destination}
