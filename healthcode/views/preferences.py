"""Care mode and the colours of the screen: a POST each, remembered in a cookie."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from healthcode.forms.preferences import CARE_COOKIE, THEME_COOKIE, CareForm, ThemeForm

_A_YEAR = 60 * 60 * 24 * 365


@require_POST
def set_care(request: HttpRequest) -> HttpResponse:
    """Turn care mode on or off."""
    return _remember(request, CareForm(request.POST), CARE_COOKIE)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Choose light, dark, or as the phone has it."""
    return _remember(request, ThemeForm(request.POST), THEME_COOKIE)


def _remember(request: HttpRequest, form: forms.Form, cookie: str) -> HttpResponse:
    """Set the cookie to the form's one value, or nothing if that is no value, and go back to the page."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    response = redirect(wanted if wanted and safe else "home")
    if form.is_valid():
        (value,) = form.cleaned_data.values()
        secure = not settings.DEMO
        response.set_cookie(cookie, value, max_age=_A_YEAR, samesite="Lax", httponly=True, secure=secure)
    return response
