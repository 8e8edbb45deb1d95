"""Django's registration of the app."""

from django.apps import AppConfig


class AppealsConfig(AppConfig):
    """Register ``appeals``."""

    name = "appeals"
    default_auto_field = "django.db.models.BigAutoField"
