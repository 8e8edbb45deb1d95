"""The interface describes itself: valid OpenAPI, a page for people, an example that works."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
import yaml
from drf_spectacular.validation import validate_schema

from healthcode.domain.evidence_table import COLUMNS
from healthcode.models import Account, Source
from healthcode.services.receiving import FIELDS, PERSON_FIELDS
from tests.client import StrictClient
from tests.healthcode.feed_kit import connect

SCHEMA, PAGE = "/api/v1/schema/", "/api/v1/"


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    """Stop the clock at noon."""
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def schema(client: StrictClient) -> dict[str, Any]:
    """The description as a machine reads it."""
    found: dict[str, Any] = json.loads(client.get(SCHEMA).content)
    return found


def test_the_description_is_valid_openapi(schema: dict[str, Any]) -> None:
    validate_schema(schema)  # type: ignore[no-untyped-call]  # the library ships no types
    assert schema["openapi"].startswith("3.")


def test_it_names_the_operation_its_answers_and_the_signature(schema: dict[str, Any]) -> None:
    operation = schema["paths"]["/api/v1/evidence/"]["post"]
    assert set(operation["responses"]) == {"200", "400", "401", "406", "409", "413", "415", "429"}
    assert operation["security"] == [{"signature": []}]
    assert "ed25519" in schema["components"]["securitySchemes"]["signature"]["description"]


def test_it_names_exactly_the_fields_that_are_read(schema: dict[str, Any]) -> None:
    forms = schema["components"]["schemas"]
    assert set(forms["Row"]["properties"]) == {"person", *FIELDS}
    assert set(forms["Person"]["properties"]) == set(PERSON_FIELDS)
    assert set(FIELDS) | set(PERSON_FIELDS) == set(COLUMNS)
    assert set(forms["Row"]["required"]) == {"id", "person", "kind", "at"}


def test_its_example_is_taken(
    schema: dict[str, Any], sources: dict[str, Source], reviewer: Account, at: datetime
) -> None:
    content = schema["paths"]["/api/v1/evidence/"]["post"]["requestBody"]["content"]["application/json"]
    ((_name, example),) = content["examples"].items()
    system = connect(sources["hz-customs"], reviewer, at)
    assert [answer["status"] for answer in system.push(*example["value"]["rows"])] == ["recorded"]


def test_yaml_is_given_to_who_asks_for_it(client: StrictClient, schema: dict[str, Any]) -> None:
    response = client.get(SCHEMA, headers={"Accept": "application/vnd.oai.openapi"})
    assert yaml.safe_load(response.content) == schema


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_lists_everything_described(client: StrictClient, schema: dict[str, Any], language: str) -> None:
    client.cookies["language"] = language
    page = client.get(PAGE).content.decode()
    names = [name for form in schema["components"]["schemas"].values() for name in form.get("properties", ())]
    assert [name for name in ("/api/v1/evidence/", *names) if name not in page] == []


def test_the_page_asks_no_other_host(client: StrictClient) -> None:
    page = client.get(PAGE).content.decode()
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page) == []
    assert "/static/clients/evidence_client.py" in page
