"""The daily report of people under observation (N2.1)."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from healthcode.services.observation import Symptom
from healthcode.words.isolation import SYMPTOMS


class CheckInForm(forms.Form):
    """Temperature and symptoms. ``form_id`` makes sending it twice one report."""

    form_id = forms.RegexField(r"^[-_A-Za-z0-9]{16,40}$", widget=forms.HiddenInput)
    temperature = forms.DecimalField(
        label=_("Your temperature in °C"),
        min_value=Decimal(34),
        max_value=Decimal(43),
        decimal_places=1,
        max_digits=3,
        help_text=_("Measured under the arm, such as 36.6."),
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.1"}),
    )
    symptoms = forms.MultipleChoiceField(
        label=_("Do you have any of these?"),
        choices=[(symptom.value, SYMPTOMS[symptom]) for symptom in Symptom],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def said(self) -> dict[str, Any]:
        """Return what a valid form reports, as the service takes it."""
        given = self.cleaned_data
        return {
            "temperature": given["temperature"],
            "symptoms": [Symptom(word) for word in given["symptoms"]],
            "form_id": given["form_id"],
        }
