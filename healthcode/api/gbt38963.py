"""Interfaces shaped after GB/T 38963-2020 (个人健康信息码 接口), as thin adapters over the services of the pages.

Shaped after, never conforming: the standard's field tables could not be had, so names and return codes are ours. Each
call is signed as evidence is, and granted to its system by itself. What is done in a person's name needs that person:
their fresh screen code, or the one-time code that was sent to their phone for this call of this system.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from healthcode.api.evidence import ShallowJSON
from healthcode.api.gbt38963_forms import (
    AnswerForm,
    ApplicationForm,
    CodeForm,
    CorrectionForm,
    HealthForm,
    HolderForm,
    ScopeForm,
    TripForm,
)
from healthcode.api.signing import BySignature, FromSystem, PerSystem, delivery_of
from healthcode.domain.instants import print_instant
from healthcode.domain.ports import GatewayDown
from healthcode.models import SystemScope
from healthcode.services import interfaces
from healthcode.services.decisions import CodeStatus
from healthcode.services.errors import Refused
from healthcode.services.keys import NoSigningKey
from healthcode.words import refusal_sentence

_V = TypeVar("_V", bound=Callable[..., Response])


class ReturnCode(StrEnum):
    """What an answer says in ``code``."""

    DONE = "0"
    MALFORMED = "1001"
    NOT_GRANTED = "1002"
    HOLDER_NOT_THERE = "1003"
    REFUSED = "1004"
    TOO_OFTEN = "1005"
    UNAVAILABLE = "2001"


_OF_REFUSAL = {
    "scope_not_granted": (ReturnCode.NOT_GRANTED, 403),
    "holder_not_there": (ReturnCode.HOLDER_NOT_THERE, 403),
    "asked_too_often": (ReturnCode.TOO_OFTEN, 429),
}
_ANSWERS = {
    200: OpenApiResponse(AnswerForm, description=_("code 0: done; data holds what was asked for.")),
    400: OpenApiResponse(AnswerForm, description=_("1001: not of the form. 1004: refused; reason says why.")),
    401: OpenApiResponse(description=_("Not signed by a known system.")),
    403: OpenApiResponse(AnswerForm, description=_("1002: not granted to this system. 1003: the holder is not there.")),
    409: OpenApiResponse(description=_("This very request came before.")),
    429: OpenApiResponse(AnswerForm, description=_("1005: asked too often.")),
    503: OpenApiResponse(AnswerForm, description=_("2001: cannot be done at the moment.")),
}
_WORDS = _("Shaped after GB/T 38963-2020; it does not claim to conform to it.")


class Call(APIView):
    """One call: the form it takes, and what it does with a valid one."""

    authentication_classes = (BySignature,)
    permission_classes = (FromSystem,)
    throttle_classes = (PerSystem,)
    parser_classes = (ShallowJSON,)
    form: type[serializers.Serializer[Any]]

    def answer(self, request: Request, said: Mapping[str, Any]) -> dict[str, Any]:
        """Do what is asked and return the data of the answer."""
        raise NotImplementedError

    def run(self, request: Request) -> Response:
        """Check the form, do it, and put the outcome into a return code."""
        form = self.form(data=request.data)
        if not form.is_valid():
            return _response(ReturnCode.MALFORMED, 400, _("This is not of the form."), {"fields": form.errors})
        try:
            data = self.answer(request, form.validated_data)
        except Refused as error:
            code, status = _OF_REFUSAL.get(error.code, (ReturnCode.REFUSED, 400))
            return _response(code, status, refusal_sentence(error.code), {"reason": error.code})
        except (GatewayDown, NoSigningKey) as error:
            return _response(ReturnCode.UNAVAILABLE, 503, refusal_sentence(error.code), {"reason": error.code})
        return _response(ReturnCode.DONE, 200, _("Done."), data)


def _response(code: ReturnCode, status: int, message: Any, data: dict[str, Any]) -> Response:
    return Response({"code": code.value, "message": str(message), "data": data}, status=status)


def _described(operation: str, summary: Any, form: type[serializers.Serializer[Any]]) -> Callable[[_V], _V]:
    """Return what describes a call in OpenAPI."""
    describe: Callable[[_V], _V] = extend_schema(
        operation_id=f"gbt38963_{operation}", summary=summary, description=_WORDS, request=form, responses=_ANSWERS
    )
    return describe


class AskHolderView(Call):
    """A one-time code to the holder's phone."""

    form = ScopeForm

    @_described("ask_holder", _("Ask the holder for a one-time code"), ScopeForm)
    def post(self, request: Request) -> Response:
        """Send it. The answer is the same whether or not anybody is known."""
        return self.run(request)

    def answer(self, request: Request, said: Mapping[str, Any]) -> dict[str, Any]:
        """Send the code."""
        scope, holder = SystemScope(said["scope"]), said["holder"]
        interfaces.ask_holder(by=delivery_of(request), scope=scope, holder=holder, at=timezone.now())
        return {}


class HealthView(Call):
    """Health declaration."""

    form, scope = HealthForm, SystemScope.DECLARE_HEALTH

    @_described("declare_health", _("Health declaration"), HealthForm)
    def post(self, request: Request) -> Response:
        """Record a fever, or the entry from abroad, that the holder declares."""
        return self.run(request)

    def answer(self, request: Request, said: Mapping[str, Any]) -> dict[str, Any]:
        """Record it."""
        new = interfaces.declare_for(
            by=delivery_of(request),
            scope=self.scope,
            holder=said["holder"],
            said=said["declared"],
            number=said["id"],
            at=timezone.now(),
        )
        return {"recorded": new}


class TripView(HealthView):
    """Trip declaration."""

    form, scope = TripForm, SystemScope.DECLARE_TRIP  # type: ignore[assignment]  # another form of the same call

    @_described("declare_trip", _("Trip declaration"), TripForm)
    def post(self, request: Request) -> Response:
        """Record a stay elsewhere that the holder declares."""
        return self.run(request)


class QueryView(Call):
    """Query."""

    form = HolderForm

    @_described("query", _("Query of the code"), HolderForm)
    def post(self, request: Request) -> Response:
        """Say what the holder's code says now, with clause and end; no evidence."""
        return self.run(request)

    def answer(self, request: Request, said: Mapping[str, Any]) -> dict[str, Any]:
        """Look it up."""
        status = interfaces.query_for(by=delivery_of(request), holder=said["holder"], at=timezone.now())
        clauses = sorted({clause for ground in status.grounds for clause in ground.clauses})
        return {**_told(status), "clauses": clauses, "changes_at": print_instant(status.changes_at)}


class ApplyView(Call):
    """Code application."""

    form = ApplicationForm

    @_described("apply", _("Code application at a service point"), ApplicationForm)
    def post(self, request: Request) -> Response:
        """Apply for somebody who stands there with a document. The answer never tells who had a code."""
        return self.run(request)

    def answer(self, request: Request, said: Mapping[str, Any]) -> dict[str, Any]:
        """Apply."""
        interfaces.apply_for(by=delivery_of(request), application=said["application"], at=timezone.now())
        return {}


class MakeCodeView(Call):
    """Make-code."""

    form = HolderForm

    @_described("make_code", _("Make a code for the holder"), HolderForm)
    def post(self, request: Request) -> Response:
        """Make one screen code of 90 seconds; only with a one-time code, never with another code."""
        return self.run(request)

    def answer(self, request: Request, said: Mapping[str, Any]) -> dict[str, Any]:
        """Make it."""
        code = interfaces.make_code_for(by=delivery_of(request), holder=said["holder"], at=timezone.now())
        return {"token": code.token, "expires_at": print_instant(code.expires_at)}


class VerifyCodeView(Call):
    """Verify-code."""

    form = CodeForm

    @_described("verify_code", _("Verify a code"), CodeForm)
    def post(self, request: Request) -> Response:
        """Say whether a code is genuine and fresh, and its colour now; never whose it is."""
        return self.run(request)

    def answer(self, request: Request, said: Mapping[str, Any]) -> dict[str, Any]:
        """Check it."""
        reason, status = interfaces.verify_for(by=delivery_of(request), text=said["token"], at=timezone.now())
        return {"result": reason.value, **(_told(status) if status else {})}


class CorrectView(Call):
    """Correction."""

    form = CorrectionForm

    @_described("correct", _("Correction of where the holder lives or stays"), CorrectionForm)
    def post(self, request: Request) -> Response:
        """Put right residence and stay. Records of departments are corrected by the departments."""
        return self.run(request)

    def answer(self, request: Request, said: Mapping[str, Any]) -> dict[str, Any]:
        """Put it right."""
        places = {name: said[name] for name in ("residence_code", "stay_code")}
        interfaces.correct_for(by=delivery_of(request), holder=said["holder"], at=timezone.now(), **places)
        return {}


def _told(status: CodeStatus) -> dict[str, Any]:
    return {"colour": status.colour.value}
