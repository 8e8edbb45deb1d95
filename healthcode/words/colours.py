"""The colours, stages and exits in words."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.domain.colours import Colour, Lift, Stage
from healthcode.models import Cause

_WORDS = {Colour.GREEN: _("Green code"), Colour.YELLOW: _("Yellow code"), Colour.RED: _("Red code")}
_LINES = {
    Colour.GREEN: _("You can move about freely"),
    Colour.YELLOW: _("Some venues are closed to you"),
    Colour.RED: _("Stay at your place of isolation"),
}
_STAGES = {
    Stage.HOSPITAL: _("In hospital care"),
    Stage.CENTRAL: _("In central isolation"),
    Stage.HOME: _("Under observation at home"),
    Stage.CONVALESCENCE: _("In recovery isolation"),
}
_MEANINGS = {
    Stage.HOSPITAL: _("A designated hospital looks after you. Do not travel by yourself: you are fetched and brought."),
    Stage.CENTRAL: _("You live in the isolation hotel you were given, and your temperature is taken every day."),
    Stage.HOME: _("You stay in your own room at home, and the community doctor asks after you every day."),
    Stage.CONVALESCENCE: _("You have left hospital and rest apart from others until the recovery time is over."),
}
_LIFTS = {
    Lift.TIME: _("The time runs out."),
    Lift.NEGATIVE_TEST: _("A nucleic acid test is negative."),
    Lift.SYMPTOM_CLEARED: _("A doctor records that the fever has gone."),
    Lift.DISCHARGE: _("The hospital lets you go home; then the recovery time begins."),
    Lift.EXCLUDED: _("The doctors rule the illness out."),
    Lift.DIAGNOSIS: _("The doctors make a finding; it decides what comes next."),
    Lift.LEAVE_AREA: _("You leave the area; from then on the days are counted."),
    Lift.AREA_LOWERED: _("The area is no longer a risk area."),
    Lift.RELEASE: _("The health authority ends the isolation."),
}
_CAUSES = {
    Cause.APPLICATION: pgettext_lazy("cause of a decision", "You applied for your code"),
    Cause.EVIDENCE: pgettext_lazy("cause of a decision", "New information came in"),
    Cause.AREAS: pgettext_lazy("cause of a decision", "The list of risk areas changed"),
    Cause.RULESET: pgettext_lazy("cause of a decision", "The rules changed"),
    Cause.CONVERSION: pgettext_lazy("cause of a decision", "Turned by itself when the time was over"),
}


def colour_word(colour: Colour) -> str:
    """Return the colour in words: 绿码, 黄码, 红码."""
    return str(_WORDS[colour])


def colour_line(colour: Colour) -> str:
    """Return what the colour means for its holder, in one line (N2.1, N2.4, N2.7)."""
    return str(_LINES[colour])


def stage_name(stage: Stage) -> str:
    """Return the stage in words: 集中隔离医学观察中."""
    return str(_STAGES[stage])


def stage_meaning(stage: Stage) -> str:
    """Return what the stage asks of the person (N2.1, N2.2)."""
    return str(_MEANINGS[stage])


def lift_sentence(lift: Lift) -> str:
    """Return one thing that ends a ground (N2.3, N2.5, N2.6)."""
    return str(_LIFTS[lift])


def cause_name(cause: Cause) -> str:
    """Return what led to a decision."""
    return str(_CAUSES[cause])
