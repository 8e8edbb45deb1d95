"""A sentence for each refusal: what is wrong and what to do. Every code that the source can raise stands here."""

from django.utils.translation import gettext_lazy as _

from healthcode.domain.identity import DocumentError, NameProblem, PhoneProblem

DOCUMENT_WORDS = {
    DocumentError.WRONG_LENGTH: _("The number is too long or too short. Compare it with your document."),
    DocumentError.BAD_CHARACTERS: _("There is a sign in the number that does not belong there."),
    DocumentError.UNKNOWN_DIVISION: _("The first six digits are no place. Compare them with your document."),
    DocumentError.NO_SUCH_DATE: _("The date of birth inside the number is no real day. Compare it with your document."),
    DocumentError.BORN_IN_FUTURE: _("The date of birth inside the number lies in the future."),
    DocumentError.WRONG_CHECKSUM: _("One digit is wrong or two are swapped. Compare the number with your document."),
}
NAME_WORDS = {
    NameProblem.EMPTY: _("Write your name as it stands on your document."),
    NameProblem.TOO_LONG: _("The name is too long: 64 characters at most."),
    NameProblem.CONTROL_CHARACTERS: _("There is an invisible sign in the name. Type it by hand."),
    NameProblem.DIGITS: _("A name has no digits."),
    NameProblem.MIXED_SCRIPTS: _("Write the name in Chinese or in Latin letters, not in both."),
    NameProblem.BAD_CHARACTERS: _("Write the name in Chinese or in Latin letters, as on your document."),
}
PHONE_WORDS = {
    PhoneProblem.EMPTY: _("Write a phone number."),
    PhoneProblem.BAD_CHARACTERS: _("A phone number has digits only."),
    PhoneProblem.WRONG_LENGTH: _("The phone number is too long or too short: it has 11 digits."),
    PhoneProblem.NO_COUNTRY_CODE: _("Write + and the country code first."),
    PhoneProblem.NOT_MOBILE: _("This is not a mobile number."),
}
# Codes of ``Refused``, ``NotPermitted``, ``GatewayDown`` and of the other errors that a page may meet.
REFUSALS = {
    "account_has_code": _("This phone shows another person's code already. A family member can be added later."),
    "already_retracted": _("This record has been withdrawn before."),
    "claim_expired": _("The code is too old, or it was wrong three times. Have a new one sent."),
    "code_is_fixed": _("The code of a source never changes."),
    "code_taken": _("There is a source of this code already."),
    "event_in_future": _("This cannot have happened yet. Check the date."),
    "gateway_down": _("We cannot check this at the moment. Nothing you wrote is lost: please try again soon."),
    "guards_elsewhere": _("This account guards another venue."),
    "held_by_another": _("There is a health code for this document already, on another phone."),
    "identity_mismatch": _("The name and the number do not belong together. Compare both with your document."),
    "name_required": _("Write a name."),
    "name_taken": _("There is an account of this name already."),
    "no_divisions": _("No places have been loaded yet. Load the divisions first."),
    "no_phone": _("The code was made at a service point without a phone. Go there, or call 12345."),
    "no_rule_set": _("The rules are not set up. Please call 12345."),
    "no_signing_key": _("No code can be made just now. Please try again in a minute."),
    "no_such_code": _("There is no code for this document any more. Please apply."),
    "not_a_division_code": _("Choose a place from the list."),
    "not_a_retraction": _("Only a withdrawal names the record that it withdraws."),
    "not_permitted": _("You may not do this."),
    "own_account": _("You cannot shut yourself out. Let another administrator do it."),
    "password_required": _("A new account needs a password."),
    "reason_required": _("Write the reason."),
    "recorded_in_future": _("The time lies in the future. Check the clock."),
    "retraction_is_final": _("A withdrawal cannot be withdrawn. Record the fact anew."),
    "scanned_in_future": _("The time of the scan lies in the future. Check the clock of the device."),
    "snapshot_differs": _("Another list of the same hour was loaded before."),
    "snapshot_older": _("A newer list was loaded before. Older lists are not taken."),
    "source_may_not_assert": _("This source may not record this."),
    "unknown_division": _("There is no county or street with this code."),
    "unknown_released": _("The record that is released is not there."),
    "unknown_retracted": _("There is no such record of this person."),
    "venue_closed": _("This venue is closed."),
    "venue_name_taken": _("There is a venue of this name already."),
    "wrong_code": _("This is not the code. Look at the newest message."),
}


def document_sentence(code: DocumentError) -> str:
    """Return what is wrong with a document's number."""
    return str(DOCUMENT_WORDS[code])


def name_sentence(code: NameProblem) -> str:
    """Return what is wrong with a name."""
    return str(NAME_WORDS[code])


def refusal_sentence(code: str) -> str:
    """Return the sentence of a refusal; raise ``KeyError`` for a code without one (a test sees to it)."""
    return str(REFUSALS[code])
