"""URLs of the citizen portal and of the departments' systems."""

from django.urls import path
from django.views.i18n import set_language

from healthcode import api, views

urlpatterns = [
    path("", views.home, name="home"),
    path("inbox/", views.inbox, name="inbox"),
    path("rules/", views.rules, name="rules"),
    path("apply/", views.apply, name="apply"),
    path("apply/contact/", views.apply_contact, name="apply_contact"),
    path("apply/health/", views.apply_health, name="apply_health"),
    path("apply/claim/", views.apply_claim, name="apply_claim"),
    path("code/", views.my_code, name="my_code"),
    path("code/token/", views.token, name="code_token"),
    path("code/why/", views.code_why, name="code_why"),
    path("code/question/", views.code_question, name="code_question"),
    path("code/history/", views.code_history, name="code_history"),
    path("declare/", views.declare, name="declare"),
    path("observation/", views.observation, name="observation"),
    path("care/", views.set_care, name="set_care"),
    path("theme/", views.set_theme, name="set_theme"),
    path("language/", set_language, name="set_language"),
    path("api/v1/", api.interface, name="api_interface"),
    path("api/v1/evidence/", api.EvidenceView.as_view(), name="api_evidence"),
    path("api/v1/schema/", api.SchemaView.as_view(), name="api_schema"),
]
