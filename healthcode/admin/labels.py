"""Words and small marks of the back office that stand nowhere else: levels, states, sources, roles, badges."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.functional import Promise, lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from healthcode.domain.colours import Colour, Level
from healthcode.domain.evidence import Kind
from healthcode.domain.tokens import KeyState
from healthcode.models import AreaChangeKind, Cause, Division, SourceCategory, Topic
from healthcode.services.roles import Role
from healthcode.words import colour_word, kind_name, places_above

LEVELS: Mapping[str, Promise] = {
    Level.MEDIUM: _("Medium risk"),
    Level.HIGH: _("High risk"),
    Level.OUTBREAK: _("Grave outbreak"),
}
CATEGORIES: Mapping[str, Promise] = {
    SourceCategory.HEALTH: pgettext_lazy("source of evidence", "Health"),
    SourceCategory.POLICE: pgettext_lazy("source of evidence", "Police"),
    SourceCategory.TELECOM: pgettext_lazy("source of evidence", "Telecommunications"),
    SourceCategory.CUSTOMS: pgettext_lazy("source of evidence", "Customs"),
    SourceCategory.BORDER: pgettext_lazy("source of evidence", "Border inspection"),
    SourceCategory.TRANSPORT: pgettext_lazy("source of evidence", "Road and water transport"),
    SourceCategory.AVIATION: pgettext_lazy("source of evidence", "Aviation"),
    SourceCategory.RAIL: pgettext_lazy("source of evidence", "Railway"),
    SourceCategory.NATIONAL: pgettext_lazy("source of evidence", "National platform"),
    SourceCategory.PROVINCE: pgettext_lazy("source of evidence", "Another province"),
    SourceCategory.HEADQUARTERS: pgettext_lazy("source of evidence", "Control office"),
    SourceCategory.SELF: pgettext_lazy("source of evidence", "Declared by the person"),
}
CHANGES: Mapping[str, Promise] = {
    AreaChangeKind.STARTED: pgettext_lazy("change of a risk area", "Listed"),
    AreaChangeKind.RAISED: pgettext_lazy("change of a risk area", "Raised"),
    AreaChangeKind.LOWERED: pgettext_lazy("change of a risk area", "Lowered"),
    AreaChangeKind.REDRAWN: pgettext_lazy("change of a risk area", "Redrawn"),
    AreaChangeKind.ENDED: pgettext_lazy("change of a risk area", "Ended"),
}
ROLES: Mapping[str, Promise] = {
    Role.PROVINCE_OFFICER: _("Officer of the province"),
    Role.COUNTY_OFFICER: _("Officer of a county"),
    Role.AREA_OFFICER: _("Officer for risk areas"),
    Role.VENUE_MANAGER: _("Manager of venues and guards"),
    Role.AUDITOR: _("Auditor"),
    Role.OPERATOR: _("Operator"),
    Role.HEALTH_COMMISSION: _("Health commission"),
    Role.LEADING_GROUP: _("Leading group"),
    Role.SUPERVISOR: _("Supervisor of alarms"),
    Role.VENDOR: _("Contractor, without any data"),
}
KEY_STATES: Mapping[str, Promise] = {
    KeyState.STAGED: pgettext_lazy("signing key", "Published ahead"),
    KeyState.SIGNING: pgettext_lazy("signing key", "Signing"),
    KeyState.VERIFYING: pgettext_lazy("signing key", "Verifying only"),
    KeyState.WITHDRAWN: pgettext_lazy("signing key", "Withdrawn"),
}
TOPICS: Mapping[str, Promise] = {
    Topic.CODE_ISSUED: _("Code issued"),
    Topic.COLOUR_CHANGED: _("Colour changed"),
    Topic.ISOLATION_ENDING: _("Isolation ends soon"),
    Topic.ISOLATION_TURNED: _("Isolation ended"),
    Topic.ORDERED: _("Named by an order"),
    Topic.PAPER_ENDED: _("Printed code ended"),
    Topic.RECORDS_WITHDRAWN: _("Records withdrawn"),
}
# The sentences of ``words.cause_name`` speak to the holder; these name the cause to staff.
CAUSES: Mapping[str, Promise] = {
    Cause.APPLICATION: pgettext_lazy("why a decision was made", "Application"),
    Cause.EVIDENCE: pgettext_lazy("why a decision was made", "Evidence"),
    Cause.AREAS: pgettext_lazy("why a decision was made", "Risk areas"),
    Cause.RULESET: pgettext_lazy("why a decision was made", "Rules"),
    Cause.CONVERSION: pgettext_lazy("why a decision was made", "Turned by itself"),
}
ACTIONS: Mapping[str, Promise] = {
    "apply": _("Applied for a code"),
    "appoint_guard": _("Guard appointed"),
    "issue_device": _("Device added"),
    "renew_device_key": _("Device given a new key"),
    "set_takes_once": _("Venue: taking each code once changed"),
    "suspend_device": _("Device suspended"),
    "claim_code": _("Code moved to another phone"),
    "apply_for": _("Applied for by a system"),
    "ask_holder": _("Holder asked by a system"),
    "correct_for": _("Place put right through a system"),
    "declare_for": _("Declared through a system"),
    "grant_scope": _("Call granted to a system"),
    "make_code_for": _("Code made through a system"),
    "query_for": _("Code looked up by a system"),
    "revoke_scope": _("Call taken back from a system"),
    "verify_for": _("Code verified by a system"),
    "approve_issuer": _("Issuer elsewhere approved"),
    "confirm_report": _("Report from elsewhere confirmed"),
    "decide": _("Decision"),
    "decline_report": _("Report from elsewhere declined"),
    "end_issuer": _("Issuer elsewhere trusted no longer"),
    "propose_issuer": _("Issuer elsewhere proposed"),
    "show_report": _("Report from elsewhere shown"),
    "dismiss_guard": _("Guard dismissed"),
    "install_role": _("Role installed"),
    "install_ruleset": _("Rule set installed"),
    "install_schedule": _("Periodic tasks installed"),
    "install_sources": _("Sources installed"),
    "begin_code_key": _("Signing key began to sign"),
    "certify_publisher": _("Publisher's key certified"),
    "issue_paper_code": _("Code printed on paper"),
    "make_code_key": _("Signing key made"),
    "make_publisher": _("Publisher's key made"),
    "revoke_paper_code": _("Printed code taken back"),
    "set_status_bits": _("Codes revoked in a status list"),
    "withdraw_code_key": _("Signing key withdrawn"),
    "map_zone": _("Zone assigned"),
    "open_account": _("Account opened"),
    "open_venue": _("Venue opened"),
    "approve_rules": _("Rules approved"),
    "draft_rules": _("Rules drafted"),
    "enact_rules": _("Rules came into force"),
    "finish_simulation": _("Simulation finished"),
    "make_rule_key": _("Key for rules made"),
    "propose_rules": _("Rules proposed"),
    "retire_rules": _("Rules retired"),
    "revise_rules": _("Draft of rules revised"),
    "schedule_rules": _("Rules scheduled"),
    "simulate_rules": _("Simulation asked for"),
    "withdraw_rules": _("Rules withdrawn"),
    "request_order": _("Control order asked for"),
    "approve_order": _("Control order approved"),
    "stop_order": _("Control order stopped"),
    "carry_out_order": _("Control order carried out"),
    "raise_alarm": _("Alarm raised"),
    "propose_outcome": _("Outcome of an alarm proposed"),
    "confirm_outcome": _("Outcome of an alarm confirmed"),
    "send_back": _("Proposal about an alarm sent back"),
    "propose_outbreak": _("Outbreak area proposed"),
    "assess_outbreak": _("Outbreak assessed"),
    "consent_outbreak": _("Outbreak area consented to"),
    "end_outbreak": _("Outbreak area ended"),
    "read_person": _("Record of a person read"),
    "record_evidence": _("Evidence recorded"),
    "save_source": _("Source saved"),
    "save_staff": _("Account of staff saved"),
    "add_leg": _("Ride of a transfer recorded"),
    "call_off_transfer": _("Transfer called off"),
    "cancel_isolation": _("Isolation case dropped"),
    "change_end": _("End of isolation moved"),
    "check_in": _("Daily report of a person"),
    "confirm_isolation": _("Isolation confirmed"),
    "end_isolation": _("Isolation ended by itself"),
    "propose_isolation": _("Isolation proposed"),
    "follow_ground": _("Isolation moved with what it rests on"),
    "receive_person": _("Received from a transfer"),
    "record_paper": _("Paper of an order recorded"),
    "record_visit": _("Visit recorded"),
    "release_isolation": _("Released from isolation"),
    "remind_isolation": _("End of isolation announced"),
    "start_transfer": _("Transfer started"),
    "switch_task": _("Periodic task switched"),
    "withdraw_batch": _("Batch withdrawn"),
    "batch_withdrawn": _("Withdrawal of a batch finished"),
    "destroy_deliveries": _("Old deliveries destroyed"),
    "destroy_uploads": _("Uploaded files destroyed"),
    "load_evidence": _("File of evidence loaded"),
    "upload_evidence": _("File of evidence tried out"),
    "confirm_upload": _("File of evidence confirmed"),
    "install_feeds": _("Feeds watched"),
    "mark_late": _("Late records marked"),
    "receive_evidence": _("Delivery of a department taken in"),
    "register_key": _("Key of a system registered"),
    "revoke_key": _("Key of a system revoked"),
    "rotate_key": _("Key of a system changed"),
    "save_feed": _("Feed saved"),
}
# Said in the reader's language, not in that of the process's start.
colour_words = lazy(colour_word, str)
KINDS: Mapping[str, Any] = {kind.value: lazy(kind_name, str)(kind) for kind in Kind}

YES: Promise = _("yes")
NO: Promise = _("no")


def badge(word: str | Promise, look: str = "") -> SafeString:
    """Return a badge: the word, and for a colour its pattern."""
    return format_html('<span class="badge{}">{}</span>', f" badge--{look}" if look else "", word)


def colour_badge(colour: Colour | None) -> SafeString | Promise:
    """Return the badge of a colour, or a word where none was ever decided."""
    return badge(colour_word(colour), colour.value) if colour else _("no code yet")


def moment(instant: datetime | None) -> str:
    """Return an instant in China time, to the minute; a dash for none."""
    return format_date(timezone.localtime(instant), "Y-m-d H:i") if instant else "–"


def yes_no(answer: bool) -> Promise:
    """Return yes or no in words."""
    return YES if answer else NO


def anchor(url: str, words: object) -> SafeString:
    """Return a link."""
    return format_html('<a href="{}">{}</a>', url, words)


def names_of_places(codes: Iterable[str]) -> dict[str, str]:
    """Return the Chinese names of these places and of what they lie in, abolished ones too; one query."""
    divisions = Division.objects.filter(code__in=places_above(code for code in codes if code))
    # Where a code had several names, the present one comes last and wins.
    return dict(divisions.order_by("-last_seen").values_list("code", "name"))
