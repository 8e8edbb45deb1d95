"""A department's system for the tests: the shipped example client, sending through Django's test client."""

import importlib.util
from datetime import date, datetime
from types import ModuleType
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from healthcode.domain.identity import make_resident_number
from healthcode.models import Account, Source, SystemKey
from healthcode.services.systems import register_key
from healthcode.words.rows import ROW_CODES
from tests.project_kit import ROOT

CLIENT = ROOT / "static" / "clients" / "evidence_client.py"
URL = "/api/v1/evidence/"
WANG = make_resident_number("330106", date(1990, 1, 1), 1)
LI = make_resident_number("330104", date(1985, 5, 5), 22)


def example_client() -> ModuleType:
    """Import the file as it is downloaded."""
    spec = importlib.util.spec_from_file_location("evidence_client", CLIENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def public_half(key: Ed25519PrivateKey) -> str:
    """Return the public key as PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class System(NamedTuple):
    """A department's system with its key."""

    key: SystemKey
    private: Ed25519PrivateKey

    def headers(self, body: bytes, url: str = f"http://testserver{URL}") -> dict[str, str]:
        """Return the headers that the example client sends with ``body``, signed at the clock's instant."""
        made: dict[str, str] = example_client().Client(url, self.key.key_id, self.private).headers(body)
        return made

    def post(self, body: bytes, headers: dict[str, str] | None = None, **options: Any) -> Any:
        """Send a body, signed unless headers are given."""
        sent = self.headers(body) if headers is None else headers
        # A system keeps no cookies and knows no CSRF token.
        browser = Client(enforce_csrf_checks=True)
        return browser.post(URL, body, content_type="application/json", headers=sent, **options)

    def push(self, *rows: Any) -> list[dict[str, str]]:
        """Send rows and return the answer to each."""
        response = self.post(example_client().json.dumps({"rows": rows}).encode())
        assert response.status_code == 200, response.content
        results: list[dict[str, str]] = response.json()["results"]
        # Departments' programs know these codes and no others.
        assert {result["code"] for result in results if "code" in result} <= set(ROW_CODES)
        return results


def connect(source: Source, by: Account, at: datetime, label: str = "某系统") -> System:
    """Register a new system of a department."""
    private = Ed25519PrivateKey.generate()
    key = register_key(by=by, source=source, label=label, public_key=public_half(private), at=at)
    return System(key, private)


def row(number: str, kind: str, at: str, *, who: str = WANG, name: str = "王小明", **fields: Any) -> dict[str, Any]:
    """Return one row about a person."""
    return {"id": number, "person": {"number": who, "name": name}, "kind": kind, "at": at, **fields}
