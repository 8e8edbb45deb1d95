"""The rules in plain words. Every number of days comes from the rule set, none is written here (N3.1)."""

from typing import NamedTuple

from django.utils.translation import gettext

from healthcode.domain.colours import Colour, Rule
from healthcode.domain.rulesets import RuleSet


class RuleWords(NamedTuple):
    """One rule as people read it: the colour it gives, whom it concerns, when it ends, on which clauses it rests."""

    colour: Colour
    who: str
    ends: str
    clauses: tuple[str, ...]


def rule_sentences(rules: RuleSet) -> list[RuleWords]:
    """Return all rules of the set, red first (N1.1 to N1.4, N2.1 to N2.6)."""
    return [*_illness(rules), *_isolation(rules), *_yellow(rules)]


def _row(colour: Colour, rule: Rule, who: str, ends: str) -> RuleWords:
    return RuleWords(colour, who, ends, rule.clauses(colour))


def _illness(rules: RuleSet) -> list[RuleWords]:
    recovery = gettext("%(days)d days after leaving hospital; at once if the doctors rule the illness out")
    return [
        _row(
            Colour.RED,
            Rule.CONFIRMED,
            gettext("You are ill with COVID-19, or carry the virus without symptoms"),
            recovery % {"days": rules.convalescence.days},
        ),
        _row(
            Colour.RED,
            Rule.SUSPECTED,
            gettext("You may be ill with COVID-19, or a test was positive"),
            gettext("The doctors' next finding decides"),
        ),
    ]


def _isolation(rules: RuleSet) -> list[RuleWords]:
    entry = {"central": rules.entry_central.days, "home": rules.entry_home.days}
    return [
        _row(
            Colour.RED,
            Rule.CLOSE_CONTACT,
            gettext("You were close to an infected person"),
            gettext("%(days)d days after the last contact") % {"days": rules.contact.days},
        ),
        _row(
            Colour.RED,
            Rule.OVERSEAS_ENTRY,
            gettext("You came from abroad"),
            gettext("After %(central)d days of central isolation and %(home)d days of observation at home") % entry,
        ),
        _row(
            Colour.RED,
            Rule.ISOLATION_ORDER,
            gettext("You have to be in isolation by order"),
            gettext("On the day named in the order, or when the health authority ends it"),
        ),
        _row(
            Colour.RED,
            Rule.OUTBREAK_AREA,
            gettext("You were in an area with a grave outbreak, which the province's leaders have named"),
            gettext("%(days)d days after leaving it, or when the area is no longer named")
            % {"days": rules.after_leaving_outbreak.days},
        ),
    ]


def _yellow(rules: RuleSet) -> list[RuleWords]:
    risk = {
        "days": rules.after_leaving_risk_area.days,
        "before": rules.before_designation.days,
        "report": rules.test_before_arrival.days,
    }
    return [
        _row(
            Colour.YELLOW,
            Rule.RISK_AREA,
            gettext("You were in a medium or high risk area, also in the %(before)d days before it was put on the list")
            % risk,
            gettext(
                "When a test is negative (one from the %(report)d days before you came counts), %(days)d days after"
                " leaving, or when the area is off the list: whichever comes first"
            )
            % risk,
        ),
        _row(
            Colour.YELLOW,
            Rule.FEVER,
            gettext("You have a fever"),
            gettext(
                "When a test is negative or the fever has gone; both, if you were near an infection in the"
                " %(days)d days before it"
            )
            % {"days": rules.history_before_onset.days},
        ),
        _row(
            Colour.YELLOW,
            Rule.CONTROL_ORDER,
            gettext("The control office has put you on yellow or red by order"),
            gettext("On the day named in the order"),
        ),
    ]
