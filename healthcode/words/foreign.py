"""What was shown from elsewhere and what became of it, in words; and why something is not taken (N3.4)."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from healthcode.domain.foreign import Became, Fault, Shown, Use
from healthcode.models import ForeignReport

SHOWN: Mapping[Shown, Promise] = {
    Shown.HOME_GREEN: _("Green home code"),
    Shown.HOME_YELLOW: _("Yellow home code"),
    Shown.HOME_RED: _("Red home code"),
    Shown.HOME_COLOURLESS: _("Home code without a colour"),
    Shown.TEST_NEGATIVE: _("Nucleic acid test, negative"),
    Shown.TEST_POSITIVE: _("Nucleic acid test, positive"),
    Shown.TEST_UNCLEAR: _("Test of another kind"),
    Shown.RAPID_NEGATIVE: _("Rapid test, negative"),
    Shown.RAPID_POSITIVE: _("Rapid test, positive"),
    Shown.VACCINATION: _("Certificate of vaccination"),
    Shown.RECOVERY: _("Certificate of recovery"),
}
_RECORDED = _("Recorded as your test result. The rules have taken it into account.")
_WAITS = _("It does not name you beyond doubt. Show it at a service point together with your document; then it counts.")
_DECLINED = _("An officer compared it with your document and did not accept it.")
_NOTHING = {
    Shown.HOME_GREEN: _("Genuine. It says that nothing was found there, which changes nothing here."),
    Shown.HOME_COLOURLESS: _("Genuine, but it says nothing that counts here."),
    Shown.TEST_UNCLEAR: _("Genuine, but not a test that the rules know."),
    Shown.RAPID_NEGATIVE: _("Genuine, but only a nucleic acid test counts."),
    Shown.VACCINATION: _("Genuine. Vaccinations are not part of the rules, so nothing was recorded."),
    Shown.RECOVERY: _("Genuine. Recoveries are not part of the rules, so nothing was recorded."),
}
_QUESTION = _("Your colour is not copied: another province's colour is no reason here. Tell us what is behind it.")

FAULTS: Mapping[Fault, Promise] = {
    Fault.TOO_LONG: _("This is too long to be a code or a certificate."),
    Fault.WRONG_PREFIX: _("This is neither a health code nor an EU certificate."),
    Fault.NOT_BASE45: _("This cannot be read. Check that nothing is missing, or take a clearer photo."),
    Fault.NOT_COMPRESSED: _("This certificate is damaged. Take a new photo of it."),
    Fault.NOT_COSE: _("This certificate is damaged. Take a new photo of it."),
    Fault.UNKNOWN_KEY: _("We do not know who issued this, or do not trust them for this."),
    Fault.NOT_GENUINE: _("This is not genuine: its signature does not hold."),
    Fault.NOT_CWT: _("This certificate is not of the right form."),
    Fault.NOT_A_CERTIFICATE: _("This certificate is not of the right form."),
    Fault.NOT_YET_VALID: _("This is not valid yet."),
    Fault.EXPIRED: _("This is too old. Open the code again and show it within a minute and a half."),
    Fault.WRONG_KEY_USE: _("Whoever issued this may not issue this kind of certificate."),
    Fault.WRONG_KIND: _("This kind of code is not taken here. Show your own code or a test report."),
    Fault.REVOKED: _("This has been withdrawn by whoever issued it."),
    Fault.CANNOT_CHECK: _("We do not know who issued this, or do not trust them for this."),
    Fault.UNREADABLE: _("This cannot be read. Check that nothing is missing, or take a clearer photo."),
    Fault.MALFORMED_KEY: _("We do not know who issued this, or do not trust them for this."),
}
USES: Mapping[Use, Promise] = {
    Use.HOME_CODE: _("home codes"),
    Use.TEST_REPORT: _("test reports"),
    Use.EU_CERTIFICATE: _("EU certificates"),
}


def shown_words(report: ForeignReport) -> str:
    """Return what was shown."""
    return str(SHOWN[Shown(report.shown)])


def became_sentence(report: ForeignReport) -> str:
    """Return what became of it, and what the person can do."""
    if report.became == Became.QUESTION:
        return str(_QUESTION)
    if report.became == Became.NOTHING:
        return str(_NOTHING[Shown(report.shown)])
    if report.evidence_id is not None:
        return str(_RECORDED)
    return str(_DECLINED if report.declined else _WAITS)


def fault_sentence(fault: Fault) -> str:
    """Return why something is not taken, and what to do."""
    return str(FAULTS[fault])
