"""What every template knows: how the reader wants the page."""

from django.conf import settings
from django.http import HttpRequest

CARE_COOKIE = "care"
THEME_COOKIE = "theme"
THEMES = ("auto", "light", "dark")


def page(request: HttpRequest) -> dict[str, object]:
    """Return care mode, theme and whether this is the demonstration."""
    theme = request.COOKIES.get(THEME_COOKIE, "auto")
    return {
        "care": request.COOKIES.get(CARE_COOKIE) == "on",
        "theme": theme if theme in THEMES else "auto",
        "demo": settings.DEMO,
    }
