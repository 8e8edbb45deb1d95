"""Pages for requests that are refused before they reach their view."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say plainly that the form was not sent from our own page, or too late; nothing was changed."""
    return render(request, "healthcode/csrf_failure.html", status=403)
