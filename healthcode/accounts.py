"""Signing in by phone and one-time code, on django-allauth.

An account is opened when a code is first asked for, so a known and an unknown phone get the same answer; accounts
never verified are destroyed after a day.
"""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from healthcode.domain.identity import InvalidPhone, normalise_phone
from healthcode.domain.ports import GatewayDown
from healthcode.models import Account
from healthcode.services.persons import open_account, send_sign_in_code, verify_phone


class PhoneField(forms.CharField):
    """A telephone number; its value is E.164."""

    default_error_messages = {  # noqa: RUF012  # Django's own form of the attribute
        "invalid": _("This is not a phone number. Write 11 digits, or + and the country code for other countries."),
    }

    def __init__(self, **options: Any) -> None:
        attributes = {"type": "tel", "autocomplete": "tel", "inputmode": "tel"}
        super().__init__(
            **{"max_length": 32, "label": _("Mobile phone number"), "widget": forms.TextInput(attributes), **options}
        )

    def clean(self, value: Any) -> str:
        """Return the number in E.164; raise ``ValidationError``."""
        text = str(super().clean(value))
        if not text:
            return ""
        try:
            return normalise_phone(text)
        except InvalidPhone as error:
            raise ValidationError(self.error_messages["invalid"], code=error.code) from error


class PhoneAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """How allauth finds accounts by phone and sends them codes."""

    def phone_form_field(self, **options: Any) -> PhoneField:
        """Return the field in which a phone is typed."""
        return PhoneField(**options)

    def get_phone(self, user: Account) -> tuple[str, bool] | None:
        """Return the account's phone and whether it was verified."""
        return (user.phone, user.phone_verified_at is not None) if user.phone_sealed else None

    def set_phone(self, user: Account, phone: str, verified: bool) -> None:
        """Change nothing: an account's phone is what it was opened with, and allauth's own sign-up is closed."""

    def set_phone_verified(self, user: Account, phone: str) -> None:
        """Note that the phone was verified."""
        verify_phone(account=user, at=timezone.now())

    def get_user_by_phone(self, phone: str) -> Account:
        """Return the phone's account, opening one if there is none."""
        return open_account(phone=phone, at=timezone.now())

    def generate_phone_verification_code(self, *, user: Account, phone: str) -> str:
        """Return six random digits."""
        return f"{secrets.randbelow(10**6):06d}"

    def send_verification_code_sms(self, user: Account, phone: str, code: str, **extra: Any) -> None:
        """Send the code; when no message can be sent, say so and go back to the form."""
        try:
            send_sign_in_code(phone=phone, code=code, at=timezone.now())
        except GatewayDown as error:
            text = gettext("No text message can be sent just now. Please try again in a few minutes.")
            messages.error(self.request, text)
            raise ImmediateHttpResponse(redirect("account_request_login_code")) from error

    def validation_error(self, code: str, *arguments: Any) -> ValidationError:
        """Return allauth's error; who asks too often gets the plain page of status 429 instead of a form."""
        if code == "too_many_login_attempts":
            raise ImmediateHttpResponse(respond_429(self.request))
        error: ValidationError = super().validation_error(code, *arguments)
        return error

    def is_open_for_signup(self, request: Any) -> bool:
        """Refuse allauth's own sign-up: asking for a code opens an account."""
        return False
