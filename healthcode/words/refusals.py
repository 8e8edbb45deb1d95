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
    "already_withdrawn": _("This batch has been withdrawn before."),
    "already_retracted": _("This record has been withdrawn before."),
    "batch_withdrawn": _("This batch has been withdrawn. Nothing can be added to it."),
    "claim_expired": _("The code is too old, or it was wrong three times. Have a new one sent."),
    "code_is_fixed": _("The code of a source never changes."),
    "another_scheduled": _("Other rules are waiting for their day already. Withdraw those first."),
    "approved_by_you": _("You have approved this already. A second person has to."),
    "code_taken": _("There is a source of this code already."),
    "event_in_future": _("This cannot have happened yet. Check the date."),
    "gateway_down": _("We cannot check this at the moment. Nothing you wrote is lost: please try again soon."),
    "guards_elsewhere": _("This account guards another venue."),
    "held_by_another": _("There is a health code for this document already, on another phone."),
    "identity_mismatch": _("The name and the number do not belong together. Compare both with your document."),
    "invalid_rule_set": _("The numbers are not right: whole days from 0 to 365."),
    "invalid_texts": _("A clause needs its text in Chinese and in English."),
    "name_required": _("Write a name."),
    "name_taken": _("There is an account of this name already."),
    "already_approved": _("Your body has approved this already. Another body has to approve it."),
    "already_assessed": _("The health commission has assessed this already."),
    "already_consented": _("The leading group has consented to this already."),
    "document_required": _("Write the number of the document."),
    "not_assessed": _("The health commission has to assess this first."),
    "not_in_force": _("This area is not in force."),
    "already_judged": _("Two supervisors have said what becomes of this already."),
    "batch_frozen": _("An alarm froze these records. Nothing counts until two supervisors have released them."),
    "frozen": _("An alarm froze this. Two supervisors have to release it first."),
    "list_needs_name": _("Say which list the people were taken from."),
    "list_too_long": _("The list names more people than one order may. An alarm was raised."),
    "nobody_named": _("Name at least one person."),
    "not_released": _("Two supervisors have to release this first."),
    "nothing_proposed": _("Nobody has proposed what becomes of it yet."),
    "order_is_over": _("This order was stopped, carried out, or has expired."),
    "order_needs_approval": _("A control order needs two approvals of different bodies. Ask for one instead."),
    "proposal_open": _("Another proposal waits for its confirmation."),
    "own_request": _("You asked for this yourself. Somebody else has to say yes."),
    "until_in_past": _("The end lies in the past."),
    "no_divisions": _("No places have been loaded yet. Load the divisions first."),
    "no_phone": _("The code was made at a service point without a phone. Go there, or call 12345."),
    "no_rule_set": _("The rules are not set up. Please call 12345."),
    "no_signing_key": _("No code can be made just now. Please try again in a minute."),
    "no_such_code": _("There is no code for this document any more. Please apply."),
    "not_a_division_code": _("Choose a place from the list."),
    "not_a_retraction": _("Only a withdrawal names the record that it withdraws."),
    "not_permitted": _("You may not do this."),
    "not_simulated": _("Simulate exactly this text first, and wait until it has finished."),
    "own_proposal": _("You have proposed this yourself. Two others have to approve it."),
    "own_account": _("You cannot shut yourself out. Let another administrator do it."),
    "password_required": _("A new account needs a password."),
    "reason_required": _("Write the reason."),
    "recorded_in_future": _("The time lies in the future. Check the clock."),
    "retraction_is_final": _("A withdrawal cannot be withdrawn. Record the fact anew."),
    "rules_unchanged": _("Nothing differs from the rules in force."),
    "ruleset_code_taken": _("There are rules of this name already."),
    "text_differs": _("The text is not the one you have read. Open the page again."),
    "valid_from_passed": _("The rules can only begin later than now."),
    "wrong_transition": _("This cannot be done with these rules any more. Open the page again."),
    "scanned_in_future": _("The time of the scan lies in the future. Check the clock of the device."),
    "snapshot_differs": _("Another list of the same hour was loaded before."),
    "snapshot_older": _("A newer list was loaded before. Older lists are not taken."),
    "source_may_not_assert": _("This source may not record this."),
    "unknown_division": _("There is no county or street with this code."),
    "unknown_released": _("The record that is released is not there."),
    "unknown_retracted": _("There is no such record of this person."),
    "venue_closed": _("This venue is closed."),
    "venue_name_taken": _("There is a venue of this name already."),
    "already_received": _("The person was received already."),
    "arrived_before_departure": _("Nobody arrives before they leave. Check the times."),
    "bad_temperature": _("This is no body temperature. Write it in °C, such as 36.6."),
    "case_state": _("This cannot be done now: the case has gone on meanwhile. Load the page again."),
    "end_in_past": _("This end has passed. To end the isolation now, record a release."),
    "end_is_open": _("The doctors' finding or the stay decides the end, so there is no day to move."),
    "end_is_same": _("This is the end already planned."),
    "hospital_by_doctors": _("Leaving hospital is recorded by the hospital and needs no release."),
    "leg_gap": _("The ride must begin where the last one ended. A gap in the chain is not allowed."),
    "leg_goes_nowhere": _("The ride must end somewhere else."),
    "leg_in_future": _("This lies in the future. Check the time."),
    "leg_not_received": _("The person has not been received yet. Record who received them first."),
    "leg_not_sealed": _("The vehicle is sealed before it leaves. Check the times."),
    "leg_overlap": _("The ride cannot begin before the last one has ended."),
    "nobody_under_way": _("No ride has begun yet."),
    "not_by_order": _("Staying in hospital is not a matter of an order."),
    "not_observed": _("You are not under observation now, so there is nothing to report here."),
    "order_needs_basis": _("Write the number of the document, or when the order was given by word of mouth."),
    "paper_there": _("The paper of this order is on record already."),
    "shorter_than_rule": _(
        "The rule itself asks for isolation until later. It can be ended early only by a release, on the day."
    ),
    "transfer_finished": _("The transfer has reached its end."),
    "transfer_in_transit": _("The person is on the way. A transfer under way is not called off."),
    "transfer_open": _("There is a transfer of this person already."),
    "visited_in_future": _("A visit is recorded after it was made. Check the time."),
    "wrong_code": _("This is not the code. Look at the newest message."),
    "invalid_key": _("This is no public key of the kind Ed25519."),
    "key_ended": _("This key has ended already."),
    "key_known": _("This key was registered before. Make a new one."),
    "replayed": _("This request was received before. Sign it anew."),
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
