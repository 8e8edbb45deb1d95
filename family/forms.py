"""What is filled in to act for somebody: a child's or an adult's document, rights, a code, a reason."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from family.domain.bonds import Right
from family.domain.companions import MOST
from family.services.consents import Asked
from family.services.guardians import Child
from family.words import RIGHTS
from healthcode.forms.documents import DocumentForm
from healthcode.forms.places import ABROAD, home_choices

_CODE = {"inputmode": "numeric", "autocomplete": "one-time-code"}


class ChildForm(DocumentForm):
    """A child's document, day of birth and home. ``on`` is today's date in China."""

    birth_on = forms.DateField(
        label=_("Date of birth"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Needed where the number does not tell it: passports and permits."),
    )
    residence_code = forms.ChoiceField(label=_("Where the child lives"))

    def __init__(self, *args: Any, on: date, **options: Any) -> None:
        super().__init__(*args, on=on, **options)
        homes: Any = self.fields["residence_code"]
        homes.choices = home_choices()

    def clean(self) -> dict[str, Any]:
        """Take the day of birth from the number where it tells it."""
        cleaned = super().clean()
        document = getattr(self, "document", None)
        if document is not None and not cleaned.get("birth_on"):
            cleaned["birth_on"] = document.birth_on
            if document.birth_on is None:
                self.add_error("birth_on", forms.ValidationError(_("Write the date of birth."), code="required"))
        return cleaned

    def child(self) -> Child:
        """Return what a valid form says."""
        home = self.cleaned_data["residence_code"]
        home = "" if home == ABROAD else home
        said = self.cleaned_data
        return Child(self.document, said["nationality"], said["name"], said["birth_on"], home, home)


class RightsForm(forms.Form):
    """What may be done for somebody."""

    rights = forms.MultipleChoiceField(
        label=_("What may be done for the person"),
        choices=[(right.value, RIGHTS[right]) for right in Right],
        widget=forms.CheckboxSelectMultiple,
    )

    def chosen(self) -> frozenset[Right]:
        """Return the rights of a valid form."""
        return frozenset(Right(word) for word in self.cleaned_data["rights"])


class AdultForm(DocumentForm, RightsForm):
    """An adult's document and what they are asked to agree to. ``on`` is today's date in China."""

    field_order = ("document_type", "number", "nationality", "name", "rights")

    def asked(self) -> Asked:
        """Return who is asked."""
        return Asked(self.document, self.cleaned_data["nationality"], self.cleaned_data["name"])


class CodeForm(forms.Form):
    """The code that the person was sent and told."""

    code = forms.CharField(label=_("Code they were sent"), max_length=12, widget=forms.TextInput(attrs=_CODE))

    def clean_code(self) -> str:
        """Return the digits."""
        return "".join(self.cleaned_data["code"].split())


class ReasonForm(forms.Form):
    """Why somebody objects or complains."""

    reason = forms.CharField(label=_("Reason"), max_length=256, widget=forms.Textarea(attrs={"rows": 3}))


class JoinForm(forms.Form):
    """The code of a group, told by whose phone made it."""

    code = forms.CharField(
        label=_("Code of the group"),
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class TakeAlongForm(forms.Form):
    """Which family members come along today; ``people`` are pairs of public id and masked name."""

    people = forms.MultipleChoiceField(label=_("Who comes along"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, people: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["people"]
        field.choices = people
        field.help_text = _("Eight people at most, yourself included.") if len(people) >= MOST else ""

    def chosen(self) -> frozenset[str]:
        """Return the public ids of a valid form."""
        return frozenset(self.cleaned_data["people"])
