"""What the calls shaped after GB/T 38963-2020 take, checked and brought into the form that the services take."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from healthcode.domain.divisions import is_code, known_division_codes
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
from healthcode.domain.instants import InvalidInstant, Moment, parse_moment, to_china
from healthcode.models import SystemScope
from healthcode.services.declarations import Arrival, Declared, Entry, Fever, Stay
from healthcode.services.interfaces import Holder
from healthcode.services.persons import Application
from healthcode.words import country_choices

_MORE: dict[str, Any] = {"required": False, "default": ""}


def _text(words: Any, longest: int = 64, **options: Any) -> serializers.CharField:
    return serializers.CharField(help_text=words, max_length=longest, **options)


class DocumentForm(serializers.Serializer[Any]):
    """A document."""

    document_type = serializers.ChoiceField(
        choices=[kind.code for kind in DocumentType], help_text=_("Two-digit type code.")
    )
    number = _text(_("Number of the document."))
    nationality = _text(_("ISO 3166 alpha-3; required for passports and other documents."), 3, **_MORE)

    def read(self, said: Any) -> Document:
        """Return the document; raise ``ValidationError``."""
        kind = DocumentType.of_code(said["document_type"])
        if kind in (DocumentType.PASSPORT, DocumentType.OTHER) and not said["nationality"]:
            raise serializers.ValidationError({"nationality": "required"})
        today = to_china(timezone.now()).date()
        try:
            return parse_document(kind, said["number"], on=today, divisions=known_division_codes())
        except InvalidDocument as error:
            raise serializers.ValidationError({"number": error.code.value}) from error


class PresenceForm(serializers.Serializer[Any]):
    """How the holder's presence is shown: a fresh screen code, or a document and the one-time code."""

    shown_code = _text(_("The holder's screen code, at most 90 seconds old."), 400, trim_whitespace=False, **_MORE)
    document = DocumentForm(required=False)
    one_time_code = _text(_("What the holder read out."), 12, **_MORE)

    def validate(self, attrs: Any) -> Holder:
        """Return the holder."""
        said = attrs.get("document")
        if bool(attrs["shown_code"]) == bool(said):
            raise serializers.ValidationError({"shown_code": "either this or a document"})
        if not said:
            return Holder(shown_code=attrs["shown_code"])
        document = DocumentForm().read(said)
        return Holder("", document, said["nationality"], attrs["one_time_code"])


class HolderForm(serializers.Serializer[Any]):
    """A call about who is there."""

    holder = PresenceForm()


class ScopeForm(HolderForm):
    """A one-time code for which call."""

    scope = serializers.ChoiceField(choices=[scope.value for scope in SystemScope], help_text=_("For which call."))


class DeclarationForm(HolderForm):
    """What both declarations have: a number, so that sending it again is the same declaration."""

    id = serializers.RegexField(r"^[A-Za-z0-9_-]{1,24}$", help_text=_("The system's own number of the declaration."))


class HealthForm(DeclarationForm):
    """Health: a fever, an entry from abroad."""

    fever_since = _text(_("ISO 8601; a bare date is a whole day."), 32, **_MORE)
    entered_at = _text(_("When the holder entered China."), 32, **_MORE)
    country = serializers.ChoiceField(choices=(), help_text=_("From where: ISO 3166 alpha-3."), **_MORE)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        countries: Any = self.fields["country"]
        countries.choices = ["", *(code for code, _name in country_choices())]

    def validate(self, attrs: Any) -> Any:
        """Return the call with what is declared."""
        declared: list[Declared] = []
        if attrs["fever_since"]:
            declared.append(Fever(_moment(attrs, "fever_since")))
        if attrs["entered_at"]:
            if not attrs["country"]:
                raise serializers.ValidationError({"country": "required"})
            declared.append(Entry(attrs["country"], _moment(attrs, "entered_at")))
        return {**attrs, "declared": _some(declared)}


class TripForm(DeclarationForm):
    """A stay elsewhere in China, and the arrival from there."""

    place = _text(_("GB/T 2260 code of 6, 9 or 12 digits."), 12, **_MORE)
    community = _text(_("Community or market."), 200, **_MORE)
    since = _text(_("Arrival there."), 32, **_MORE)
    until = _text(_("Departure; empty: still there."), 32, **_MORE)
    arrived_at = _text(_("Arrival in Zhejiang."), 32, **_MORE)

    def validate(self, attrs: Any) -> Any:
        """Return the call with what is declared."""
        declared: list[Declared] = []
        if attrs["place"]:
            if not is_code(attrs["place"]):
                raise serializers.ValidationError({"place": "no division code"})
            since, until = _moment(attrs, "since"), _moment(attrs, "until") if attrs["until"] else None
            if until is not None and until.ends < since.begins:
                raise serializers.ValidationError({"until": "earlier than since"})
            declared.append(Stay(attrs["place"], attrs["community"], since, until))
        if attrs["arrived_at"]:
            declared.append(Arrival(_moment(attrs, "arrived_at")))
        return {**attrs, "declared": _some(declared)}


class ApplicationForm(DocumentForm):
    """An application."""

    name = _text(_("Name as on the document."))
    phone = _text(_("Phone, if there is one."), 32, **_MORE)
    residence_code = _text(_("Where they live: GB/T 2260."), 12)
    stay_code = _text(_("Where they stay: GB/T 2260."), 12)

    def validate(self, attrs: Any) -> Any:
        """Return the call with the application."""
        places = _places(attrs)
        try:
            name = normalise_name(attrs["name"])
            phone = normalise_phone(attrs["phone"]) if attrs["phone"] else ""
        except (InvalidName, InvalidPhone) as error:
            raise serializers.ValidationError({"name_or_phone": error.code.value}) from error
        document = DocumentForm().read(attrs)
        return {"application": Application(document, attrs["nationality"], name, phone, *places)}


class CodeForm(serializers.Serializer[Any]):
    """A code to check."""

    token = _text(_("The text of the code, as scanned."), 400, trim_whitespace=False)


class CorrectionForm(HolderForm):
    """Where the holder lives and stays; what is empty stays as it is."""

    residence_code = _text(_("Where they live: GB/T 2260."), 12, **_MORE)
    stay_code = _text(_("Where they stay: GB/T 2260."), 12, **_MORE)

    def validate(self, attrs: Any) -> Any:
        """Return the call; something must be put right."""
        if not any(_places(attrs)):
            raise serializers.ValidationError({"residence_code": "nothing to put right"})
        return attrs


class AnswerForm(serializers.Serializer[Any]):
    """An answer: return code, its words, and the data."""

    code = _text(_("Return code; 0 is done."))
    message = _text(_("The same for people."), 512)
    data = serializers.DictField(help_text=_("What was asked for."))  # type: ignore[assignment]  # a field, no property


def _moment(attrs: Any, name: str) -> Moment:
    try:
        return parse_moment(attrs[name])
    except InvalidInstant as error:
        raise serializers.ValidationError({name: "no date or time"}) from error


def _some(declared: list[Declared]) -> list[Declared]:
    if not declared:
        raise serializers.ValidationError({"id": "nothing is declared"})
    return declared


def _places(attrs: Any) -> tuple[str, str]:
    places = (attrs["residence_code"], attrs["stay_code"])
    for name, code in zip(("residence_code", "stay_code"), places, strict=True):
        if code and not (is_code(code) and code[:6] in known_division_codes()):
            raise serializers.ValidationError({name: "no division code"})
    return places
