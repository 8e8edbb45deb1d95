"""Records in words: what was recorded, and what kinds of document there are."""

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from healthcode.domain.evidence import Evidence, Kind
from healthcode.domain.identity import DocumentType
from healthcode.words.countries import country_name
from healthcode.words.places import place_name

_KINDS = {
    Kind.DIAGNOSIS: _("Doctors' finding"),
    Kind.DISCHARGE: _("Leaving hospital"),
    Kind.CLOSE_CONTACT: _("Close contact"),
    Kind.OVERSEAS_ENTRY: _("Entry from abroad"),
    Kind.AREA_STAY: _("Stay in a place"),
    Kind.ARRIVAL: _("Arrival in Zhejiang"),
    Kind.ISOLATION_ORDER: _("Isolation order"),
    Kind.RELEASE: _("End of isolation"),
    Kind.NAT_RESULT: _("Nucleic acid test"),
    Kind.SYMPTOM: _("Fever"),
    Kind.SYMPTOM_CLEARED: _("Fever gone"),
    Kind.RETRACTION: _("Record withdrawn"),
    Kind.CONTROL_ORDER: _("Order of the control office"),
}
_DETAILS = {
    "confirmed": _("ill with COVID-19"),
    "suspected": _("suspected"),
    "asymptomatic": _("carrier without symptoms"),
    "excluded": _("ruled out"),
    "negative": _("negative"),
    "positive": _("positive"),
    "central": _("central isolation"),
    "home": _("at home"),
}
_DOCUMENTS = {
    DocumentType.RESIDENT_ID: _("Resident ID card"),
    DocumentType.HK_MACAO_PERMIT: _("Mainland travel permit of Hong Kong or Macao residents"),
    DocumentType.TAIWAN_PERMIT: _("Mainland travel permit of Taiwan residents"),
    DocumentType.PASSPORT: _("Passport"),
    DocumentType.PERMANENT_RESIDENT_CARD: _("Foreign permanent resident ID card"),
    DocumentType.OTHER: _("Another document"),
}


def kind_name(kind: Kind) -> str:
    """Return what kind of record it is."""
    return str(_KINDS[kind])


def document_label(document: DocumentType) -> str:
    """Return the name of a kind of document."""
    return str(_DOCUMENTS[document])


def evidence_sentence(record: Evidence, places: Mapping[str, str]) -> str:
    """Return the record in one line: “核酸检测：阴性”, “到过某地：北京市丰台区 新发地市场”."""
    detail = _detail(record, places)
    name = kind_name(record.kind)
    return gettext("%(kind)s: %(detail)s") % {"kind": name, "detail": detail} if detail else name


def _detail(record: Evidence, places: Mapping[str, str]) -> str:
    if record.place:
        return " ".join(filter(None, [place_name(record.place, places), record.community]))
    if country := record.detail.get("country"):
        return country_name(str(country))
    words = (record.detail.get(name) for name in ("status", "result", "mode"))
    return next((str(_DETAILS[str(word)]) for word in words if str(word) in _DETAILS), "")


def phone_words(e164: str) -> str:
    """Return a number as people write it: +8613800138001 is 138 0013 8001; others keep their country code."""
    digits = e164.removeprefix("+86")
    if digits == e164 or len(digits) != 11:
        return e164
    return f"{digits[:3]} {digits[3:7]} {digits[7:]}"
