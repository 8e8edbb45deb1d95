"""Forms about versions of the rules: every parameter a number with its present value, every clause in two languages."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from healthcode.admin.fields import MomentField
from healthcode.domain.governance import CLAUSES, LANGUAGES
from healthcode.domain.instants import parse_moment
from healthcode.domain.rulesets import texts_in
from healthcode.models import RuleSetVersion
from healthcode.services.governance import DraftFields
from healthcode.words import PARAMETERS, clause_label

_ROWS = {"rows": 3}


class DraftForm(forms.Form):
    """A draft: starts from ``base``, the draft that is revised or the rules in force. Its data hold ``fields``."""

    code = forms.CharField(
        label=_("Name of the version"),
        max_length=32,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$", _("Small letters, digits and hyphens."))],
        help_text=_("Small letters, digits and hyphens."),
    )
    title_zh = forms.CharField(label=_("Title in Chinese"), max_length=96)
    title_en = forms.CharField(label=_("Title in English"), max_length=128)

    def __init__(self, *args: Any, base: RuleSetVersion, now: RuleSetVersion, **options: Any) -> None:
        super().__init__(*args, **options)
        self.base = base
        for name, (label, clauses) in PARAMETERS.items():
            self.fields[f"days_{name}"] = forms.IntegerField(
                label=gettext("%(what)s (days)") % {"what": label},
                min_value=0,
                max_value=365,
                initial=base.data["days"][name],
                help_text=gettext("Now %(days)d. %(clauses)s")
                % {"days": now.data["days"][name], "clauses": ", ".join(clause_label(clause) for clause in clauses)},
            )
        for clause in CLAUSES:
            for language, name in (("zh", gettext("Chinese")), ("en", gettext("English"))):
                self.fields[_text_name(clause, language)] = forms.CharField(
                    label=f"{clause_label(clause)} · {name}",
                    max_length=2_000,
                    initial=texts_in(base.data)[clause][language],
                    widget=forms.Textarea(attrs=_ROWS),
                )

    def clean(self) -> dict[str, Any]:
        """Return the data with the service's form of them."""
        data = dict(self.cleaned_data)
        if not self.errors:
            days = {name: data[f"days_{name}"] for name in PARAMETERS}
            title = {"zh": data["title_zh"], "en": data["title_en"]}
            texts = {
                clause: {language: _plain(data[_text_name(clause, language)]) for language in LANGUAGES}
                for clause in CLAUSES
            }
            data["fields"] = DraftFields(data["code"], title, days, texts)
        return data


def _text_name(clause: str, language: str) -> str:
    return f"text_{clause.replace('.', '_')}_{language}"


def _plain(text: str) -> str:
    # Browsers send line ends as CR LF.
    return text.replace("\r\n", "\n").strip()


def title_of(data: Mapping[str, Any]) -> str:
    """Return the title of a version in the reader's language."""
    title: str = data.get("title", {}).get("en" if get_language() == "en" else "zh", "")
    return title


class ReasonForm(forms.Form):
    """Why something is done to a version; everybody reads it in the change log."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=1_000,
        widget=forms.Textarea(attrs=_ROWS),
        help_text=_("Everybody reads it in the change log."),
    )


class ApprovalForm(forms.Form):
    """An approval of exactly the text that was shown."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    reason = forms.CharField(label=_("Remark"), max_length=1_000, required=False, widget=forms.Textarea(attrs=_ROWS))
    read = forms.BooleanField(label=_("I have read the text and the simulation"))


class ScheduleForm(forms.Form):
    """From when on the rules hold. Its data hold ``begins``."""

    valid_from = MomentField(label=_("In force from"))

    def clean_valid_from(self) -> Any:
        """Return the instant; a bare day is its first second."""
        return parse_moment(self.cleaned_data["valid_from"]).begins


class EmptyForm(forms.Form):
    """Nothing to type: the button alone."""
