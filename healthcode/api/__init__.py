"""Machines' way in: departments push evidence, signed; the interface describes itself (N3.2).

Outside the session and its cookies: who calls is known by the signature alone. May import words, services, access,
models and domain. Its door is the URLs under ``/api/v1/``.
"""

from healthcode.api.evidence import EvidenceView
from healthcode.api.issuers import health_code_issuers
from healthcode.api.metrics import metrics
from healthcode.api.published import health_code_keys, health_code_status, health_code_status_since
from healthcode.api.schema import SchemaView, interface

__all__ = [
    "EvidenceView",
    "SchemaView",
    "health_code_issuers",
    "health_code_keys",
    "health_code_status",
    "health_code_status_since",
    "interface",
    "metrics",
]
