"""Machines' way in: departments push evidence, signed; the interface describes itself (N3.2).

Outside the session and its cookies: who calls is known by the signature alone. May import words, services, access,
models and domain. Its door is the URLs under ``/api/v1/``.
"""

from healthcode.api.evidence import EvidenceView
from healthcode.api.schema import SchemaView, interface

__all__ = ["EvidenceView", "SchemaView", "interface"]
