"""What every template knows: how the reader wants the page."""

from django.conf import settings
from django.http import HttpRequest

from healthcode.forms.preferences import CARE_COOKIE, THEME_COOKIE, THEMES


def page(request: HttpRequest) -> dict[str, object]:
    """Return care mode, theme and whether this is the demonstration."""
    theme = request.COOKIES.get(THEME_COOKIE, "auto")
    return {
        "care": request.COOKIES.get(CARE_COOKIE) == "on",
        "theme": theme if theme in THEMES else "auto",
        "demo": settings.DEMO,
    }
