"""What comes from elsewhere (转码, N3.4): home codes and test reports of other provinces, certificates of the EU.

``issuers`` reads the keys of the trust list, ``dcc`` reads EU certificates step by step, ``reports`` reads and writes
our own envelope, ``holders`` compares a certificate with the person, and ``mapping`` is the table of what becomes
evidence. Pure; every error is a ``ForeignError`` with its reason. Nothing here takes a colour over from anybody.
"""

from healthcode.domain.foreign.dcc import Dcc, read_dcc
from healthcode.domain.foreign.errors import Fault, ForeignError
from healthcode.domain.foreign.holders import Match, compare_holder
from healthcode.domain.foreign.issuers import (
    Algorithm,
    CertificateKind,
    IssuerKey,
    Use,
    keys_as_data,
    keys_from_data,
    read_keys,
)
from healthcode.domain.foreign.mapping import TABLE, Became, Mapped, Shown, map_dcc, map_token
from healthcode.domain.foreign.reports import HomeToken, Trusted, read_home_token, write_report

__all__ = [
    "TABLE",
    "Algorithm",
    "Became",
    "CertificateKind",
    "Dcc",
    "Fault",
    "ForeignError",
    "HomeToken",
    "IssuerKey",
    "Mapped",
    "Match",
    "Shown",
    "Trusted",
    "Use",
    "compare_holder",
    "keys_as_data",
    "keys_from_data",
    "map_dcc",
    "map_token",
    "read_dcc",
    "read_home_token",
    "read_keys",
    "write_report",
]
