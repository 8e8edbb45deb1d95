"""What anybody may read without a session: the key set and the status lists, signed (N1.5, N3.3).

A reader that has the newest one already is told so in a few bytes (ETag, 304).
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from healthcode.domain.tokens import CustodyDown
from healthcode.services.publishing import NoPublisher, NoRoot, Published, keys_document
from healthcode.services.status_lists import TooOld, UnknownList, delta_document, list_document

JOSE = "application/jose+json"
_FRESH_SECONDS = 60


@require_safe
def health_code_keys(request: HttpRequest) -> HttpResponseBase:
    """Answer with the signed key set; 503 while nobody is certified to sign it."""
    return document_answer(request, keys_document)


@require_safe
def health_code_status(request: HttpRequest, list_id: str) -> HttpResponseBase:
    """Answer with a whole status list; 404 for a list that is not there."""
    return document_answer(request, partial(list_document, list_id))


@require_safe
def health_code_status_since(request: HttpRequest, list_id: str, version: int) -> HttpResponseBase:
    """Answer with what was revoked after a version; 410 when that is too long ago, 404 when it has not come yet."""
    return document_answer(request, partial(delta_document, list_id, version))


def document_answer(request: HttpRequest, document: Callable[[datetime], Published]) -> HttpResponseBase:
    """Answer with a document as of now, with its ETag; 304 to whoever has it, 503 where nothing can be signed."""
    try:
        text, etag = document(timezone.now())
    except (NoPublisher, NoRoot, CustodyDown) as error:
        return JsonResponse({"error": error.code}, status=503)
    except (UnknownList, TooOld) as error:
        return JsonResponse({"error": error.code}, status=410 if isinstance(error, TooOld) else 404)
    response = HttpResponse(text, content_type=JOSE)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={_FRESH_SECONDS}, must-revalidate"
    # Public, and worth nothing unsigned: a verifier of another province may read it from its own page.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return get_conditional_response(request, etag=etag, response=response) or response
