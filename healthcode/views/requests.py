"""What views take from a request."""

from datetime import date, datetime
from typing import cast

from django.http import HttpRequest

from healthcode.domain.instants import to_china
from healthcode.models import Account


def account_of(request: HttpRequest) -> Account:
    """Return who is signed in; only behind ``login_required``."""
    return cast(Account, request.user)


def today(at: datetime) -> date:
    """Return the day in China."""
    return to_china(at).date()
