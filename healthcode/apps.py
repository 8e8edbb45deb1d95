"""Django's registration of the app."""

from django.apps import AppConfig


class HealthCodeConfig(AppConfig):
    """Register ``healthcode``."""

    name = "healthcode"
    default_auto_field = "django.db.models.BigAutoField"
