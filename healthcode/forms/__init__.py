"""What citizens fill in, checked and brought into the form that the services take. Split by subject.

The day is given to each form; choices of places come from the register of divisions.
"""

from healthcode.forms.applications import ClaimForm, ContactForm, SignInCodeForm, WhoForm, application_of
from healthcode.forms.declarations import DeclarationForm, DeclareForm, HealthForm
from healthcode.forms.foreign import ShowForm
from healthcode.forms.questions import NONE_LISTED, QuestionForm

__all__ = [
    "NONE_LISTED",
    "ClaimForm",
    "ContactForm",
    "DeclarationForm",
    "DeclareForm",
    "HealthForm",
    "QuestionForm",
    "ShowForm",
    "SignInCodeForm",
    "WhoForm",
    "application_of",
]
