"""The words of acting for others: rights, how a bond came about, where it stands, and its refusals."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from family.domain.bonds import BondEnd, BondState, Proof, Relation, Right
from family.domain.companions import JoinedBy
from family.domain.lookups import Basis, Outcome, Purpose
from healthcode import words

RIGHTS: Mapping[Right, Promise] = {
    Right.SHOW: _("Show the code and read its reason"),
    Right.DECLARE: _("Declare health and trips"),
    Right.APPEAL: _("Appeal against a colour"),
    Right.PRINT: _("Print the code on paper"),
}
RELATIONS: Mapping[Relation, Promise] = {
    Relation.GUARDIAN: _("Guardian of a minor"),
    Relation.CONSENT: _("By the person's consent"),
}
PROOFS: Mapping[Proof, Promise] = {
    Proof.REGISTER: _("Found in the register of guardians"),
    Proof.PHONE: _("Agreed by a code sent to their phone"),
    Proof.PORTAL: _("Agreed in their own pages"),
    Proof.SERVICE_POINT: _("Documents seen at a service point"),
    Proof.OFFICER: _("Bound by an officer with a reason"),
}
STATES: Mapping[BondState, Promise] = {
    BondState.ACTIVE: pgettext_lazy("state of a bond", "In force"),
    BondState.FROZEN: pgettext_lazy("state of a bond", "Stopped until an objection is settled"),
    BondState.ENDED: pgettext_lazy("state of a bond", "Over"),
}
ENDS: Mapping[BondEnd, Promise] = {
    BondEnd.CAME_OF_AGE: _("Came of age"),
    BondEnd.EXPIRED: _("The time agreed to is over"),
    BondEnd.BY_CARER: _("Ended by who acted for them"),
    BondEnd.BY_DEPENDANT: _("Ended by the person themself"),
    BondEnd.BY_OFFICER: _("Ended by an officer"),
}
JOINED: Mapping[JoinedBy, Promise] = {
    JoinedBy.LEADER: _("This phone"),
    JoinedBy.BOND: _("Shown by this phone"),
    JoinedBy.OWN_PHONE: _("With a phone of their own"),
}
PURPOSES: Mapping[Purpose, Promise] = {
    Purpose.ENTRY: _("Entering a place"),
    Purpose.TRANSPORT: _("Public transport"),
    Purpose.MEDICAL: _("Medical care"),
    Purpose.SERVICE: _("Help at a service point"),
}
BASES: Mapping[Basis, Promise] = {
    Basis.PRESENCE: _("The person is here with their document"),
    Basis.CONSENT: _("The person has agreed"),
}
OUTCOMES: Mapping[Outcome, Promise] = {
    Outcome.SHOWN: _("The colour was shown"),
    Outcome.NOT_SHOWN: _("No code was found"),
}
REFUSALS: Mapping[str, Promise] = {
    "already_answered": _("This has been answered already."),
    "already_bound": _("You act for this person already."),
    "already_complained": _("You have complained about this look-up already."),
    "birth_differs": _("The day of birth is not the one in the number. Compare both with the document."),
    "bond_over": _("This would have ended already."),
    "bond_with_oneself": _("This is your own document. You need nobody's leave for yourself."),
    "group_full": _("A group has eight people at most."),
    "group_over": _("This group is over."),
    "no_rights": _("Choose at least one thing to be done for the person."),
    "no_such_group": _("No group of today has this code. Compare it with the other phone."),
    "not_a_guardian": _("The register does not name you as a guardian of this child. A service point can help you."),
    "not_a_minor": _("This person is of age. Ask for their consent instead."),
    "place_required": _("Say where you are."),
    "rights_not_given": _("This was not agreed to before. Ask for consent anew."),
    "too_many_askings": _("Consent was asked for too often today. Please try again tomorrow, or at a service point."),
    "too_many_dependants": _("You act for as many people as one person may already."),
    "too_many_lookups": _("You have looked up as many people as an account may in an hour."),
    "wrong_code": _("The code is wrong or too old. Nothing was changed."),
    "wrong_transition": _("This was ended or changed meanwhile. Load the page again."),
}


def refusal_sentence(code: str) -> str:
    """Return the sentence of a refusal, of this app or of the one below."""
    own = REFUSALS.get(code)
    return str(own) if own is not None else words.refusal_sentence(code)
