"""Django's registration of the app."""

from django.apps import AppConfig


class FamilyConfig(AppConfig):
    """Register ``family``."""

    name = "family"
    default_auto_field = "django.db.models.BigAutoField"
