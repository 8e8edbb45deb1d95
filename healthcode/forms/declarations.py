"""What people say of their health and their trips. It can only add caution (N1.1, N1.2)."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from healthcode.domain.instants import Moment, parse_moment
from healthcode.forms.places import county_choices, home_choices, province_choices
from healthcode.services.declarations import Arrival, Declared, Entry, Fever, Stay
from healthcode.words import country_choices

MOST_PLACES = 10
_PLACE = ("province", "county", "since", "until")
_YES_NO = [("yes", pgettext_lazy("answer", "Yes")), ("no", pgettext_lazy("answer", "No"))]


class PlaceRow(NamedTuple):
    """The fields of one place that was visited."""

    number: int
    fields: list[forms.BoundField]


def _question(label: Any, help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=_YES_NO, widget=forms.RadioSelect, help_text=help_text)


class DeclarationForm(forms.Form):
    """Fever, entry from abroad, places visited. ``on`` is today in China, ``days`` how far back trips are asked for.

    Answering no makes what was filled in below it count for nothing. ``rows`` says how many places are shown.
    """

    rows = forms.IntegerField(widget=forms.HiddenInput, required=False)
    fever = _question(_("Do you have a fever?"))
    fever_since = forms.DateField(label=_("Since when?"), required=False)
    abroad = _question(_("Did you come from abroad?"))
    country = forms.ChoiceField(label=_("From which country or region?"), required=False)
    entered_on = forms.DateField(label=_("On which day did you enter China?"), required=False)
    travelled = _question(_("Were you in other places?"))
    arrived_on = forms.DateField(
        label=_("If you came to Zhejiang from there: on which day?"),
        required=False,
    )
    truthful = forms.BooleanField(
        label=_(
            "What I say here is true. I know that hiding the truth to get past a check is entered in the credit record,"
            " and that I answer to the law if others come to serious harm."
        ),
        error_messages={"required": _("Please confirm that what you say is true.")},
    )

    def __init__(self, *args: Any, on: date, days: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.on = on
        given: Mapping[str, Any] = self.data if self.is_bound else self.initial
        self.row_count = _row_count(given.get("rows"))
        self._add_places(given)
        countries: Any = self.fields["country"]
        countries.choices = [("", gettext("Choose a country or region")), *country_choices()]
        help_text = gettext("In the last %(days)d days, overnight or for a day.") % {"days": days}
        self.fields["travelled"].help_text = help_text
        self.fields["abroad"].help_text = gettext("In the last %(days)d days.") % {"days": days}
        for field in self.fields.values():
            if isinstance(field, forms.DateField):
                field.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "max": on.isoformat()})
        # The promise stands last, below what it promises.
        self.fields["truthful"] = self.fields.pop("truthful")

    def _add_places(self, given: Mapping[str, Any]) -> None:
        chosen = {row: str(given.get(f"province_{row}") or "") for row in self.row_numbers}
        provinces, counties = province_choices(), county_choices(chosen.values())
        for row in self.row_numbers:
            options = [("", gettext("Choose a county")), *counties.get(chosen[row], [])]
            self.fields[f"province_{row}"] = forms.ChoiceField(label=_("Province"), choices=provinces, required=False)
            self.fields[f"county_{row}"] = forms.ChoiceField(
                label=_("County or district"), choices=options, required=False
            )
            self.fields[f"since_{row}"] = forms.DateField(label=_("From (day)"), required=False)
            self.fields[f"until_{row}"] = forms.DateField(
                label=_("Until (day)"), required=False, help_text=_("Leave it empty if you are still there.")
            )

    @property
    def row_numbers(self) -> range:
        """Return the numbers of the places shown, from 1."""
        return range(1, self.row_count + 1)

    def place_rows(self) -> list[PlaceRow]:
        """Return the places' fields, row by row, for the page."""
        return [PlaceRow(row, [self[f"{name}_{row}"] for name in _PLACE]) for row in self.row_numbers]

    def clean(self) -> dict[str, Any]:
        """Ask for what a yes needs, and for days that can be; what stands below a no is left aside."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self._left_aside():
            self.errors.pop(name, None)
            cleaned.pop(name, None)
        for name, value in list(cleaned.items()):
            if isinstance(value, date) and value > self.on:
                self.add_error(name, forms.ValidationError(_("This day lies in the future."), code="in_future"))
        if cleaned.get("fever") == "yes":
            self._need("fever_since")
        if cleaned.get("abroad") == "yes":
            self._need("country")
            self._need("entered_on")
        if cleaned.get("travelled") == "yes":
            self._check_places()
        return cleaned

    def _left_aside(self) -> list[str]:
        below = {
            "fever": ["fever_since"],
            "abroad": ["country", "entered_on"],
            "travelled": ["arrived_on", *(f"{name}_{row}" for row in self.row_numbers for name in _PLACE)],
        }
        return [name for answer, names in below.items() if self.cleaned_data.get(answer) != "yes" for name in names]

    def _need(self, name: str) -> None:
        if not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, forms.ValidationError(_("Please fill this in."), code="required"))

    def _check_places(self) -> None:
        used = [row for row in self.row_numbers if self._is_used(row)] or [1]
        for row in used:
            for name in ("province", "county", "since"):
                self._need(f"{name}_{row}")
            since, until = self.cleaned_data.get(f"since_{row}"), self.cleaned_data.get(f"until_{row}")
            if since and until and until < since:
                error = forms.ValidationError(_("You cannot leave before you come."), code="until_before_since")
                self.add_error(f"until_{row}", error)

    def _is_used(self, row: int) -> bool:
        return any(self.data.get(f"{name}_{row}") for name in _PLACE)

    def said(self) -> list[Declared]:
        """Return what a valid form declares."""
        given = self.cleaned_data
        said: list[Declared] = []
        if given["fever"] == "yes":
            said.append(Fever(_day(given["fever_since"])))
        if given["abroad"] == "yes":
            said.append(Entry(given["country"], _day(given["entered_on"])))
        if given["travelled"] == "yes":
            said += [self._stay(row) for row in self.row_numbers if given.get(f"county_{row}")]
            if given["arrived_on"]:
                said.append(Arrival(_day(given["arrived_on"])))
        return said

    def _stay(self, row: int) -> Stay:
        given = self.cleaned_data
        until = given[f"until_{row}"]
        # The community is left open: where only a part of a county is a risk area, it is asked for by name.
        return Stay(given[f"county_{row}"], "", _day(given[f"since_{row}"]), _day(until) if until else None)


class HealthForm(DeclarationForm):
    """Step 3 of applying: where and how I am."""

    field_order = ("stay_code",)
    stay_code = forms.ChoiceField(label=_("Where you are now"))

    def __init__(self, *args: Any, on: date, days: int, **options: Any) -> None:
        super().__init__(*args, on=on, days=days, **options)
        places: Any = self.fields["stay_code"]
        places.choices = home_choices()


class DeclareForm(DeclarationForm):
    """A declaration by itself. ``form_id`` makes sending it twice one declaration."""

    form_id = forms.RegexField(r"^[-_A-Za-z0-9]{16,40}$", widget=forms.HiddenInput)


def _row_count(given: object) -> int:
    text = str(given or "")
    return min(max(int(text), 1), MOST_PLACES) if text.isdecimal() and len(text) < 4 else 1


def _day(day: date) -> Moment:
    return parse_moment(day.isoformat())
