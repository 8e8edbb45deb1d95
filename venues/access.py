"""May they, at the gates? ``check_…`` raises ``NotPermitted``, ``can_…`` answers, ``…_for_…`` loads or answers 404."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from healthcode.access import NotPermitted
from healthcode.domain.divisions import covers
from healthcode.models import Account
from venues.models import Device, Guard, Scan, Venue

OPEN_VENUE = "venues.add_venue"
APPOINT_GUARD = "venues.add_guard"
ISSUE_DEVICE = "venues.add_device"
# Long enough to compare with a document and to look again, no record of who came by (N4.3).
HOLDER_SHOWN = timedelta(minutes=10)


def can_open_venue(account: Account | None, division: str) -> bool:
    """Tell whether ``account`` may open venues in ``division``. No account is the system itself."""
    return _may(account, OPEN_VENUE, division)


def check_can_open_venue(account: Account | None, division: str) -> None:
    """Raise ``NotPermitted`` unless ``can_open_venue``."""
    if not can_open_venue(account, division):
        raise NotPermitted(f"{account} may not open a venue in {division}")


def can_appoint_guard(account: Account | None, venue: Venue) -> bool:
    """Tell whether ``account`` may appoint and dismiss the guards of ``venue``. No account is the system itself."""
    return _may(account, APPOINT_GUARD, venue.division)


def check_can_appoint_guard(account: Account | None, venue: Venue) -> None:
    """Raise ``NotPermitted`` unless ``can_appoint_guard``."""
    if not can_appoint_guard(account, venue):
        raise NotPermitted(f"{account} may not appoint guards of venue {venue.pk}")


def _may(account: Account | None, permission: str, division: str) -> bool:
    if account is None:
        return True
    return account.is_active and account.has_perm(permission) and covers(account.division, division)


def can_scan(account: Account, guard: Guard, at: datetime) -> bool:
    """Tell whether ``account`` is this guard, on duty at an open venue."""
    return account.is_active and guard.account_id == account.pk and guard.is_on_duty(at) and guard.venue.is_open(at)


def check_can_scan(account: Account, guard: Guard, at: datetime) -> None:
    """Raise ``NotPermitted`` unless ``can_scan``."""
    if not can_scan(account, guard, at):
        raise NotPermitted(f"{account} may not verify codes as guard {guard.pk}")


def can_issue_device(account: Account | None, venue: Venue) -> bool:
    """Tell whether ``account`` may give and take back keys of the venue's devices. No account is the system itself."""
    return _may(account, ISSUE_DEVICE, venue.division)


def check_can_issue_device(account: Account | None, venue: Venue) -> None:
    """Raise ``NotPermitted`` unless ``can_issue_device``."""
    if not can_issue_device(account, venue):
        raise NotPermitted(f"{account} may not issue keys to devices of venue {venue.pk}")


def can_scan_by_itself(device: Device, at: datetime) -> bool:
    """Tell whether a device, loaded with its venue, may verify codes at ``at``."""
    return device.suspended_at is None and device.venue.is_open(at)


def check_can_scan_by_itself(device: Device, at: datetime) -> None:
    """Raise ``NotPermitted`` unless ``can_scan_by_itself``."""
    if not can_scan_by_itself(device, at):
        raise NotPermitted(f"device {device.public_id} may not verify codes")


def is_guard(account: Account, at: datetime) -> bool:
    """Tell whether ``account`` works at a gate at ``at``."""
    guard = Guard.objects.select_related("venue").filter(account=account.pk).first()
    return guard is not None and can_scan(account, guard, at)


def guard_on_duty(account: Account, at: datetime) -> Guard | None:
    """Return the guard who signed in with this account, with the venue, while on duty at an open one."""
    return _on_duty(at).filter(account=account.pk).first()


def guard_for_account(account: Account, at: datetime) -> Guard:
    """Return the guard on duty who signed in with this account, with the venue, or answer 404."""
    return get_object_or_404(_on_duty(at), account=account.pk)


def _on_duty(at: datetime) -> QuerySet[Guard]:
    on_duty = Guard.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at), valid_from__lte=at)
    open_now = on_duty.filter(Q(venue__closed_at__isnull=True) | Q(venue__closed_at__gt=at), venue__opened_at__lte=at)
    return open_now.select_related("venue", "account")


def scan_for_guard(guard: Guard, nonce: UUID) -> Scan:
    """Return this guard's own scan at the present venue, with the person, or answer 404."""
    scans = Scan.objects.select_related("person", "venue")
    return get_object_or_404(scans, guard=guard.pk, venue=guard.venue_id, nonce=nonce)


def can_see_holder(scan: Scan, at: datetime) -> bool:
    """Tell whether the masked name may still be shown with this scan."""
    return scan.person_id is not None and at < scan.scanned_at + HOLDER_SHOWN
