"""Why a code has its colour, and how it turns green, in one sentence each (赋码依据)."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from healthcode.domain.colours import Colour, Lift, Rule, Stage
from healthcode.domain.decide import Ground
from healthcode.domain.evidence import Evidence
from healthcode.words.colours import stage_name
from healthcode.words.places import place_name
from healthcode.words.times import date_and_days_left, day_words


class Known(NamedTuple):
    """What the sentences are made from: records by id, Chinese place names by code, and the instant of reading."""

    evidence: Mapping[str, Evidence]
    places: Mapping[str, str]
    at: datetime


_REASONS = {
    Rule.CONFIRMED: _("Found ill with COVID-19 on %(date)s"),
    Rule.ASYMPTOMATIC: _("Found to carry the virus without symptoms on %(date)s"),
    Rule.SUSPECTED: _("Suspected COVID-19 since %(date)s"),
    Rule.POSITIVE_PENDING: _("Positive test, reported on %(date)s; the doctors have not decided yet"),
    Rule.CLOSE_CONTACT: _("Close contact of an infected person on %(date)s"),
    Rule.OVERSEAS_ENTRY: _("Came from abroad on %(date)s"),
    Rule.ISOLATION_ORDER: _("Isolation ordered from %(date)s"),
    Rule.OUTBREAK_AREA: _("You were in an area with a grave outbreak (%(place)s) on %(date)s"),
    Rule.FEVER: _("Fever since %(date)s"),
    Rule.RISK_AREA: _("You were in a medium or high risk area (%(place)s) on %(date)s"),
}
_ORDERED = {
    Colour.RED: _("Put on red by order of the control office on %(date)s"),
    Colour.YELLOW: _("Put on yellow by order of the control office on %(date)s"),
}
# For these the stage says more to the person than the event, and so stands first.
_STAGE_FIRST = frozenset({Rule.CLOSE_CONTACT, Rule.OVERSEAS_ENTRY, Rule.ISOLATION_ORDER})
_STAGE_AFTER = frozenset({Rule.CONFIRMED, Rule.ASYMPTOMATIC, Rule.SUSPECTED})


def reason_sentence(ground: Ground, known: Known) -> str:
    """Return why: “7 月 1 日到过中高风险地区（北京市丰台区）” (N1.1, N1.2, N1.4)."""
    record = next((known.evidence[name] for name in ground.evidence if name in known.evidence), None)
    happened = ground.since if record is None or ground.rule is Rule.POSITIVE_PENDING else record.at
    place = place_name(record.place, known.places) if record and record.place else ""
    template = _ORDERED[ground.colour] if ground.rule is Rule.CONTROL_ORDER else _REASONS[ground.rule]
    event = str(template) % {"date": day_words(happened, known.at), "place": place}
    if ground.stage is None or ground.rule not in _STAGE_FIRST | _STAGE_AFTER:
        return event
    stage = stage_name(ground.stage)
    main, aside = (stage, event) if ground.rule in _STAGE_FIRST else (event, stage)
    return gettext("%(main)s (%(aside)s)") % {"main": main, "aside": aside}


def exit_sentence(ground: Ground, at: datetime, *, alone: bool = True) -> str:
    """Return what ends the ground (N2.3, N2.5, N2.6). ``alone``: then nothing else holds, and the code turns green."""
    then = gettext("your code turns green") if alone else gettext("this reason ends")
    until = date_and_days_left(ground.until, at) if ground.until else ""
    return _exit_template(ground) % {"then": then, "date": until}


def _exit_template(ground: Ground) -> str:
    if ground.rule is Rule.FEVER:
        return _fever_exit(ground)
    if Lift.NEGATIVE_TEST in ground.lifts and ground.until:
        return gettext("After a negative test %(then)s by itself; at the latest on %(date)s")
    if Lift.NEGATIVE_TEST in ground.lifts:
        return gettext("After a negative test %(then)s by itself")
    if Lift.DIAGNOSIS in ground.lifts:
        return gettext("The doctors' finding decides what comes next; your code follows it by itself")
    if ground.stage is Stage.HOSPITAL:
        return gettext("When you have left hospital and the recovery time is over, %(then)s by itself")
    if ground.until:
        return gettext("On %(date)s %(then)s by itself")
    return gettext("When you have left the area and the isolation is over, %(then)s by itself")


def _fever_exit(ground: Ground) -> str:
    if ground.lifts == (Lift.NEGATIVE_TEST,):
        return gettext("After a negative test %(then)s by itself")
    if ground.lifts == (Lift.SYMPTOM_CLEARED,):
        return gettext("When a doctor records that the fever has gone, %(then)s by itself")
    return gettext(
        "After a negative test, or when a doctor records that the fever has gone, %(then)s by itself."
        " Were you near an infection, both are needed"
    )


def stages_sentence(ground: Ground, at: datetime) -> str:
    """Return how the isolation goes on when it has more than one stage (N2.1); nothing for one stage."""
    if ground.stage is None or ground.stage_until is None or ground.stage_until == ground.until:
        return ""
    day = day_words(ground.stage_until, at)
    if ground.rule is Rule.OVERSEAS_ENTRY and ground.until:
        last = day_words(ground.until, at)
        return gettext("until %(day)s, then under observation at home until %(last)s") % {"day": day, "last": last}
    return gettext("until %(day)s") % {"day": day}
