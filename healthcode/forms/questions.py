"""“Were you in one of these places?”: the missing detail of a stay (needs_detail)."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# Stored as the community of the answer when it is none of those listed, so that the question is not asked again.
NONE_LISTED = "none_listed"


class QuestionForm(forms.Form):
    """Choose one of the communities, or none. ``form_id`` makes sending it twice one answer."""

    form_id = forms.RegexField(r"^[-_A-Za-z0-9]{16,40}$", widget=forms.HiddenInput)
    community = forms.ChoiceField(label=_("Were you in one of these places?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, communities: Sequence[str], **options: Any) -> None:
        super().__init__(*args, **options)
        places: Any = self.fields["community"]
        places.choices = [*((name, name) for name in communities), (NONE_LISTED, gettext("In none of them"))]
