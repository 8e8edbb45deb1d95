"""Why a request of a department's system was refused as a whole, in a sentence for whoever looks after the system."""

from django.utils.translation import gettext_lazy as _

_REQUESTS = {
    "bad_signature": _("The signature is not that of a known key, or it is older than five minutes."),
    "replayed": _("This request was received before. Sign it anew."),
    "no_rows": _("The request must be an object with a list of rows."),
    "too_large": _("The request is too large. Send fewer rows at a time."),
    "too_many_rows": _("At most 1,000 rows can be sent at a time."),
}


def request_sentence(code: str) -> str:
    """Return the sentence of a request's refusal; raise ``KeyError`` for a code without one."""
    return str(_REQUESTS[code])
