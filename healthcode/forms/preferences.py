"""How the reader wants the page: kept in a cookie, nothing of it about health."""

from django import forms

CARE_COOKIE = "care"
THEME_COOKIE = "theme"
THEMES = ("auto", "light", "dark")


class CareForm(forms.Form):
    """Care mode (关怀版) on or off."""

    care = forms.ChoiceField(choices=[("on", "on"), ("off", "off")])


class ThemeForm(forms.Form):
    """Colours of the screen."""

    theme = forms.ChoiceField(choices=[(theme, theme) for theme in THEMES])
