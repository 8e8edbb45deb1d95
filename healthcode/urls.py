"""URLs of the citizen portal and of the departments' systems."""

from django.urls import path
from django.views.i18n import set_language

from healthcode import api, views
from healthcode.api import gbt38963

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
    path("code/other/", views.other_code, name="other_code"),
    path("code/report/", views.my_reports, name="my_reports"),
    path("code/of/<uuid:person>/", views.my_code, name="code_of"),
    path("code/of/<uuid:person>/token/", views.token, name="code_of_token"),
    path("code/of/<uuid:person>/why/", views.code_why, name="code_of_why"),
    path("code/paper/", views.paper, name="paper"),
    path("code/paper/<slug:size>.pdf", views.paper_sheet, name="paper_sheet"),
    path("declare/", views.declare, name="declare"),
    path("declare/of/<uuid:person>/", views.declare, name="declare_of"),
    path("observation/", views.observation, name="observation"),
    path("care/", views.set_care, name="set_care"),
    path("theme/", views.set_theme, name="set_theme"),
    path("language/", set_language, name="set_language"),
    path(".well-known/health-code-issuers", api.health_code_issuers, name="published_issuers"),
    path(".well-known/health-code-keys", api.health_code_keys, name="published_keys"),
    path(".well-known/health-code-status/<slug:list_id>", api.health_code_status, name="published_status"),
    path(
        ".well-known/health-code-status/<slug:list_id>/since/<int:version>",
        api.health_code_status_since,
        name="published_status_since",
    ),
    path("metrics", api.metrics, name="metrics"),
    path("api/v1/", api.interface, name="api_interface"),
    path("api/v1/evidence/", api.EvidenceView.as_view(), name="api_evidence"),
    path("api/v1/schema/", api.SchemaView.as_view(), name="api_schema"),
    path("api/gbt38963/holder/", gbt38963.AskHolderView.as_view(), name="gbt38963_ask_holder"),
    path("api/gbt38963/health-declaration/", gbt38963.HealthView.as_view(), name="gbt38963_health"),
    path("api/gbt38963/trip-declaration/", gbt38963.TripView.as_view(), name="gbt38963_trip"),
    path("api/gbt38963/query/", gbt38963.QueryView.as_view(), name="gbt38963_query"),
    path("api/gbt38963/application/", gbt38963.ApplyView.as_view(), name="gbt38963_apply"),
    path("api/gbt38963/make-code/", gbt38963.MakeCodeView.as_view(), name="gbt38963_make_code"),
    path("api/gbt38963/verify-code/", gbt38963.VerifyCodeView.as_view(), name="gbt38963_verify_code"),
    path("api/gbt38963/correction/", gbt38963.CorrectView.as_view(), name="gbt38963_correct"),
]
