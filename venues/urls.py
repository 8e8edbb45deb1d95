"""URLs of the gates."""

from django.urls import path

from venues import views

urlpatterns = [
    path("gate/", views.gate, name="gate"),
    path("gate/sign-in/", views.sign_in, name="gate_sign_in"),
    path("gate/scan/", views.scan, name="gate_scan"),
    path("gate/scan/<uuid:nonce>/", views.verdict, name="gate_verdict"),
    path("gate/no-phone/", views.no_phone, name="gate_no_phone"),
]
