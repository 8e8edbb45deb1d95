"""URLs of the whole project, composed from the apps."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("healthcode.urls")),
    path("", include("venues.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
