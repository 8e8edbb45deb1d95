"""URLs of the gates."""

from django.urls import path

from venues import api, views

urlpatterns = [
    path("gate/", views.gate, name="gate"),
    path("gate/sign-in/", views.sign_in, name="gate_sign_in"),
    path("gate/scan/", views.scan, name="gate_scan"),
    path("gate/scan/<uuid:nonce>/", views.verdict, name="gate_verdict"),
    path("gate/no-phone/", views.no_phone, name="gate_no_phone"),
    path("gate/offline/", views.offline, name="gate_offline"),
    path("gate/worker.js", views.worker, name="gate_worker"),
    path("gate/manifest.webmanifest", views.manifest, name="gate_manifest"),
    path("gate/session/", views.session, name="gate_session"),
    path(".well-known/health-code-policy", api.health_code_policy, name="published_policy"),
    path("api/v1/verify/", api.VerifyView.as_view(), name="api_verify"),
    path("api/v1/passages/", api.PassagesView.as_view(), name="api_passages"),
]
