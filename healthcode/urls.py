"""URLs of the citizen portal."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
