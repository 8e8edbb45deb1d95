"""Forms of the gate: signing in, and what was scanned."""

from typing import Any
from uuid import UUID, uuid4, uuid5

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from healthcode.domain.photos import MAX_BYTES, read_photo
from healthcode.models import Account
from venues.access import is_guard


class SignInForm(AuthenticationForm):
    """Name and password of a guard, at the rates of ``ACCOUNT_RATE_LIMITS``.

    An unknown name and a wrong password get the same answer; only who knows the password is told that the account
    is not on duty.
    """

    username = forms.CharField(max_length=64, label=_("Name of the account"), widget=forms.TextInput)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {  # noqa: RUF012  # Django's own form of the attribute
        "invalid_login": _("The name and the password do not fit together. Mind capital letters."),
        "inactive": _("The name and the password do not fit together. Mind capital letters."),
        "off_duty": _("This account is not on duty at any gate. Ask whoever appoints the guards."),
    }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["username"].widget.attrs = {"autocomplete": "username", "autocapitalize": "none"}

    def clean(self) -> dict[str, Any]:
        """Find the account; raises ``ValidationError`` with one of the codes above or ``too_many_login_attempts``."""
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if name is not None and password:
            account = get_adapter(self.request).authenticate(self.request, username=name, password=password)
            if account is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(account)
            self.user_cache = account
        return self.cleaned_data

    def confirm_login_allowed(self, user: Any) -> None:
        """Raise ``ValidationError`` unless the account is a guard on duty."""
        super().confirm_login_allowed(user)
        if not (isinstance(user, Account) and is_guard(user, timezone.now())):
            raise ValidationError(self.error_messages["off_duty"], code="off_duty")


class ScanForm(forms.Form):
    """A scanned, typed or pasted text, or a photo of a code; what can't be read is a result and no error."""

    nonce = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)
    photo = forms.FileField(
        required=False,
        allow_empty_file=True,
        label=_("Photo of the code"),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    # A plain field takes the text as it is: base45 may end in a space, and whatever is scanned is a row.
    code: "forms.Field" = forms.Field(
        required=False,
        label=_("Text of the code"),
        help_text=_("Begins with JK1:"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "autocorrect": "off"}
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Read the photo where no text was given; raise ``ValidationError`` when there is neither."""
        data = self.cleaned_data
        text, photo = data.get("code") or "", data.get("photo")
        if not text and photo is None:
            raise ValidationError(_("Scan a code, choose a photo or type the text in."), code="nothing_scanned")
        if not text and photo is not None and photo.size <= MAX_BYTES:
            text = read_photo(photo.read())
        return {**data, "text": text}

    @property
    def nonce_of_scan(self) -> UUID:
        """Return the nonce of this scan, bound to its text.

        Sent again it is the same. Another person's code from the same page, brought back by the browser's "back"
        button, is another scan: it must never get the answer of the one before.
        """
        nonce: UUID = self.cleaned_data["nonce"]
        return uuid5(nonce, self.cleaned_data["text"])
