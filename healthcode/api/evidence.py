"""``POST /api/v1/evidence/``: up to 1,000 rows a request, an answer for each (N3.2)."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from healthcode.api.signing import BySignature, FromSystem, PerSystem, TooLarge, delivery_of
from healthcode.domain.cases import CONTROL_COLOURS, DIAGNOSES, MODES, RELEASE_STAGES, RESULTS, SYMPTOMS
from healthcode.domain.evidence import Kind
from healthcode.domain.identity import DocumentType
from healthcode.services.receiving import MAX_ROWS, RowResult, RowStatus, receive_evidence
from healthcode.words.requests import request_sentence
from healthcode.words.rows import ROW_CODES, row_sentence


def _text(words: Any, longest: int = 64, **options: Any) -> serializers.CharField:
    return serializers.CharField(help_text=words, max_length=longest, **options)


def _choice(words: Any, choices: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=[str(choice) for choice in choices], help_text=words, required=False)


_MORE: dict[str, Any] = {"required": False}


class PersonSerializer(serializers.Serializer[Any]):
    """Whom a row is about."""

    document_type = _choice(_("Kind of document; resident_id where none is said."), DocumentType)
    number = _text(_("Number of the document."))
    nationality = _text(_("ISO 3166 alpha-3; required for passports and other documents."), 3, **_MORE)
    name = _text(_("Name as on the document, of everybody: no answer tells who is known already."))


class RowSerializer(serializers.Serializer[Any]):
    """One record. Only the fields of its kind are given; a field that is not known is refused."""

    id = _text(_("The department's own number. The same number is the same record for ever."))
    person = PersonSerializer()
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind], help_text=_("What the record states."))
    at = _text(_("When it happened or began: ISO 8601; without a zone China time; a bare date is a whole day."))
    until = _text(_("When it ended or is to end."), **_MORE)
    reported_at = _text(_("nat_result: when the result was reported; otherwise the sampling counts."), **_MORE)
    result = _choice(_("nat_result: what was found."), RESULTS)
    status = _choice(_("diagnosis: the finding."), DIAGNOSES)
    symptom = _choice(_("symptom: which."), SYMPTOMS)
    place = _text(_("area_stay: GB/T 2260 code of 6, 9 or 12 digits."), 12, **_MORE)
    community = _text(_("area_stay: community or market."), 200, **_MORE)
    country = _text(_("overseas_entry: ISO 3166 alpha-3."), 3, **_MORE)
    mode = _choice(_("isolation_order: where."), MODES)
    colour = _choice(_("control_order: the measure, as for this colour."), CONTROL_COLOURS)
    document = _text(_("isolation_order, control_order: number of the order."), 96, **_MORE)
    of = serializers.ListField(child=_text(""), required=False, help_text=_("release: numbers of the records."))
    stage = _choice(_("release: which stage ends."), RELEASE_STAGES)
    retracts = _text(_("retraction: number of the record that is withdrawn."), **_MORE)
    reason = _text(_("retraction: why; required there."), 256, **_MORE)


class EvidenceSerializer(serializers.Serializer[Any]):
    """A request. No rows say: we are there and have nothing new."""

    rows = serializers.ListField(child=RowSerializer(), max_length=MAX_ROWS)


class ResultSerializer(serializers.Serializer[Any]):
    """What became of one row."""

    id = _text(_("The number of the row."))
    status = serializers.ChoiceField(
        choices=[status.value for status in RowStatus],
        help_text=_(
            "recorded; duplicate: on record before; refused: to be put right and sent again; held: frozen by an alarm, "
            "nothing to be done."
        ),
    )
    code = _choice(_("refused: the reason, for machines."), ROW_CODES)
    field = _text(_("refused: the field that is at fault."), **_MORE)
    message = _text(_("refused: the reason, for people, in the language asked for."), 512, **_MORE)


class AnswerSerializer(serializers.Serializer[Any]):
    """The answer: one result a row, in the order of the rows."""

    delivery = serializers.UUIDField(help_text=_("Name of this delivery."))
    recorded = serializers.IntegerField(help_text=_("Rows recorded."))
    duplicates = serializers.IntegerField(help_text=_("Rows that were on record already."))
    refused = serializers.IntegerField(help_text=_("Rows refused."))
    held = serializers.IntegerField(help_text=_("Rows frozen by an alarm until supervisors have looked at them."))
    results = ResultSerializer(many=True)


class FaultSerializer(serializers.Serializer[Any]):
    """Why a request was refused as a whole; nothing of it was recorded."""

    detail = _text(_("The reason, for people."), 512)
    code = _text(_("The reason, for machines."))


class ShallowJSON(JSONParser):
    """JSON; what is nested so deep that it can be no row is no JSON for us."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Return the data; raise ``ParseError``."""
        # JSON is UTF-8. The header that may say otherwise is not signed.
        context = {**(parser_context or {}), "encoding": "utf-8"}
        try:
            return super().parse(stream, media_type, context)
        except RecursionError as error:
            raise ParseError("nested too deep") from error


_EXAMPLE = {
    "rows": [
        {
            "id": "HZ-2020-07-08-000123",
            "person": {"document_type": "passport", "number": "L8988901C", "nationality": "USA", "name": "JOHN SMITH"},
            "kind": "overseas_entry",
            "at": "2020-07-08T09:30:00+08:00",
            "country": "ITA",
        }
    ]
}


class EvidenceView(APIView):
    """Takes evidence from the systems of departments."""

    authentication_classes = (BySignature,)
    permission_classes = (FromSystem,)
    throttle_classes = (PerSystem,)
    parser_classes = (ShallowJSON,)

    @extend_schema(
        operation_id="push_evidence",
        summary=_("Push evidence"),
        description=_(
            "Up to 1,000 rows. Every good row is recorded, every other one is answered with a code; sending the same "
            "rows again changes nothing, so a request without an answer is simply sent again, signed anew."
        ),
        request=EvidenceSerializer,
        responses={
            200: OpenApiResponse(AnswerSerializer, description=_("One result a row.")),
            400: OpenApiResponse(FaultSerializer, description=_("malformed: this is no list of rows.")),
            401: OpenApiResponse(FaultSerializer, description=_("bad_signature: nobody we know signed this just now.")),
            406: OpenApiResponse(FaultSerializer, description=_("not_acceptable: the answer is JSON.")),
            409: OpenApiResponse(FaultSerializer, description=_("replayed: this very request came before.")),
            413: OpenApiResponse(FaultSerializer, description=_("too_many_rows or too_large: send less at a time.")),
            415: OpenApiResponse(FaultSerializer, description=_("unsupported_media_type: send JSON.")),
            429: OpenApiResponse(FaultSerializer, description=_("throttled: wait the seconds of Retry-After.")),
        },
        examples=[OpenApiExample("An entry from abroad", value=_EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Record the rows of a signed request and answer each."""
        delivery = delivery_of(request)
        results = receive_evidence(by=delivery, rows=_rows(request.data), at=timezone.now())
        counts = {status: sum(result.status is status for result in results) for status in RowStatus}
        return Response(
            {
                "delivery": str(delivery.public_id),
                "recorded": counts[RowStatus.RECORDED],
                "duplicates": counts[RowStatus.DUPLICATE],
                "refused": counts[RowStatus.REFUSED],
                "held": counts[RowStatus.HELD],
                "results": [_answer(result) for result in results],
            }
        )

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a refused request with its reason as words and as a code."""
        response = super().handle_exception(exc)
        code = getattr(response.data["detail"], "code", "")
        response.data["code"] = "malformed" if code == "parse_error" else code
        return response


def _rows(data: object) -> list[object]:
    rows = data.get("rows") if isinstance(data, dict) and set(data) == {"rows"} else None
    if not isinstance(rows, list):
        raise ParseError(request_sentence("no_rows"))
    if len(rows) > MAX_ROWS:
        raise TooLarge(request_sentence("too_many_rows"), "too_many_rows")
    return rows


def _answer(result: RowResult) -> dict[str, str]:
    if result.status is not RowStatus.REFUSED:
        return {"id": result.id, "status": result.status.value}
    said = row_sentence(result.code, result.what)
    return {"id": result.id, "status": result.status.value, "code": result.code, "field": result.field, "message": said}
