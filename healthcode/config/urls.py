"""URLs of the whole project, composed from the apps.

Of allauth only what is used is mounted: asking for a code, confirming it, signing out.
"""

from allauth.account import views as account_views
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", include("healthcode.urls")),
    path("", include("family.urls")),
    path("", include("venues.urls")),
    path("sign-in/", account_views.request_login_code, name="account_request_login_code"),
    path("sign-in/code/", account_views.confirm_login_code, name="account_confirm_login_code"),
    path("sign-in/any/", RedirectView.as_view(pattern_name="account_request_login_code"), name="account_login"),
    path("sign-out/", account_views.logout, name="account_logout"),
    path("admin/", admin.site.urls),
]
