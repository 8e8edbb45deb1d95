"""Form fields of the back office: instants, places and people as officers type them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from healthcode.admin.lookup import find_people
from healthcode.domain.divisions import is_code
from healthcode.domain.instants import InvalidInstant, parse_moment
from healthcode.models import Division


class MomentField(forms.CharField):
    """A date, or a date and a time, in China time. Its value is the text: a bare date means a whole day."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("2020-07-08, or with the time: 2020-07-08 09:30"))
        options.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off", "size": 20}))
        super().__init__(max_length=32, **options)

    def clean(self, value: Any) -> str:
        """Return the text; raise ``ValidationError`` when it is no date or time."""
        text = str(super().clean(value)).strip()
        if text:
            try:
                parse_moment(text)
            except InvalidInstant as error:
                raise ValidationError(_("Write a date like 2020-07-08, or 2020-07-08 09:30."), code="moment") from error
        return text


class PlaceField(forms.CharField):
    """A division by its code or by its name; its value is the code."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("The division code (6, 9 or 12 digits), or the name of a county."))
        options.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off"}))
        super().__init__(max_length=64, **options)

    def clean(self, value: Any) -> str:
        """Return the code; raise ``ValidationError`` for an unknown place or a name that several have."""
        text = str(super().clean(value)).strip()
        if not text:
            return ""
        if text.isdecimal() and text.isascii():
            if is_code(text) and Division.objects.filter(code=text[:6]).exists():
                return text
            raise ValidationError(_("No division has this code."), code="unknown_place")
        return _code_of_name(text)


def _code_of_name(name: str) -> str:
    codes = sorted(set(Division.objects.current().filter(name=name).values_list("code", flat=True)[:10]))
    if len(codes) == 1:
        return codes[0]
    if not codes:
        raise ValidationError(_("No division has this name. Write its code."), code="unknown_place")
    text = _("Several divisions have this name. Write the code: %(codes)s")
    raise ValidationError(text, code="ambiguous_place", params={"codes": ", ".join(codes)})


class PersonField(forms.CharField):
    """A person of the officer's division, by the whole document number or the record's id; its value is the row."""

    def __init__(self, people: QuerySet[Any], **options: Any) -> None:
        self.people = people
        options.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off", "size": 40}))
        super().__init__(max_length=64, **options)

    def clean(self, value: Any) -> Any:
        """Return the person; raise ``ValidationError`` when nobody in the division has this number or id."""
        text = str(super().clean(value))
        person = find_people(self.people, text, timezone.localdate()).first()
        if person is None:
            raise ValidationError(_("Nobody in your division is known under this number."), code="unknown_person")
        return person
