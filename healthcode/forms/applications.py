"""Applying for a code: who, and how to reach them (N1.5, N3.1)."""

from datetime import date
from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm
from django import forms
from django.utils.translation import gettext_lazy as _

from healthcode.domain.divisions import known_division_codes
from healthcode.domain.identity import (
    Document,
    DocumentType,
    InvalidDocument,
    InvalidName,
    InvalidPhone,
    normalise_name,
    normalise_phone,
    parse_document,
)
from healthcode.forms.places import ABROAD, home_choices
from healthcode.services.persons import Application
from healthcode.words import PHONE_WORDS, document_label, document_sentence, name_sentence, nationality_choices

_NEEDS_NATIONALITY = frozenset({DocumentType.PASSPORT, DocumentType.OTHER})


class WhoForm(forms.Form):
    """Step 1: document and name. ``on`` is today's date in China.

    ``document`` is there when the form is valid.
    """

    document_type = forms.ChoiceField(label=_("Kind of document"), initial=DocumentType.RESIDENT_ID.value)
    number = forms.CharField(
        label=_("Number of the document"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
    )
    nationality = forms.ChoiceField(
        label=_("Nationality"),
        required=False,
        help_text=_("Needed with a passport or another document."),
    )
    name = forms.CharField(
        label=_("Name as on the document"),
        max_length=128,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("In Latin letters: surname, comma, given names. For example SMITH, JOHN."),
    )
    document: Document

    def __init__(self, *args: Any, on: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.on = on
        kinds: Any = self.fields["document_type"]
        kinds.choices = [(kind.value, document_label(kind)) for kind in DocumentType]
        nations: Any = self.fields["nationality"]
        nations.choices = [("", "—"), *nationality_choices()]

    def clean_name(self) -> str:
        """Return the name in normal form."""
        typed = self.cleaned_data["name"]
        try:
            name = normalise_name(typed)
        except InvalidName as error:
            raise forms.ValidationError(name_sentence(error.code), code=error.code) from error
        # Without the comma nobody can tell which word is the surname, and the mask shows the wrong one.
        if name.isascii() and " " in name and "," not in typed and "，" not in typed:
            raise forms.ValidationError(_("Write the surname first, then a comma: SMITH, JOHN."), code="comma_needed")
        return name

    def clean(self) -> dict[str, Any]:
        """Read the number as the kind of document says."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "document_type" not in cleaned:
            return cleaned
        kind = DocumentType(cleaned["document_type"])
        if kind in _NEEDS_NATIONALITY and not cleaned.get("nationality"):
            self.add_error("nationality", forms.ValidationError(_("Choose your nationality."), code="required"))
        if "number" in cleaned:
            self._read_number(kind, cleaned["number"])
        return cleaned

    def _read_number(self, kind: DocumentType, number: str) -> None:
        try:
            self.document = parse_document(kind, number, on=self.on, divisions=known_division_codes())
        except InvalidDocument as error:
            self.add_error("number", forms.ValidationError(document_sentence(error.code), code=error.code))


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
