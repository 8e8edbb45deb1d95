"""Django's registration of the demonstration."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Register the demonstration's command."""

    name = "healthcode.config.demo"
    label = "demo"
