"""Showing a code or report of elsewhere: a photo of it, or its text (N3.4)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from healthcode.domain.photos import MAX_BYTES, read_photo

# The longest certificate a QR holds, with room for the spaces of a paste.
_LONGEST = 6000


class ShowForm(forms.Form):
    """A photo of the QR, or its text; ``shown`` is the text when the form is valid."""

    photo = forms.FileField(
        required=False,
        allow_empty_file=True,
        label=_("Photo or screenshot of the code"),
        help_text=_("On a phone you can take it now."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    # A plain field takes the text as it is: base45 may end in a space.
    text: "forms.Field" = forms.Field(
        required=False,
        label=_("Text of the code"),
        help_text=_("Begins with JK1: or HC1:"),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """Read the photo where no text was given; raise ``ValidationError`` when there is nothing to read."""
        data = self.cleaned_data
        text, photo = str(data.get("text") or "").strip("\r\n\t"), data.get("photo")
        if not text and photo is None:
            raise ValidationError(_("Choose a photo or paste the text."), code="nothing_shown")
        if not text and photo is not None and photo.size <= MAX_BYTES:
            text = read_photo(photo.read())
        if not text or len(text) > _LONGEST:
            raise ValidationError(_("No code could be read. Take a closer photo, or paste the text."), code="no_code")
        return {**data, "shown": text}
