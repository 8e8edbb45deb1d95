"""Django's registration of the admin, with our site."""

from importlib import import_module

from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Register ``django.contrib.admin`` with the back office as its default site."""

    default_site = "healthcode.admin.site.BackOffice"

    def ready(self) -> None:
        """Import our pages, then let Django look for those of the other apps.

        Django makes the site when something first touches it. Were that the search below, importing the site would
        import our pages, these would make a site of their own to register with, and the outer one would replace it.
        """
        import_module("healthcode.admin")
        super().ready()
