"""Managed isolation in words: states, tasks, symptoms, transfers; for officers and for those observed."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.domain.isolation import CaseState, Duty, End, Mode
from healthcode.domain.transfers import Alarm
from healthcode.models import EndChange, VisitWay
from healthcode.services.observation import Symptom

CASE_STATES: Mapping[str, Promise] = {
    CaseState.PROPOSED: pgettext_lazy("state of an isolation case", "Proposed"),
    CaseState.CONFIRMED: pgettext_lazy("state of an isolation case", "Confirmed"),
    CaseState.ENDED: pgettext_lazy("state of an isolation case", "Ended"),
    CaseState.CANCELLED: pgettext_lazy("state of an isolation case", "Dropped"),
}
ENDS: Mapping[str, Promise] = {
    End.TIME: _("The time was over"),
    End.RELEASED: _("Released"),
    End.GROUND_GONE: _("Nothing asks for it any more"),
}
MODES: Mapping[str, Promise] = {
    Mode.HOSPITAL: pgettext_lazy("type of an isolation order", "In hospital"),
    Mode.CENTRAL: pgettext_lazy("type of an isolation order", "Central isolation"),
    Mode.HOME: pgettext_lazy("type of an isolation order", "Observation at home"),
}
DUTIES: Mapping[str, Promise] = {
    Duty.ILLNESS: _("Reported ill: visit or call now"),
    Duty.CONFIRM: _("Confirm or drop the proposal"),
    Duty.PAPER: _("Add the paper to the spoken order"),
    Duty.CHECK_IN: _("Ask for today's report"),
    Duty.VISIT: _("Visit or call"),
}
CHANGES_OF_END: Mapping[str, Promise] = {
    EndChange.EXTENDED: _("Extended"),
    EndChange.SHORTENED: _("Shortened"),
}
WAYS: Mapping[str, Promise] = {
    VisitWay.IN_PERSON: _("In person"),
    VisitWay.PHONE: _("By phone"),
}
SYMPTOMS: Mapping[str, Promise] = {
    Symptom.COUGH: _("Cough"),
    Symptom.TIRED: _("Very tired"),
    Symptom.BREATH: _("Short of breath"),
    Symptom.THROAT: _("Sore throat"),
    Symptom.TASTE: _("No smell or taste"),
}
ALARMS: Mapping[str, Promise] = {
    Alarm.NOT_RECEIVED: _("Departed long ago and not received"),
    Alarm.WAITING: _("Waits too long for the next ride"),
}
