"""The citizen portal's pages, split by subject: load through access, form, one service, redirect."""

from healthcode.views.applying import apply, apply_contact, apply_health
from healthcode.views.claiming import apply_claim
from healthcode.views.code import my_code, token
from healthcode.views.colours import code_history, code_why
from healthcode.views.declaring import declare
from healthcode.views.errors import csrf_failure
from healthcode.views.foreign import my_reports, other_code
from healthcode.views.home import home, rules
from healthcode.views.inbox import inbox
from healthcode.views.observing import observation
from healthcode.views.paper import paper, paper_sheet
from healthcode.views.preferences import set_care, set_theme
from healthcode.views.questions import code_question

__all__ = [
    "apply",
    "apply_claim",
    "apply_contact",
    "apply_health",
    "code_history",
    "code_question",
    "code_why",
    "csrf_failure",
    "declare",
    "home",
    "inbox",
    "my_code",
    "my_reports",
    "observation",
    "other_code",
    "paper",
    "paper_sheet",
    "rules",
    "set_care",
    "set_theme",
    "token",
]
