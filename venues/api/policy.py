"""``GET /.well-known/health-code-policy``: what a colour may do where, for gates without a network (N1.5)."""

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_safe

from healthcode.api.published import document_answer
from healthcode.services.decisions import NoRuleSet
from venues.services.policy import policy_document


@require_safe
def health_code_policy(request: HttpRequest) -> HttpResponseBase:
    """Answer with the signed policy; 503 while no rules are in force or nobody is certified to sign."""
    try:
        return document_answer(request, policy_document)
    except NoRuleSet:
        return JsonResponse({"error": "no_rule_set"}, status=503)
