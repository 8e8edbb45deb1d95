"""Opening venues and appointing their guards."""

from datetime import datetime

from django.db import IntegrityError, transaction

from healthcode.domain.divisions import is_code
from healthcode.models import Account
from healthcode.services.audit import record_act
from healthcode.services.errors import Refused
from venues.access import check_can_appoint_guard, check_can_open_venue
from venues.domain.policy import Category
from venues.models import Guard, Venue


def open_venue(*, by: Account | None, name: str, category: Category, division: str, at: datetime) -> Venue:
    """Open a venue in a division and return it.

    Raises ``NotPermitted``, and ``Refused``: ``name_required``, ``not_a_division_code``, ``venue_name_taken`` (a
    venue of this name is known in the division).
    """
    if not is_code(division):
        raise Refused("not_a_division_code", division)
    check_can_open_venue(by, division)
    if not name.strip():
        raise Refused("name_required")
    try:
        with transaction.atomic():
            venue = Venue.objects.create(name=name.strip(), category=category, division=division, opened_at=at)
            record_act(by=by, at=at, action="open_venue", venue=str(venue.public_id), category=category)
    except IntegrityError as error:
        raise Refused("venue_name_taken", name) from error
    return venue


@transaction.atomic
def set_takes_once(*, by: Account | None, venue: Venue, takes_once: bool, at: datetime) -> Venue:
    """Say whether a screen code lets in once at this venue, as a ticket would. Raises ``NotPermitted``."""
    found = Venue.objects.select_for_update(of=("self",)).get(pk=venue.pk)
    check_can_open_venue(by, found.division)
    if found.takes_once is not takes_once:
        found.takes_once = takes_once
        found.save(update_fields=["takes_once"])
        record_act(by=by, at=at, action="set_takes_once", venue=str(found.public_id), takes_once=takes_once)
    return found


@transaction.atomic
def appoint_guard(*, by: Account | None, account: Account, venue: Venue, at: datetime) -> Guard:
    """Put an account on duty at a venue's gate from ``at`` on, and return the guard; the same twice is once.

    Raises ``NotPermitted``, and ``Refused``: ``venue_closed``, ``guards_elsewhere`` (dismiss the guard there first).
    """
    check_can_appoint_guard(by, venue)
    if venue.closed_at is not None and venue.closed_at <= at:
        raise Refused("venue_closed")
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    known = Guard.objects.filter(account=account).first()
    if known is not None and known.is_on_duty(at):
        if known.venue_id != venue.pk:
            raise Refused("guards_elsewhere")
        return known
    duty = {"venue": venue, "valid_from": at, "valid_until": None}
    guard, _made = Guard.objects.update_or_create(account=account, defaults=duty)
    record_act(by=by, at=at, action="appoint_guard", guard=account.username, venue=str(venue.public_id))
    return guard


@transaction.atomic
def dismiss_guard(*, by: Account | None, guard: Guard, at: datetime) -> Guard:
    """Take a guard off duty from ``at`` on; one who is off duty already stays so. Raises ``NotPermitted``."""
    guard = Guard.objects.select_related("venue").select_for_update(of=("self",)).get(pk=guard.pk)
    check_can_appoint_guard(by, guard.venue)
    if guard.is_on_duty(at):
        # Appointed and dismissed at one instant: the row must still span some time (guard_from_until).
        guard.valid_until = max(at, guard.valid_from + guard.valid_from.resolution)
        guard.save(update_fields=["valid_until"])
        record_act(by=by, at=at, action="dismiss_guard", guard=guard.account.username, venue=str(guard.venue.public_id))
    return guard
