"""The shape of the certificate itself, editions 1.0 to 1.3 of the EU's schema: what must be there, and how it looks."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from healthcode.domain.foreign.errors import Fault, ForeignError
from healthcode.domain.foreign.issuers import CertificateKind

COVID = "840539006"
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_ICAO_NAME = re.compile(r"[A-Z<]{1,80}")
# A birth date may be known in part or not at all.
_BIRTH = re.compile(r"((19|20)\d\d(-\d\d){0,2})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d.*")
_LONGEST = 200
_NAMES = ("fn", "gn", "fnt", "gnt")
_COUNTRY = re.compile(r"[A-Z]{2,3}|UN[A-Z]+")
_COMMON = ("tg", "co", "is", "ci")
_TEXTS = {
    CertificateKind.VACCINATION: (*_COMMON, "vp", "mp", "ma", "dt"),
    CertificateKind.TEST: (*_COMMON, "tt", "sc", "tr"),
    CertificateKind.RECOVERY: (*_COMMON, "fr", "df", "du"),
}
_DATES = {
    CertificateKind.VACCINATION: ("dt",),
    CertificateKind.TEST: (),
    CertificateKind.RECOVERY: ("fr", "df", "du"),
}


def check_certificate(found: Mapping[str, Any]) -> CertificateKind:
    """Return the sort of a certificate of the right shape; raise ``ForeignError`` (``not_a_certificate``).

    Exactly one entry of exactly one sort: the schema of edition 1.0 allows more, the rules on issuing never did.
    """
    kinds = [kind for kind in CertificateKind if found.get(kind.value)]
    if len(kinds) != 1 or not _is_text(found.get("ver"), _VERSION) or not _is_text(found.get("dob"), _BIRTH):
        raise ForeignError(Fault.NOT_A_CERTIFICATE, "not one sort, or no version or birth date")
    _check_names(found.get("nam"))
    entries = found[kinds[0].value]
    if not isinstance(entries, list | tuple) or len(entries) != 1 or not isinstance(entries[0], Mapping):
        raise ForeignError(Fault.NOT_A_CERTIFICATE, "not one entry")
    _check_entry(kinds[0], entries[0])
    return kinds[0]


def _check_names(names: object) -> None:
    if not isinstance(names, Mapping) or not _is_text(names.get("fnt"), _ICAO_NAME):
        raise ForeignError(Fault.NOT_A_CERTIFICATE, "no name")
    for name in _NAMES:
        value = names.get(name, "")
        if not _is_text(value) or (name == "gnt" and value and not _ICAO_NAME.fullmatch(value)):
            raise ForeignError(Fault.NOT_A_CERTIFICATE, "a name that is none")


def _check_entry(kind: CertificateKind, entry: Mapping[str, Any]) -> None:
    texts = all(_is_text(entry.get(name)) and entry[name] for name in _TEXTS[kind])
    if not texts or entry["tg"] != COVID or not _COUNTRY.fullmatch(entry["co"]):
        raise ForeignError(Fault.NOT_A_CERTIFICATE, "an entry without what it needs")
    dates = all(_DATE.fullmatch(entry[name]) for name in _DATES[kind])
    doses = kind is not CertificateKind.VACCINATION or all(type(entry.get(name)) is int for name in ("dn", "sd"))
    if not dates or not doses:
        raise ForeignError(Fault.NOT_A_CERTIFICATE, "a date or a dose that is none")
    if kind is CertificateKind.TEST:
        sampled_at(entry)


def sampled_at(entry: Mapping[str, Any]) -> datetime:
    """Return when the sample of a test entry was taken; raise ``ForeignError`` where it is no instant with its zone."""
    try:
        at = datetime.fromisoformat(entry["sc"])
    except ValueError as error:
        raise ForeignError(Fault.NOT_A_CERTIFICATE, "no time of sampling") from error
    if at.tzinfo is None:
        raise ForeignError(Fault.NOT_A_CERTIFICATE, "a time of sampling without its zone")
    return at


def _is_text(value: object, form: re.Pattern[str] | None = None) -> bool:
    if not isinstance(value, str) or len(value) > _LONGEST:
        return False
    return form is None or form.fullmatch(value) is not None
