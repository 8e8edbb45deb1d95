"""Django's registration of the app."""

from django.apps import AppConfig


class VenuesConfig(AppConfig):
    """Register ``venues``."""

    name = "venues"
    default_auto_field = "django.db.models.BigAutoField"
