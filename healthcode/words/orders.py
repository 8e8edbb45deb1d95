"""Control orders, alarms and outbreak areas in words."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.domain.anomalies import Anomaly
from healthcode.domain.orders import Body, ListOrigin, Measure, OrderReason, OrderState

BODIES: Mapping[str, Promise] = {
    Body.CONTROL_OFFICE: _("Control office"),
    Body.HEALTH_COMMISSION: _("Health commission"),
    Body.LEADING_GROUP: _("Leading group"),
}
REASONS: Mapping[str, Promise] = {
    OrderReason.CLUSTER: _("Belongs to a cluster of infections"),
    OrderReason.INDIRECT_CONTACT: _("Contact of a contact"),
    OrderReason.LEFT_ISOLATION: _("Left isolation before its end"),
    OrderReason.CONTAMINATED_GOODS: _("Handled contaminated goods"),
    OrderReason.ANOTHER_PROVINCE: _("Asked for by another province"),
}
MEASURES: Mapping[str, Promise] = {
    Measure.RED: _("as for a red code"),
    Measure.YELLOW: _("as for a yellow code"),
}
ORIGINS: Mapping[str, Promise] = {
    ListOrigin.CASE_INVESTIGATION: _("Investigation of a case"),
    ListOrigin.SCREENING: _("Screening of a place"),
    ListOrigin.ISOLATION_SITE: _("Register of an isolation site"),
    ListOrigin.ANOTHER_PROVINCE: _("Letter of another province"),
    ListOrigin.NAMED_ONE_BY_ONE: _("No list: one person"),
}
ORDER_STATES: Mapping[str, Promise] = {
    OrderState.REQUESTED: pgettext_lazy("state of a control order", "Waits for approval"),
    OrderState.WAITING: pgettext_lazy("state of a control order", "Approved, can be stopped"),
    OrderState.CARRIED_OUT: pgettext_lazy("state of a control order", "Carried out"),
    OrderState.STOPPED: pgettext_lazy("state of a control order", "Stopped"),
    OrderState.EXPIRED: pgettext_lazy("state of a control order", "Expired"),
}
ANOMALIES: Mapping[str, Promise] = {
    Anomaly.VENUE_WITHOUT_POSITIVE: _("Many at one place, and nobody infected was there"),
    Anomaly.NO_EPIDEMIOLOGY: _("Nothing on record explains the measure"),
    Anomaly.UNUSUAL_SIZE: _("Far more people than this unit usually sends"),
    Anomaly.CONTRADICTED: _("Travel touches no risk area and tests are negative"),
    Anomaly.REMOTE_SCANS: _("A venue code is used from far away"),
    Anomaly.LIST_OVER_CAP: _("A list longer than one order may name"),
    Anomaly.UNUSUAL_LOOKUPS: _("An account that looks people up in an unusual way"),
}
