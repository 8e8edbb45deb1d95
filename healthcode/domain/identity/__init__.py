"""Who a person is, as far as paper can say: documents, names and telephone numbers in one normal form.

The normal form is what the blind index is computed from, so two spellings of one thing must end in one text
(N3.1: nobody is made to apply twice). Pure: the day and the known division codes are arguments; nothing here
asks an authority whether a document was issued. Errors never repeat what was typed.
"""

from healthcode.domain.identity.documents import Document, DocumentError, DocumentType, InvalidDocument, Sex
from healthcode.domain.identity.names import MAX_NAME_LENGTH, InvalidName, NameProblem, normalise_name
from healthcode.domain.identity.parsing import parse_document
from healthcode.domain.identity.phones import InvalidPhone, PhoneProblem, normalise_phone
from healthcode.domain.identity.resident import checksum_mod_11_2, make_resident_number, to_eighteen_digits

__all__ = [
    "MAX_NAME_LENGTH",
    "Document",
    "DocumentError",
    "DocumentType",
    "InvalidDocument",
    "InvalidName",
    "InvalidPhone",
    "NameProblem",
    "PhoneProblem",
    "Sex",
    "checksum_mod_11_2",
    "make_resident_number",
    "normalise_name",
    "normalise_phone",
    "parse_document",
    "to_eighteen_digits",
]
