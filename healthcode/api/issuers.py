"""The trust list for anybody to read, signed as the key set is (N3.4)."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from healthcode.api.published import document_answer
from healthcode.services.issuers import issuers_document


@require_safe
def health_code_issuers(request: HttpRequest) -> HttpResponseBase:
    """Answer with the signed list of issuers elsewhere that Zhejiang trusts."""
    return document_answer(request, issuers_document)
