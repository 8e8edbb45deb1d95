"""Django's registration of the admin, with our site."""

from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Register ``django.contrib.admin`` with the back office as its default site."""

    default_site = "healthcode.admin.site.BackOffice"
