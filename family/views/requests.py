"""What the views take from a request."""

from typing import cast

from django.http import HttpRequest

from healthcode.models import Account


def account_of(request: HttpRequest) -> Account:
    """Return who is signed in; only behind ``login_required``."""
    return cast(Account, request.user)
