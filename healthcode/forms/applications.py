"""Applying for a code: who, and how to reach them (N1.5, N3.1)."""

from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm
from django import forms
from django.utils.translation import gettext_lazy as _

from healthcode.domain.identity import InvalidPhone, normalise_phone
from healthcode.forms.documents import DocumentForm
from healthcode.forms.places import ABROAD, home_choices
from healthcode.services.persons import Application
from healthcode.words import PHONE_WORDS


class WhoForm(DocumentForm):
    """Step 1: document and name."""


class ContactForm(forms.Form):
    """Step 2: phone and home."""

    phone = forms.CharField(
        label=_("Mobile phone number"),
        max_length=32,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        help_text=_("We send a message when your code changes. It never says why."),
    )
    residence_code = forms.ChoiceField(label=_("Where you live"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        homes: Any = self.fields["residence_code"]
        homes.choices = home_choices()

    def clean_phone(self) -> str:
        """Return the number in E.164."""
        try:
            return normalise_phone(self.cleaned_data["phone"])
        except InvalidPhone as error:
            raise forms.ValidationError(PHONE_WORDS[error.code], code=error.code) from error


class SignInCodeForm(ConfirmLoginCodeForm):  # type: ignore[misc]  # allauth ships no types
    """allauth's form of the one-time code, with a keyboard of digits and our words."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["code"].label = _("Code from the message")
        self.fields["code"].widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"})


class ClaimForm(forms.Form):
    """The one-time code that was sent to the first phone."""

    code = forms.CharField(
        label=_("Code from the message"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def clean_code(self) -> str:
        """Return the digits."""
        return "".join(self.cleaned_data["code"].split())


def application_of(who: WhoForm, contact: ContactForm, stay_code: str) -> Application:
    """Return what three valid steps say."""
    return Application(
        document=who.document,
        nationality=who.cleaned_data["nationality"],
        name=who.cleaned_data["name"],
        phone=contact.cleaned_data["phone"],
        residence_code=division_of(contact.cleaned_data["residence_code"]),
        stay_code=division_of(stay_code),
    )


def division_of(choice: str) -> str:
    """Return the division of a chosen place; nothing for abroad."""
    return "" if choice == ABROAD else choice
