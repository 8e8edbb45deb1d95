"""Words about versions of the rules: their parameters, states and acts, the grounds a simulation counts by (N3.1)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from healthcode.domain.colours import Rule
from healthcode.domain.governance import CLAUSES, RuleAct, RuleState, shifts
from healthcode.domain.rulesets import texts_in
from healthcode.words.clauses import clause_label

# Each parameter: what it says, and the clauses it carries out.
PARAMETERS: Mapping[str, tuple[Promise, tuple[str, ...]]] = {
    "contact": (_("Red after the last close contact"), ("N1.1", "N2.1")),
    "entry_central": (_("Central isolation after coming from abroad"), ("N2.1", "N2.3")),
    "entry_home": (_("Observation at home after that"), ("N2.1", "N2.3")),
    "convalescence": (_("Red after leaving hospital"), ("N2.1",)),
    "after_leaving_outbreak": (_("Red after leaving an area with a grave outbreak"), ("N1.4",)),
    "after_leaving_risk_area": (_("Yellow after leaving a risk area"), ("N1.2", "N2.6")),
    "before_designation": (_("How long before the listing a stay counts"), ("N1.2",)),
    "test_before_arrival": (_("How old a report brought along may be"), ("N2.6",)),
    "history_before_onset": (_("How far back an infection nearby counts for a fever"), ("N2.5",)),
}
RULE_STATES: Mapping[str, Promise] = {
    RuleState.DRAFT: pgettext_lazy("rules", "Draft"),
    RuleState.PROPOSED: pgettext_lazy("rules", "Proposed"),
    RuleState.APPROVED: pgettext_lazy("rules", "Approved"),
    RuleState.SCHEDULED: pgettext_lazy("rules", "Scheduled"),
    RuleState.IN_FORCE: pgettext_lazy("rules", "In force"),
    RuleState.RETIRED: pgettext_lazy("rules", "Retired"),
    RuleState.WITHDRAWN: pgettext_lazy("rules", "Withdrawn"),
}
RULE_ACTS: Mapping[str, Promise] = {
    RuleAct.DRAFT: pgettext_lazy("act on rules", "Drafted"),
    RuleAct.REVISE: pgettext_lazy("act on rules", "Draft revised"),
    RuleAct.PROPOSE: pgettext_lazy("act on rules", "Proposed"),
    RuleAct.APPROVE: pgettext_lazy("act on rules", "Approved"),
    RuleAct.SCHEDULE: pgettext_lazy("act on rules", "Scheduled"),
    RuleAct.ENACT: pgettext_lazy("act on rules", "Came into force"),
    RuleAct.RETIRE: pgettext_lazy("act on rules", "Retired"),
    RuleAct.WITHDRAW: pgettext_lazy("act on rules", "Withdrawn"),
}
RULE_NAMES: Mapping[str, Promise] = {
    Rule.CONFIRMED: pgettext_lazy("ground", "confirmed case"),
    Rule.ASYMPTOMATIC: pgettext_lazy("ground", "carrier without symptoms"),
    Rule.SUSPECTED: pgettext_lazy("ground", "suspected case"),
    Rule.POSITIVE_PENDING: pgettext_lazy("ground", "positive test"),
    Rule.CLOSE_CONTACT: pgettext_lazy("ground", "close contact"),
    Rule.OVERSEAS_ENTRY: pgettext_lazy("ground", "coming from abroad"),
    Rule.ISOLATION_ORDER: pgettext_lazy("ground", "isolation order"),
    Rule.OUTBREAK_AREA: pgettext_lazy("ground", "grave outbreak"),
    Rule.CONTROL_ORDER: pgettext_lazy("ground", "control order"),
    Rule.FEVER: pgettext_lazy("ground", "fever"),
    Rule.RISK_AREA: pgettext_lazy("ground", "risk area"),
}


class Difference(NamedTuple):
    """What two versions say otherwise: of which parameter or clause, before and after, in one language."""

    what: str
    before: str
    after: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any], language: str) -> list[Difference]:
    """Return in words what changes from one version's data to another's: days first, then clauses.

    ``language`` is that of the clauses, ``zh`` or ``en``; the rest is in the reader's.
    """
    days = [
        Difference(str(PARAMETERS[name][0]), _days(old), _days(new))
        for name, old, new in shifts(before, after)
        if name in PARAMETERS
    ]
    old_texts, new_texts = texts_in(before), texts_in(after)
    said = ((name, old_texts[name][language], new_texts[name][language]) for name in CLAUSES)
    return [*days, *(Difference(clause_label(name), old, new) for name, old, new in said if old != new)]


def _days(number: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", number) % {"n": number}
