"""What an applicant has filled in so far, kept between the steps in the session on the server, sealed."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import NamedTuple

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from healthcode.models import vault
from healthcode.services.declarations import new_form_id

_KEY = "application"
_LABEL = "session.application"
_NOT_KEPT = frozenset({"csrfmiddlewaretoken", "act"})


class Draft(NamedTuple):
    """An application under way. ``refused`` is the code with which the last attempt came back.

    ``claim_sent_to`` is the masked phone that a claim's one-time code went to.
    """

    form_id: str
    steps: Mapping[str, Mapping[str, str]]
    refused: str = ""
    claim_sent_to: str = ""

    def with_step(self, name: str, values: Mapping[str, str]) -> "Draft":
        """Return the draft with one step filled in as it was typed, right or wrong."""
        kept = {field: value for field, value in values.items() if field not in _NOT_KEPT}
        return self._replace(steps={**self.steps, name: kept}, refused="")


def draft_of(request: HttpRequest) -> Draft:
    """Return the draft of this session, a new one if there is none. Writes nothing."""
    sealed = request.session.get(_KEY)
    if not isinstance(sealed, str):
        return Draft(new_form_id(), {})
    return Draft(**json.loads(vault().open(b64decode(sealed), _LABEL)))


def keep_draft(session: SessionBase, draft: Draft) -> None:
    """Write the draft into the session; only ever on a POST."""
    text = json.dumps(draft._asdict(), ensure_ascii=False)
    session[_KEY] = b64encode(vault().seal(text, _LABEL)).decode()


def drop_draft(session: SessionBase) -> None:
    """Forget the draft."""
    session.pop(_KEY, None)
