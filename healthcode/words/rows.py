"""Why a row of a department's file was not recorded, in a sentence for whoever sends it again."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from healthcode.domain.identity import DocumentError, NameProblem
from healthcode.words.refusals import document_sentence, name_sentence, refusal_sentence

_ROWS = {
    "formula": _("A formula stands here. Paste its value instead."),
    "rounded": _("The spreadsheet has rounded this number. Make the column text and write it again."),
    "malformed": _("This is not understood."),
    "missing": _("This is missing."),
    "name_required": _("The name is missing, and nobody with this document is known yet."),
    "number_taken": _("This number stands for another record already. Give each record a number of its own."),
    "source_may_not_assert": _("This source may not report this kind of record."),
    "too_long": _("This is too long."),
    "unknown_field": _("There is no such field."),
    "not_permitted": _("You may not record this about this person."),
}
# What a row of a signed request can be refused with: the codes that departments write their programs for.
ROW_CODES = (
    *("malformed", "unknown_field", "too_long", "number_taken", "source_may_not_assert", "order_needs_approval"),
    *("not_a_retraction", "reason_required", "unknown_retracted", "unknown_released", "batch_withdrawn"),
    *(problem.value for problem in DocumentError),
    *(problem.value for problem in NameProblem if problem is not NameProblem.TOO_LONG),
)


def code_sentence(code: str) -> str:
    """Return what a code of ``ROW_CODES`` means, whatever field it is about."""
    return str(_ROWS[code]) if code in _ROWS else row_sentence(code, "")


def row_sentence(code: str, what: str) -> str:
    """Return the sentence of a row's refusal, with what the reader of the file said of it in brackets."""
    if code in set(DocumentError):
        return document_sentence(DocumentError(code))
    # A name that is too long has its own words; of any other field the limit is said.
    if code in set(NameProblem) and not what:
        return name_sentence(NameProblem(code))
    if what == "missing":
        return str(_ROWS["missing"])
    sentence = str(_ROWS[code]) if code in _ROWS else refusal_sentence(code)
    return gettext("%(sentence)s (%(what)s)") % {"sentence": sentence, "what": what} if what else sentence
