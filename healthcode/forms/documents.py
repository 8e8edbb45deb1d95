"""The form part in which a document is typed: its kind, number, nationality and the name on it (N1.5).

The one module of these forms, with ``places``, that other apps build on.
"""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from healthcode.domain.divisions import known_division_codes
from healthcode.domain.identity import (
    Document,
    DocumentType,
    InvalidDocument,
    InvalidName,
    normalise_name,
    parse_document,
)
from healthcode.words import document_label, document_sentence, name_sentence, nationality_choices

_NEEDS_NATIONALITY = frozenset({DocumentType.PASSPORT, DocumentType.OTHER})


class DocumentForm(forms.Form):
    """A document and the name on it. ``on`` is today's date in China.

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
