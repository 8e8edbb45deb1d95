"""URLs of acting for others."""

from django.urls import path

from family import views
from family.domain.bonds import BondAct

urlpatterns = [
    path("family/", views.family, name="family"),
    path("family/add/child/", views.add_child, name="family_add_child"),
    path("family/add/adult/", views.add_adult, name="family_add_adult"),
    path("family/asked/<uuid:asking>/", views.asked, name="family_asked"),
    path("family/asked/<uuid:asking>/answer/", views.answer, name="family_answer"),
    path("family/<uuid:bond>/", views.bond, name="family_bond"),
    *(
        path(f"family/<uuid:bond>/{act}/", views.change_bond, {"act": act}, name=f"family_{act}")
        for act in (BondAct.NARROW, BondAct.REVOKE, BondAct.OBJECT)
    ),
    path("companions/", views.companions, name="companions"),
    path("companions/token/", views.companions_token, name="companions_token"),
    path("companions/make/", views.make, name="companions_make"),
    path("companions/join/", views.join, name="companions_join"),
    path("companions/take/", views.take, name="companions_take"),
    path("companions/leave/<uuid:person>/", views.leave, name="companions_leave"),
    path("looked-up/", views.looked_up, name="looked_up"),
    path("looked-up/<uuid:lookup>/complain/", views.complain_lookup, name="lookup_complain"),
]
