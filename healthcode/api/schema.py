"""The description of the interface: OpenAPI for machines and a page for people."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

from healthcode.words.rows import ROW_CODES, code_sentence


class SchemaView(SpectacularAPIView):
    """OpenAPI 3 as JSON, or as YAML for who asks for it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]  # noqa: RUF012  # the form of the base


class Field(NamedTuple):
    """One line of a table: name, type, whether it must be there, what it is."""

    name: str
    type: str
    required: bool
    words: str


class Form(NamedTuple):
    """One object of the interface."""

    name: str
    fields: list[Field]


class Operation(NamedTuple):
    """One thing that can be asked."""

    method: str
    path: str
    summary: str
    words: str
    responses: list[tuple[str, str]]


@require_safe
def interface(request: HttpRequest) -> HttpResponse:
    """Show people what the description says: operations, objects and how to sign."""
    schema: Mapping[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    forms = [_form(name, said) for name, said in schema["components"]["schemas"].items() if "properties" in said]
    signature = schema["components"]["securitySchemes"]["signature"]["description"]
    codes = [(code, code_sentence(code)) for code in ROW_CODES]
    context = {"operations": list(_operations(schema)), "forms": forms, "signature": signature, "codes": codes}
    return render(request, "healthcode/interface.html", context)


def _operations(schema: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in schema["paths"].items():
        for method, said in methods.items():
            responses = [(status, answer.get("description", "")) for status, answer in said["responses"].items()]
            yield Operation(method.upper(), path, said.get("summary", ""), said.get("description", ""), responses)


def _form(name: str, said: Mapping[str, Any]) -> Form:
    required = said.get("required", [])
    fields = [
        Field(field, _type(form), field in required, form.get("description", ""))
        for field, form in said["properties"].items()
    ]
    return Form(name, fields)


def _type(form: Mapping[str, Any]) -> str:
    """Return the type in a few words: the name of another object, a list of one, or a plain type."""
    for part in (form, *form.get("allOf", ())):
        if "$ref" in part:
            return str(part["$ref"]).rpartition("/")[2]
    if form.get("type") == "array":
        return f"[{_type(form['items'])}]"
    return " | ".join(str(word) for word in form["enum"]) if "enum" in form else str(form.get("type", ""))
